"""Tells the store's bus that a delivery is near, or has left: its id and the time, and no position.

Amazon Location tells of every device in every area; a delivery is near in the area that bears its own id.
https://docs.aws.amazon.com/location/latest/developerguide/location-events.html
"""

import json
from typing import Any, Literal

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import events, setting
from functions.common.log import logger
from functions.common.messages import each
from functions.common.model import BusEvent, Id, Model, Moment, timestamp
from functions.common.names import BUS_NAME, EVENT_SOURCE
from functions.common.outbox import TryAgainError, event_id

_MOVED = "delivery.moved"
_WHERE = {"ENTER": "near", "EXIT": "left"}


class _Detail(Model):
    type: Literal["ENTER", "EXIT"] = Field(alias="EventType")
    geofence_id: Id = Field(alias="GeofenceId")
    device_id: Id = Field(alias="DeviceId")
    sampled_at: Moment = Field(alias="SampleTime")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Messages with events of Amazon Location.

    Returns:
        The failed messages.
    """
    return each(event, context, _tell)


def _tell(record: SQSRecord) -> None:
    """
    Raises:
        TryAgainError: the bus did not take the event.
    """
    told = BusEvent[_Detail].model_validate_json(record.body).detail
    if told.device_id != told.geofence_id:
        logger.info("delivery is in the area of another")
        return
    where, at = _WHERE[told.type], timestamp(told.sampled_at)
    detail = {
        "event_id": event_id(_MOVED, told.device_id, where, at),
        "delivery_id": told.device_id,
        "where": where,
        "moved_at": at,
    }
    answer = events().put_events(
        Entries=[
            {
                "Source": setting(EVENT_SOURCE),
                "DetailType": _MOVED,
                "Detail": json.dumps(detail),
                "EventBusName": setting(BUS_NAME),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise TryAgainError
    logger.info("delivery told", extra={"event_id": detail["event_id"], "where": where})
