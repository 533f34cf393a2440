"""Lists of products, from the index by category, cheapest first."""

import time
from threading import Lock
from typing import Any

from functions.common.aws import dynamodb, table
from functions.common.product import EVERYTHING
from services.catalogue.answers import Listing, Shelf
from services.common import cursors

PAGE = 24
# What a search looks through without an engine, and how old it may be.
_SEARCHED = 5_000
_SECONDS = 30


def page(category: str | None, cursor: str | None) -> Shelf:
    """Products of a category, or all, from the cursor on.

    Raises:
        ProblemError: 400, the cursor is of another list.
    """
    wanted = EVERYTHING if category is None else category
    start = _key(wanted, cursor) if cursor is not None else None
    items, last = _query(wanted, PAGE, start)
    products = [Listing.of(item) for item in items]
    after = cursors.encode(wanted, last["product_id"], int(last["price"])) if last else None
    return Shelf(products=products, cursor=after)


def _key(category: str, cursor: str) -> dict[str, Any]:
    of, product_id, price = cursors.decode(cursor, str, str, int)
    if of != category or not 0 <= price < 10**15:
        raise cursors.bad_cursor()
    return {"category_id": category, "product_id": product_id, "item": f"CATEGORY#{category}", "price": price}


def _query(category: str, limit: int, start: dict[str, Any] | None) -> tuple[list[dict[str, Any]], Any]:
    answer = dynamodb().query(
        TableName=table("products"),
        IndexName="by_category",
        KeyConditionExpression="category_id = :category",
        ExpressionAttributeValues={":category": category},
        Limit=limit,
        **({"ExclusiveStartKey": start} if start else {}),
    )
    return answer["Items"], answer.get("LastEvaluatedKey")


class Products:
    """All products in memory, to find words in them; half a minute old at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: list[tuple[str, dict[str, Any]]] = []
        self._read_at = float("-inf")

    def with_words(self, words: str) -> list[dict[str, Any]]:
        """Items of products whose name or category contains every word, whatever its case; cheapest first."""
        wanted = words.casefold().split()
        return [item for text, item in self._all() if all(word in text for word in wanted)]

    def forget(self) -> None:
        """The catalogue has changed: the next search reads it."""
        self._read_at = float("-inf")

    def _all(self) -> list[tuple[str, dict[str, Any]]]:
        with self._lock:
            if time.monotonic() - self._read_at > _SECONDS:
                self._read_at = time.monotonic()
                self._items = _read()
            return self._items


def _read() -> list[tuple[str, dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    start: Any = None
    while len(found) < _SEARCHED:
        items, start = _query(EVERYTHING, 1_000, start)
        found += items
        if start is None:
            break
    return [(f"{item['name']} {item['category']}".casefold(), item) for item in found]
