"""Sends orders to the FIFO queue of the order management system (OMS)."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.aws import setting, sqs
from functions.common.log import logger
from functions.common.messages import each
from functions.common.model import BusEvent, Id, Model
from functions.common.names import ORDERS_QUEUE_URL


class _Placed(Model, extra="allow"):
    event_id: Id
    order_id: Id


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Messages with the event order.placed.

    Returns:
        The failed messages.
    """
    return each(event, context, _relay)


def _relay(record: SQSRecord) -> None:
    """The message is the event's detail. SQS drops duplicates for five minutes; the OMS must recognise
    later ones by the order's id."""
    order = BusEvent[_Placed].model_validate_json(record.body).detail
    sqs().send_message(
        QueueUrl=setting(ORDERS_QUEUE_URL),
        MessageBody=order.model_dump_json(),
        MessageGroupId=order.order_id,
        MessageDeduplicationId=order.event_id,
    )
    logger.info("order handed over", extra={"event_id": order.event_id})
