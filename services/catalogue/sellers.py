"""Best sellers: orders with each product in this week and the last one."""

import time
import zlib
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from functions.common.aws import dynamodb, table
from functions.common.model import now
from functions.common.outbox import TryAgainError
from services.catalogue.answers import Listing
from services.common.transactions import written

SHOWN: Final = 24
_SHARDS: Final = 4
_WEEKS: Final = 2
_KEPT_SECONDS: Final = (_WEEKS + 1) * 7 * 24 * 3600
# A transaction has room for 100 items, and a read by keys for 100.
_PRODUCTS: Final = 90
_ATTEMPTS: Final = 5


def count(order_id: str, placed_at: datetime, product_ids: Collection[str]) -> None:
    """Count an order, once.

    Raises:
        TryAgainError: others counted the same products at every attempt.
    """
    expires_at = int(time.time()) + _KEPT_SECONDS
    order = {"id": f"ORDER#{order_id}"}
    once = {
        "Put": {
            "TableName": table("recommendations"),
            "Item": {**order, "expires_at": expires_at},
            "ConditionExpression": "attribute_not_exists(id)",
        }
    }
    sold = [_one_more(_week(placed_at), product_id, expires_at) for product_id in sorted(product_ids)[:_PRODUCTS]]
    for _ in range(_ATTEMPTS):
        if written(once, *sold):
            return
        found = dynamodb().get_item(TableName=table("recommendations"), Key=order, ConsistentRead=True)
        if "Item" in found:
            return
    raise TryAgainError


def best() -> list[str]:
    """Ids of the products that most orders had, the best first."""
    orders: Counter[str] = Counter()
    for weeks_ago in range(_WEEKS):
        for shard in range(_SHARDS):
            for item in _of_shard(f"{_week(now() - timedelta(weeks=weeks_ago))}#{shard}"):
                orders[item["product_id"]] += int(item["sold"])
    return [product_id for product_id, _ in sorted(orders.items(), key=lambda one: (-one[1], one[0]))[: 2 * SHOWN]]


def listings(product_ids: Collection[str]) -> list[Listing]:
    """What lists show of those products that are for sale, in the order of their ids."""
    asked = list(dict.fromkeys(product_ids))[:_PRODUCTS]
    keys = [{"product_id": product_id, "item": "CATEGORY#*"} for product_id in asked]
    found: dict[str, dict[str, Any]] = {}
    while keys:
        answer = dynamodb().batch_get_item(RequestItems={table("products"): {"Keys": keys}})
        found |= {item["product_id"]: item for item in answer["Responses"].get(table("products"), ())}
        keys = answer.get("UnprocessedKeys", {}).get(table("products"), {}).get("Keys", [])
    return [Listing.of(found[product_id]) for product_id in asked if product_id in found]


def _one_more(week: str, product_id: str, expires_at: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table("recommendations"),
            "Key": {"id": f"SOLD#{week}#{product_id}"},
            "UpdateExpression": "SET week_shard = :shard, product_id = :product, expires_at = :end ADD sold :one",
            "ExpressionAttributeValues": {
                ":shard": f"{week}#{zlib.crc32(product_id.encode()) % _SHARDS}",
                ":product": product_id,
                ":end": expires_at,
                ":one": 1,
            },
        }
    }


def _of_shard(week_shard: str) -> list[dict[str, Any]]:
    answer = dynamodb().query(
        TableName=table("recommendations"),
        IndexName="by_sold",
        KeyConditionExpression="week_shard = :shard",
        ExpressionAttributeValues={":shard": week_shard},
        ScanIndexForward=False,
        Limit=2 * SHOWN,
    )
    return answer["Items"]


def _week(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"
