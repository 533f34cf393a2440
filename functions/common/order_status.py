"""Statuses of an order, and the only function that changes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from functions.common.aws import dynamodb, table
from functions.common.duty import owe
from functions.common.model import now, timestamp
from functions.common.outbox import InvalidPayloadError, TryAgainError, event, event_id, write

_EVENT = "order.status-changed"
# The message of a step may be lost, so an order may skip steps; it never goes back.
PENDING = "pending"
"""Status of an order between checkout and payment. No event names it: consumers learn of an order by order.placed."""
_STEPS = ("placed", "paid", "accepted", "picked", "shipped", "delivered")
_ENDS = {"cancelled": (PENDING, "placed", "paid", "accepted", "picked"), "returned": ("shipped", "delivered")}
_AS_SEEN = "#status = :before AND (attribute_not_exists(status_changed_at) OR status_changed_at < :at)"
_ATTEMPTS = 3
DELIVERY = "DELIVERY#"
"""Prefix of the sort key of items that lead from a delivery, by its id as partition key, to its orders."""
# Deliveries are on their way for days.
_DELIVERY_SECONDS = 90 * 24 * 3600
_SHARDS = 16


class UnknownOrderError(InvalidPayloadError):
    """The order does not exist."""


class NoSuchStepError(InvalidPayloadError):
    """An order in its present status cannot get the new one."""


def status_shard(status: str, order_id: str) -> str:
    """Key of an order in the index by status, which spreads each status over several partitions."""
    return f"{status}#{crc32(order_id.encode()) % _SHARDS}"


def move(
    order_id: str,
    status: str,
    changed_at: datetime,
    tracking_number: str | None = None,
    facts: Mapping[str, str | None] | None = None,
) -> bool:
    """Change the status of an order and write its event, and for a cancelled or returned order its duty.

    Args:
        facts: Further attributes of the order, such as `carrier`; None leaves one as it is. By `delivery_id` the order
            is found when its delivery is near.

    Returns:
        Whether it was written; False if the order already has this status, or a change as recent or later.

    Raises:
        InvalidPayloadError: the order does not exist, or cannot get this status.
        TryAgainError: concurrent writers changed the order at every attempt.
    """
    key = {"order_id": order_id, "item": "ORDER"}
    at = timestamp(changed_at)
    for _ in range(_ATTEMPTS):
        order: dict[str, Any] | None = (
            dynamodb().get_item(TableName=table("orders"), Key=key, ConsistentRead=True).get("Item")
        )
        if order is None:
            raise UnknownOrderError("the order does not exist")
        before = order["status"]
        if before == status or order.get("status_changed_at", "") >= at:
            return False
        if not _leads_to(before, status):
            raise NoSuchStepError(f"an order that is {before} cannot become {status}")
        if _write(order, status, at, {**(facts or {}), "tracking_number": tracking_number}):
            return True
    raise TryAgainError


def _leads_to(before: str, status: str) -> bool:
    if status in _ENDS:
        return before in _ENDS[status]
    return before in _STEPS and _STEPS.index(before) < _STEPS.index(status)


def _write(order: dict[str, Any], status: str, at: str, facts: Mapping[str, str | None]) -> bool:
    order_id, before = order["order_id"], order["status"]
    given = {name: value for name, value in facts.items() if value is not None}
    shard = status_shard(status, order_id)
    changed: dict[str, Any] = {
        "status": status,
        "status_shard": shard,
        "status_changed_at": at,
        "updated_at": at,
        **given,
    }
    if status in _ENDS:
        changed["refund"] = "pending" if "paid_at" in order else "none"
    change = {
        "TableName": table("orders"),
        "Key": {"order_id": order_id, "item": "ORDER"},
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
        "ConditionExpression": _AS_SEEN,
        "ExpressionAttributeNames": {f"#{name}": name for name in changed},
        "ExpressionAttributeValues": {
            ":before": before,
            ":at": at,
            **{f":{key}": value for key, value in changed.items()},
        },
    }
    detail = {
        "event_id": event_id(_EVENT, order_id, status),
        "order_id": order_id,
        "customer_id": order.get("customer_id"),
        "status": status,
        "previous_status": before,
        "changed_at": at,
        "tracking_number": given.get("tracking_number"),
    }
    key = {"order_id": order_id}
    told = [event(table("orders"), key, _EVENT, detail)] if before != PENDING else []
    owed = [owe(table("orders"), key, now())] if status in _ENDS else []
    led = [_delivery(given["delivery_id"], order_id)] if "delivery_id" in given else []
    return write({"Update": change}, *told, *owed, *led)


def _delivery(delivery_id: str, order_id: str) -> dict[str, Any]:
    ends = int(now().timestamp()) + _DELIVERY_SECONDS
    item = {"order_id": delivery_id, "item": f"{DELIVERY}{order_id}", "expires_at": ends}
    return {"Put": {"TableName": table("orders"), "Item": item}}
