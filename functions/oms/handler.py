"""Stand-in for the order management system of test environments: accepts every order."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.log import logger
from functions.common.messages import each_in_group
from functions.common.model import Id, Model, now
from functions.common.order_status import NoSuchStepError, move


class _Order(Model):
    event_id: Id
    order_id: Id


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Orders of the FIFO queue, as `order_relay` sends them.

    Returns:
        The failed messages, and those behind them in their groups.
    """
    return each_in_group(event, context, _accept)


def _accept(record: SQSRecord) -> None:
    order = _Order.model_validate_json(record.body)
    try:
        accepted = move(order.order_id, "accepted", now())
    except NoSuchStepError:
        # Cancelled before it was accepted, or accepted earlier and shipped since.
        accepted = False
    logger.info("order accepted" if accepted else "order needs no acceptance", extra={"event_id": order.event_id})
