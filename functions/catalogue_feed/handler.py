"""Feed `catalogue`: articles from the product information system (PIM)."""

from typing import Annotated, Any, Literal, Self

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from functions.common.feed import ChangedAt, consume
from functions.common.log import logger
from functions.common.model import Id, Model, timestamp
from functions.common.outbox import TryAgainError
from functions.common.product import EVERYTHING, Product

_ATTEMPTS = 3


def _own(name: str) -> str:
    if name == EVERYTHING:
        raise ValueError(f"must not be {EVERYTHING}, which lists all products")
    return name


class ArticleChange(Model):
    """A record of the feed: the whole article; a withdrawal needs the ids only."""

    product_id: Annotated[Id, AfterValidator(_own)]
    """The product that this article is a variant of."""
    sku: Id
    change: Literal["created", "updated", "withdrawn"]
    changed_at: ChangedAt
    name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    category: Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_own)] | None = None
    price_minor: Annotated[int, Field(ge=0, le=1_000_000_000_000)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    """Of the product; left out, it stays."""

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
    at, withdrawn = timestamp(change.changed_at), change.change == "withdrawn"
    for _ in range(_ATTEMPTS):
        product = Product.read(change.product_id)
        if product.knows(change.sku, at):
            return False
        # What is withdrawn keeps what it was: it may come back.
        facts = product.variants.get(change.sku, {}) if withdrawn else change.facts
        about = {} if withdrawn else {"name": change.name}
        if change.description is not None:
            about["description"] = change.description
        if product.change({change.sku: {**facts, "withdrawn": withdrawn}}, about, at):
            return True
    raise TryAgainError
