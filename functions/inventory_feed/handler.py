"""Feed `inventory`: stock available for sale, by article and location."""

from typing import Annotated, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import table
from functions.common.feed import ChangedAt, consume
from functions.common.log import logger
from functions.common.model import Id, Model, timestamp
from functions.common.outbox import event as outgoing
from functions.common.outbox import event_id, write

_EVENT = "inventory.changed"


class StockChange(Model):
    """A record of the feed."""

    sku: Id
    location_id: Id
    available: Annotated[int, Field(ge=0, le=1_000_000_000)]
    changed_at: ChangedAt


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return consume(event, "inventory", StockChange, _write)


def _write(change: StockChange) -> bool:
    """Updates the item instead of replacing it: other writers keep attributes in it."""
    name, at = table("inventory"), timestamp(change.changed_at)
    detail = {
        "event_id": event_id(_EVENT, change.sku, change.location_id, at),
        "sku": change.sku,
        "location_id": change.location_id,
        "available": change.available,
        "changed_at": at,
    }
    update = {
        "TableName": name,
        "Key": {"sku": change.sku, "item": f"LOCATION#{change.location_id}"},
        "UpdateExpression": "SET location_id = :location_id, available = :available, changed_at = :at",
        "ConditionExpression": "attribute_not_exists(changed_at) OR changed_at < :at",
        "ExpressionAttributeValues": {
            ":location_id": change.location_id,
            ":available": change.available,
            ":at": at,
        },
    }
    return write({"Update": update}, outgoing(name, {"sku": change.sku}, _EVENT, detail))
