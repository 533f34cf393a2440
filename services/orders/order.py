"""Orders in their table: `ORDER`, and `LINE#<number>` for each article."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from boto3.dynamodb.conditions import Key

from functions.common.aws import dynamodb, table
from functions.common.order_status import PENDING

PAGE = 20
BOUGHT = ("paid", "accepted", "picked", "shipped", "delivered")
POSITION: tuple[str, ...] = ("placed_at", "order_id")
"""Attributes that identify the end of a page."""
_SHOWN = (
    "order_id",
    "status",
    "placed_at",
    "updated_at",
    "currency",
    "delivery",
    "location_id",
    "shipping_address",
    "billing_address",
    "note",
    "carrier",
    "tracking_number",
    "paid_at",
    "estimated",
)
_AMOUNTS = ("goods_minor", "delivery_minor", "tax_minor", "included_tax_minor")
"""Parts of the total, which orders of an earlier version lack."""


@dataclass(frozen=True)
class Line:
    sku: str
    product_id: str
    name: str
    quantity: int
    unit_price_minor: int
    tax_minor: int | None = None
    """Its tax, if that is reckoned: added to it, or contained in it."""

    @property
    def total_minor(self) -> int:
        """Its price, without a tax that is added."""
        return self.quantity * self.unit_price_minor

    def taxed(self, tax_minor: int) -> Self:
        return replace(self, tax_minor=tax_minor)

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Order:
    order_id: str
    item: Mapping[str, Any]
    """Item `ORDER`."""
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, order_id: str) -> Self | None:
        """The order as stored, consistently."""
        # Lines and order are last in the order of the sort key, after duty and events.
        items: list[dict[str, Any]] = dynamodb().query(
            TableName=table("orders"),
            KeyConditionExpression=Key("order_id").eq(order_id) & Key("item").between("LINE#", "ORDER"),
            ConsistentRead=True,
        )["Items"]
        if not items or items[-1]["item"] != "ORDER":
            return None
        return cls(order_id, items[-1], tuple(map(_line, items[:-1])))

    @property
    def status(self) -> str:
        return self.item["status"]

    @property
    def customer_id(self) -> str:
        return self.item["customer_id"]

    @property
    def total_minor(self) -> int:
        return int(self.item["total_minor"])

    @property
    def currency(self) -> str:
        return self.item["currency"]

    @property
    def amounts(self) -> dict[str, int]:
        """Parts of the total, and the tax that it contains."""
        return {name: int(self.item[name]) for name in _AMOUNTS if name in self.item}

    @property
    def told(self) -> dict[str, Any]:
        """What `order.placed` says of delivery and taxes."""
        amounts = {name: value for name, value in self.amounts.items() if name != "goods_minor"}
        return {**{name: self.item[name] for name in ("delivery", "estimated") if self.item.get(name)}, **amounts}

    @property
    def payment_due_at(self) -> datetime:
        """Time until which the order can be paid."""
        return datetime.fromisoformat(self.item["payment_due_at"])

    @property
    def cart(self) -> dict[str, Any]:
        """Cart that was ordered, and its version then, which earlier orders lack."""
        version = self.item.get("cart_version")
        return {} if version is None else {"cart_id": self.item["cart_id"], "cart_version": int(version)}

    @property
    def reservation(self) -> dict[str, Any]:
        """Body of the request for its stock."""
        lines = [{"sku": line.sku, "quantity": line.quantity} for line in self.lines]
        return {"order_id": self.order_id, "lines": lines}

    def document(self) -> dict[str, Any]:
        """JSON of the order for its customer."""
        shown = {name: self.item[name] for name in _SHOWN if self.item.get(name)}
        if self.status == PENDING:
            shown["payment_due_at"] = self.item["payment_due_at"]
            if "held_until" in self.item:
                shown["in_review"] = {"until": self.item["held_until"]}
        if self.status == "shipped" and "courier_where" in self.item:
            shown["courier"] = {"where": self.item["courier_where"], "at": self.item["courier_at"]}
        if self.status in ("cancelled", "returned"):
            shown[self.status] = {
                "at": self.item["status_changed_at"],
                "by": self.item.get("ended_by", "fulfilment"),
                "reason": self.item.get("reason", "other"),
                "refund": self.item["refund"],
            }
        lines = [{**line.facts, "line_total_minor": line.total_minor} for line in self.lines]
        return {**shown, **self.amounts, "total_minor": self.total_minor, "lines": lines}


def of_customer(
    customer_id: str, before: Mapping[str, str] | None
) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
    """A page of a customer's orders, latest first.

    Args:
        before: Second value of the call for the page before.
    """
    start = {"ExclusiveStartKey": {**before, "customer_id": customer_id, "item": "ORDER"}} if before else {}
    answer = dynamodb().query(
        TableName=table("orders"),
        IndexName="by_customer",
        KeyConditionExpression=Key("customer_id").eq(customer_id),
        ScanIndexForward=False,
        Limit=PAGE,
        **start,
    )
    last = answer.get("LastEvaluatedKey")
    orders = [
        {
            **{name: item[name] for name in ("order_id", "status", "placed_at", "currency")},
            "total_minor": int(item["total_minor"]),
            "line_count": int(item["line_count"]),
            "in_review": item["status"] == PENDING and "held_until" in item,
        }
        for item in answer["Items"]
    ]
    return orders, {name: last[name] for name in POSITION} if last else None


def has_bought(customer_id: str) -> bool:
    """Whether one of the customer's latest orders was placed, and not cancelled."""
    latest, _ = of_customer(customer_id, None)
    return any(order["status"] in BOUGHT for order in latest)


def _line(item: Mapping[str, Any]) -> Line:
    quantity, price = int(item["quantity"]), int(item["unit_price_minor"])
    tax = int(item["tax_minor"]) if "tax_minor" in item else None
    return Line(item["sku"], item["product_id"], item["name"], quantity, price, tax)
