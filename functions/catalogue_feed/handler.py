"""Feed `catalogue`: articles from the product information system (PIM)."""

from typing import Annotated, Any, Literal, Self

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field, StringConstraints, model_validator

from functions.catalogue_feed.product import Product
from functions.common.aws import table
from functions.common.feed import ChangedAt, consume
from functions.common.log import logger
from functions.common.model import Id, Model, timestamp
from functions.common.outbox import TryAgainError, event_id, write
from functions.common.outbox import event as outgoing

_EVENT = "catalogue.changed"
_ATTEMPTS = 3


class ArticleChange(Model):
    """A record of the feed: the whole article; a withdrawal needs the ids only."""

    product_id: Id
    """The product that this article is a variant of."""
    sku: Id
    change: Literal["created", "updated", "withdrawn"]
    changed_at: ChangedAt
    name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    category: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    price_minor: Annotated[int, Field(ge=0, le=1_000_000_000_000)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name, value in self.facts.items() if value is None]
        if missing and self.change != "withdrawn":
            raise ValueError(f"must have {', '.join(missing)}")
        return self

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "category": self.category,
            "price_minor": self.price_minor,
            "currency": self.currency,
        }


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return consume(event, "catalogue", ArticleChange, _write)


def _write(change: ArticleChange) -> bool:
    at = timestamp(change.changed_at)
    detail = {
        "event_id": event_id(_EVENT, change.sku, at),
        "sku": change.sku,
        "change": change.change,
        "changed_at": at,
        **change.facts,
    }
    name = table("products")
    for _ in range(_ATTEMPTS):
        product = Product.read(name, change.product_id)
        if product.knows(change.sku, at):
            return False
        facts = None if change.change == "withdrawn" else change.facts
        changes = product.changes(change.sku, facts, at)
        if write(*changes, outgoing(name, {"product_id": change.product_id}, _EVENT, detail)):
            return True
    raise TryAgainError
