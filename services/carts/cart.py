"""A customer's cart in its table: `CART` with the version, and `SKU#<sku>` for each line."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from functions.common.aws import dynamodb, table
from functions.common.outbox import TryAgainError
from services.common.transactions import written

LINES_MAX = 40
"""An order's items, and the reservation's, must each fit into a transaction of 100."""
_KEPT_SECONDS = 30 * 24 * 3600
_RENEWED_AFTER_SECONDS = 24 * 3600
_ORDERS_REMEMBERED = 20
_ATTEMPTS = 3
# BatchWriteItem takes no more.
_BATCH = 25


@dataclass(frozen=True)
class Line:
    sku: str
    product_id: str
    name: str
    quantity: int
    unit_price_minor: int
    """Price when the customer added the line or last set its quantity."""
    currency: str
    set_at: int
    """Version of the cart in which the customer set the quantity; pieces added to it later leave it as it is."""


@dataclass(frozen=True)
class Cart:
    customer_id: str
    cart_id: str | None
    """None for an empty cart: the next line begins another cart."""
    version: int
    """Counts changes of the lines, for optimistic locking."""
    expires_at: int
    """Epoch second."""
    lines: dict[str, Line]
    orders: tuple[str, ...] = ()
    """Placed orders whose pieces were removed, the latest last."""
    stored: frozenset[str] = field(default=frozenset(), repr=False)
    """SKUs of the line items in the table, expired ones included."""

    @classmethod
    def read(cls, customer_id: str) -> Self:
        """The cart as stored, consistently; an empty one if there is none, or it has expired.

        Raises:
            TryAgainError: concurrent writers changed the cart at every attempt.
        """
        for _ in range(_ATTEMPTS):
            found = cls._read(customer_id)
            # A query may see the lines of a transaction and not yet its head
            # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation).
            if all(line.set_at <= found.version for line in found.lines.values()):
                return found
        raise TryAgainError

    @classmethod
    def _read(cls, customer_id: str) -> Self:
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=table("carts"),
                KeyConditionExpression="customer_id = :customer_id",
                ExpressionAttributeValues={":customer_id": customer_id},
                ConsistentRead=True,
            )
        )
        items = [item for page in pages for item in page["Items"]]
        cart = next((item for item in items if item["item"] == "CART"), {})
        expires_at = int(cart.get("expires_at", 0))
        stored = frozenset(item["sku"] for item in items if item["item"].startswith("SKU#"))
        version, orders = int(cart.get("version", 0)), tuple(cart.get("orders", ()))
        if expires_at <= time.time():  # DynamoDB deletes it within days
            return cls(customer_id, None, version, 0, {}, orders, stored)
        lines = {item["sku"]: _line(item) for item in items if item["item"].startswith("SKU#")}
        return cls(customer_id, cart.get("cart_id"), version, expires_at, lines, orders, stored)

    def with_line(self, line: Line) -> Self:
        return replace(self, lines={**self.lines, line.sku: line})

    def without(self, sku: str) -> Self:
        return replace(self, lines={key: line for key, line in self.lines.items() if key != sku})

    def after_order(self, order: "Ordered") -> Self:
        """The cart without the ordered pieces.

        Pieces beyond them stay, and so does what the customer set after the order: the order is told seconds later.
        """
        if order.order_id in self.orders:
            return self
        if order.cart_id not in (None, self.cart_id):
            return self
        left = {sku: order.taken_from(line) for sku, line in self.lines.items()}
        if left == self.lines:
            return self  # and a repetition finds nothing either: what comes later is set later
        return replace(
            self,
            lines={sku: line for sku, line in left.items() if line.quantity > 0},
            orders=(*self.orders, order.order_id)[-_ORDERS_REMEMBERED:],
        )


@dataclass(frozen=True)
class Ordered:
    order_id: str
    cart_id: str | None
    cart_version: int | None
    """Version of the cart that was ordered; None, as its id, in earlier events."""
    pieces: Mapping[str, int]
    """Quantity of each SKU."""

    def taken_from(self, line: Line) -> Line:
        if self.cart_version is not None and line.set_at > self.cart_version:
            return line
        return replace(line, quantity=line.quantity - self.pieces.get(line.sku, 0))


def change(customer_id: str, edit: Callable[[Cart], Cart]) -> Cart:
    """Edit a cart; after a concurrent change the edit is repeated on the new cart.

    Raises:
        TryAgainError: concurrent writers changed the cart at every attempt.
    """
    for _ in range(_ATTEMPTS):
        before = Cart.read(customer_id)
        after = edit(before)
        if (after.lines, after.orders) == (before.lines, before.orders):
            return before
        if saved := _save(before, after):
            return saved
    raise TryAgainError


def delete(customer_id: str) -> None:
    """Delete all items of a customer."""
    stored = Cart.read(customer_id).stored
    keys = [{"customer_id": customer_id, "item": item} for item in ("CART", *(f"SKU#{sku}" for sku in sorted(stored)))]
    for start in range(0, len(keys), _BATCH):
        requests = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + _BATCH]]
        left = dynamodb().batch_write_item(RequestItems={table("carts"): requests})["UnprocessedItems"]
        if left:
            raise TryAgainError


def _save(before: Cart, after: Cart) -> Cart | None:
    now = int(time.time())
    # All items of a cart expire together. The time moves once a day only, so that few changes write all items.
    renewed = before.expires_at < now + _KEPT_SECONDS - _RENEWED_AFTER_SECONDS
    saved = replace(
        after,
        cart_id=(before.cart_id or uuid.uuid4().hex) if after.lines else None,
        version=before.version + 1,
        expires_at=now + _KEPT_SECONDS if renewed else before.expires_at,
        stored=frozenset(after.lines),
    )
    changed = [line for sku, line in saved.lines.items() if renewed or before.lines.get(sku) != line]
    gone = sorted(before.stored - saved.lines.keys())
    done = written(
        _head(saved, before.version), *(_put(saved, line) for line in changed), *(_drop(saved, s) for s in gone)
    )
    return saved if done else None


def _head(cart: Cart, seen: int) -> dict[str, Any]:
    item = {
        "customer_id": cart.customer_id,
        "item": "CART",
        "cart_id": cart.cart_id,
        "version": cart.version,
        "expires_at": cart.expires_at,
        "orders": list(cart.orders),
    }
    return {
        "Put": {
            "TableName": table("carts"),
            "Item": {name: value for name, value in item.items() if value is not None},
            "ConditionExpression": "version = :seen" if seen else "attribute_not_exists(version)",
            **({"ExpressionAttributeValues": {":seen": seen}} if seen else {}),
        }
    }


def _put(cart: Cart, line: Line) -> dict[str, Any]:
    item = {"customer_id": cart.customer_id, "item": f"SKU#{line.sku}", "expires_at": cart.expires_at, **vars(line)}
    return {"Put": {"TableName": table("carts"), "Item": item}}


def _drop(cart: Cart, sku: str) -> dict[str, Any]:
    return {"Delete": {"TableName": table("carts"), "Key": {"customer_id": cart.customer_id, "item": f"SKU#{sku}"}}}


def _line(item: dict[str, Any]) -> Line:
    return Line(
        item["sku"],
        item["product_id"],
        item["name"],
        int(item["quantity"]),
        int(item["unit_price_minor"]),
        item["currency"],
        int(item.get("set_at", 0)),
    )
