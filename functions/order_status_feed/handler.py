"""Feed `order-status`: status changes from the order management system."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import StringConstraints

from functions.common.feed import ChangedAt, consume
from functions.common.log import logger
from functions.common.model import Id, Model
from functions.common.order_status import move


class StatusChange(Model):
    """A record of the feed. `placed` and `paid` are set by the store itself."""

    order_id: Id
    status: Literal["accepted", "picked", "shipped", "delivered", "cancelled", "returned"]
    changed_at: ChangedAt
    tracking_number: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    delivery_id: Annotated[str, StringConstraints(max_length=64, pattern=r"^delivery-[A-Za-z0-9-]{8,}$")] | None = None
    """Id under which the courier reports the positions of the delivery."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A status that the order cannot get, and an order that does not exist, become dead letters."""
    return consume(event, "order-status", StatusChange, _write)


def _write(change: StatusChange) -> bool:
    facts = {"delivery_id": change.delivery_id}
    return move(change.order_id, change.status, change.changed_at, change.tracking_number, facts)
