"""Feed `inventory`: stock available for sale, by article and location."""

from typing import Annotated, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.feed import ChangedAt, consume
from functions.common.log import logger
from functions.common.model import Id, Model, timestamp
from functions.common.stock import count


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
    return count(change.sku, change.location_id, change.available, timestamp(change.changed_at))
