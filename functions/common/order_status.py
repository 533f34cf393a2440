"""The life of an order, and the one way to move it on."""

from datetime import datetime
from typing import Any

from functions.common.aws import dynamodb, table
from functions.common.model import timestamp
from functions.common.outbox import RefusedError, TryAgainError, event, event_id, write

_EVENT = "order.status-changed"
# A step whose message was lost may be left out, so an order goes on to any later one; nobody goes back.
_STEPS = ("placed", "paid", "accepted", "picked", "shipped", "delivered")
_ENDS = {"cancelled": ("placed", "paid", "accepted", "picked"), "returned": ("shipped", "delivered")}
_AS_SEEN = "#status = :before AND (attribute_not_exists(status_changed_at) OR status_changed_at < :at)"
_ATTEMPTS = 3


class UnknownOrderError(RefusedError):
    """There is no such order."""


class NoSuchStepError(RefusedError):
    """Orders do not go from that status to this."""


def move(order_id: str, status: str, changed_at: datetime, tracking_number: str | None = None) -> bool:
    """Give an order another status, with its event.

    Returns:
        Whether it was written; False if the order has this status, or a change that is not older.

    Raises:
        RefusedError: no such order, or no such step.
        TryAgainError: others change the order all the time.
    """
    key = {"order_id": order_id, "item": "ORDER"}
    at = timestamp(changed_at)
    for _ in range(_ATTEMPTS):
        order: dict[str, Any] | None = (
            dynamodb().get_item(TableName=table("orders"), Key=key, ConsistentRead=True).get("Item")
        )
        if order is None:
            raise UnknownOrderError("there is no such order")
        before = order["status"]
        if before == status or order.get("status_changed_at", "") >= at:
            return False
        if not _leads_to(before, status):
            raise NoSuchStepError(f"an order does not go from {before} to {status}")
        if _write(key, before, status, at, tracking_number):
            return True
    raise TryAgainError


def _leads_to(before: str, status: str) -> bool:
    if status in _ENDS:
        return before in _ENDS[status]
    return before in _STEPS and _STEPS.index(before) < _STEPS.index(status)


def _write(key: dict[str, str], before: str, status: str, at: str, tracking_number: str | None) -> bool:
    values = {":before": before, ":status": status, ":at": at}
    changes = "SET #status = :status, status_changed_at = :at, updated_at = :at"
    if tracking_number:
        values[":tracking_number"] = tracking_number
        changes += ", tracking_number = :tracking_number"
    change = {
        "TableName": table("orders"),
        "Key": key,
        "UpdateExpression": changes,
        "ConditionExpression": _AS_SEEN,
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": values,
    }
    order_id = key["order_id"]
    detail = {
        "event_id": event_id(_EVENT, order_id, status),
        "order_id": order_id,
        "status": status,
        "previous_status": before,
        "changed_at": at,
        "tracking_number": tracking_number,
    }
    return write({"Update": change}, event(table("orders"), {"order_id": order_id}, _EVENT, detail))
