"""Duties of orders: cancel unpaid orders, refund and release ended ones, erase contact data."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from functions.common.aws import dynamodb, table
from functions.common.duty import owe
from functions.common.log import logger
from functions.common.model import now, timestamp
from functions.common.order_status import PENDING
from services.common.calls import call
from services.common.duties import Duties
from services.orders.checkout import OVERDUE
from services.orders.order import Order
from services.orders.placing import NOT_ACCEPTED, Payment, end, hold, reserved, take

_SOON = timedelta(minutes=1)
# An order keeps its address until it is delivered.
_DAY = timedelta(days=1)
# Within the 30 minutes for which inventory keeps a reservation.
_PROLONGED = timedelta(minutes=20)
_ENDED = ("cancelled", "returned", "delivered")
_CONTACT = ("shipping_address", "billing_address", "note", "courier_where", "courier_at")


def _see_to(order_id: str) -> datetime | None:
    order = Order.read(order_id)
    if order is None:
        return None
    if order.status == PENDING:
        return _overdue(order)
    if order.status in ("cancelled", "returned") and not order.item.get("given_back") and not _given_back(order):
        return now() + _SOON
    return _erase(order) if "erased_at" in order.item else None


DUTIES = Duties("orders", "order_id", _see_to)


def _overdue(order: Order) -> datetime | None:
    ends_at = order.payment_due_at + OVERDUE
    if now() < ends_at:
        return ends_at
    answer = call("payments", "DELETE", f"/internal/dues/{order.order_id}", params={"unpaid_only": "true"})
    if answer.status_code == HTTPStatus.CONFLICT:
        told = answer.json()
        if "held_until" in told:
            return _under_review(order, told["held_until"])
        # The event of the payment is late or lost.
        if paid := told.get("payment"):
            take(Payment(order_id=order.order_id, **paid))
        return now() + _SOON
    answer.raise_for_status()
    end(order, NOT_ACCEPTED if "held_until" in order.item else "not-paid")
    return now()


def _under_review(order: Order, until: str) -> datetime:
    """Keep the stock of an order whose payment is held."""
    hold(order.order_id, until)
    if not reserved(order):
        logger.warning("order under review has lost its stock", extra={"order_id": order.order_id})
    return now() + _PROLONGED


def _given_back(order: Order) -> bool:
    # Inventory releases the stock of a placed order by order.status-changed.
    if not order.item.get("was_placed"):
        call("inventory", "DELETE", f"/internal/reservations/{order.order_id}").raise_for_status()
    answer = call("payments", "DELETE", f"/internal/dues/{order.order_id}").raise_for_status().json()
    captured, refunded = answer["captured_minor"], answer["refunded_minor"]
    done = answer["done"] and captured == refunded
    _set(order, refund=("done" if captured else "none") if done else "pending", given_back=done)
    return done


def forget_contact(customer_id: str) -> None:
    """Erase addresses and notes of a customer's orders, an open order's after its end. Tax law keeps lines and sums."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table("orders"),
            IndexName="by_customer",
            KeyConditionExpression="customer_id = :customer_id",
            ExpressionAttributeValues={":customer_id": customer_id},
        )
    )
    for order_id in [item["order_id"] for page in pages for item in page["Items"]]:
        if order := Order.read(order_id):
            _set(order, erased_at=timestamp(now()))
            dynamodb().put_item(**owe(table("orders"), {"order_id": order_id}, now())["Put"])


def _erase(order: Order) -> datetime | None:
    if order.status not in _ENDED:
        return now() + _DAY
    dynamodb().update_item(
        TableName=table("orders"),
        Key={"order_id": order.order_id, "item": "ORDER"},
        UpdateExpression="REMOVE " + ", ".join(_CONTACT),
    )
    return None


def _set(order: Order, **changed: Any) -> None:
    dynamodb().update_item(
        TableName=table("orders"),
        Key={"order_id": order.order_id, "item": "ORDER"},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changed),
        ExpressionAttributeValues={f":{name}": value for name, value in changed.items()},
    )
