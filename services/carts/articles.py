"""Articles for sale, from the table `products`; cached until `catalogue.changed` names the article."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from functions.common.aws import dynamodb, table
from services.common import cache

_KEPT_SECONDS = 60


@dataclass(frozen=True)
class Article:
    sku: str
    product_id: str
    name: str
    price_minor: int
    currency: str


def article(sku: str) -> Article | None:
    """The article, or None if it is not for sale."""
    found = cache.shared().through(_key(sku), _KEPT_SECONDS, lambda: _read(sku))
    return None if found is None else Article(**found)


def articles(skus: Iterable[str]) -> dict[str, Article]:
    """Articles for sale, by SKU."""
    return {sku: found for sku in skus if (found := article(sku))}


def forget(sku: str) -> None:
    """Drop an article from the cache."""
    cache.shared().drop(_key(sku))


def _key(sku: str) -> str:
    return f"carts:article:{sku}"


def _read(sku: str) -> dict[str, Any] | None:
    items: list[dict[str, Any]] = (
        dynamodb()
        .query(
            TableName=table("products"),
            IndexName="by_sku",
            KeyConditionExpression="sku = :sku AND #item = :variant",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues={":sku": sku, ":variant": f"SKU#{sku}"},
        )
        .get("Items", [])
    )
    # An article that has moved to another product stays in the first one as withdrawn.
    item = next((item for item in items if not item["withdrawn"]), None)
    if item is None:
        return None
    return asdict(
        Article(sku, item["product_id"], item["name"], int(item["price_minor"]), item["currency"]),
    )
