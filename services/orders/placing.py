"""A payment makes a pending order a placed one: order, `order.placed` and duty change in one transaction."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from functions.common.aws import table
from functions.common.duty import owe, owe_nothing
from functions.common.log import logger
from functions.common.model import now, timestamp
from functions.common.order_status import PENDING, UnknownOrderError, move, status_shard
from functions.common.outbox import InvalidPayloadError, TryAgainError, event, event_id
from services.common.calls import call
from services.common.transactions import written
from services.orders.order import Order

_ATTEMPTS = 3
NOT_ACCEPTED = "not-accepted"
"""Reason of an order that ends because its payment was refused."""
_PLACED, _MOVED = "order.placed", "order.status-changed"


@dataclass(frozen=True)
class Payment:
    payment_id: str
    order_id: str
    amount_minor: int
    currency: str
    at: str
    """Time at which the provider captured or promised it."""
    becomes: Literal["paid", "placed"]
    """Status of the order: `placed` for an accepted invoice, else `paid`."""


def take(payment: Payment) -> None:
    """Apply a payment to its order; a repetition has no effect.

    Raises:
        InvalidPayloadError: there is no such order, or it costs something else.
        ProblemError: 503, inventory is not reachable.
        TryAgainError: concurrent writers changed the order at every attempt.
    """
    for _ in range(_ATTEMPTS):
        order = Order.read(payment.order_id)
        if order is None:
            raise UnknownOrderError("the order does not exist")
        if (order.total_minor, order.currency) != (payment.amount_minor, payment.currency):
            raise InvalidPayloadError("the payment must be of what the order costs")
        if _taken(order, payment):
            return
    raise TryAgainError


def _taken(order: Order, payment: Payment) -> bool:
    """Whether it was applied; False after a concurrent change of the order."""
    if order.status == PENDING:
        if not reserved(order):
            end(order, "sold-out")
            return False
        return _place(order, payment)
    if payment.becomes == "placed" or "paid_at" in order.item:
        return True
    if order.status == "placed":
        # `move` ignores a change that is older than the last one; the payment still counts.
        return move(order.order_id, "paid", now(), facts=_paid(payment)) or _note(order, payment)
    return _note(order, payment)


def reserved(order: Order) -> bool:
    """Reserve the stock again: the reservation may have expired."""
    answer = call("inventory", "POST", "/internal/reservations", json=order.reservation, again=True)
    if answer.status_code == HTTPStatus.CONFLICT:
        logger.warning("paid order has no stock", extra={"order_id": order.order_id})
        return False
    answer.raise_for_status()
    return True


def hold(order_id: str, until: str) -> None:
    """Note that the payment of a pending order is being reviewed, at most until a time; an order that is further on
    stays as it is."""
    order = Order.read(order_id)
    if order is None:
        raise UnknownOrderError("the order does not exist")
    if order.status == PENDING and order.item.get("held_until") != until:
        written(_change(order, {"updated_at": timestamp(now()), "held_until": until}))


def refuse(order_id: str) -> bool:
    """Cancel the order whose payment was not accepted. Returns whether it was pending."""
    order = Order.read(order_id)
    if order is None:
        raise UnknownOrderError("the order does not exist")
    return order.status == PENDING and end(order, NOT_ACCEPTED)


def end(order: Order, reason: str) -> bool:
    """Cancel a pending order for the store."""
    return move(order.order_id, "cancelled", now(), facts={"reason": reason, "ended_by": "store"})


def _place(order: Order, payment: Payment) -> bool:
    at, status, key = timestamp(now()), payment.becomes, {"order_id": order.order_id}
    changed: dict[str, Any] = {
        "status": status,
        "status_shard": status_shard(status, order.order_id),
        "placed_at": at,
        "status_changed_at": at,
        "updated_at": at,
        "was_placed": True,
        **(_paid(payment) if status == "paid" else {}),
    }
    placed = {
        "event_id": event_id(_PLACED, order.order_id),
        **key,
        "customer_id": order.customer_id,
        **order.cart,
        "placed_at": at,
        "currency": order.currency,
        "total_minor": order.total_minor,
        **order.told,
        "lines": [
            {name: value for name, value in line.facts.items() if name not in ("product_id", "name")}
            for line in order.lines
        ],
    }
    told = [event(table("orders"), key, _PLACED, placed)]
    if status == "paid":
        moved = {
            "event_id": event_id(_MOVED, order.order_id, status),
            **key,
            "customer_id": order.customer_id,
            "status": status,
            "previous_status": "placed",
            "changed_at": at,
        }
        told.append(event(table("orders"), key, _MOVED, moved))
    # The duty of an erased customer's order stays: contact data must still go.
    nothing = [] if "erased_at" in order.item else [owe_nothing(table("orders"), key)]
    return written(_change(order, changed), *told, *nothing)


def _note(order: Order, payment: Payment) -> bool:
    """Note the payment of an order that is further on; of an ended order the refund becomes due."""
    changed: dict[str, Any] = {"updated_at": timestamp(now()), **_paid(payment)}
    if order.status not in ("cancelled", "returned"):
        return written(_change(order, changed))
    back = owe(table("orders"), {"order_id": order.order_id}, now())
    return written(_change(order, {**changed, "refund": "pending", "given_back": False}), back)


def _paid(payment: Payment) -> dict[str, str]:
    return {"paid_at": payment.at, "payment_id": payment.payment_id}


def _change(order: Order, changed: dict[str, Any]) -> dict[str, Any]:
    erased = "attribute_exists" if "erased_at" in order.item else "attribute_not_exists"
    return {
        "Update": {
            "TableName": table("orders"),
            "Key": {"order_id": order.order_id, "item": "ORDER"},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
            "ConditionExpression": f"#status = :seen AND {erased}(erased_at)",
            "ExpressionAttributeNames": {"#status": "status", **{f"#{name}": name for name in changed}},
            "ExpressionAttributeValues": {
                ":seen": order.status,
                **{f":{key}": value for key, value in changed.items()},
            },
        }
    }
