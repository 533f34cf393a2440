"""Writing to a table: what has happened and the event that tells of it, in one transaction.

An outbox item has the partition key of what it tells of, the sort key `item` = `EVENT#<event_id>`, and
    source       `store.<domain>`
    detail_type  as in `events/schemas`, such as `order.placed`
    detail       map, the event itself
    expires_at   epoch second; the stream, which hands the event to the bus, remembers it for a day
Events have the id that their cause gives them, so what is written again is the same event.
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from functions.common.aws import dynamodb, setting

SORT_PREFIX = "EVENT#"
# Long enough to see after a weekend what was not told, and to tell it by hand.
_KEPT_SECONDS = 7 * 24 * 3600
_NAMESPACE = uuid.UUID("8f9d6a52-5b1c-4c39-9d52-6b1f0c6f4e0a")


class RefusedError(Exception):
    """What came says what cannot be; the message is the reason, without data."""


class TryAgainError(Exception):
    """Others write the same item; what came is good and to be handled again."""


def event_id(detail_type: str, *cause: str) -> str:
    """Id of the event that this cause has: what came twice has one."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((detail_type, *cause))))


def event(table_name: str, key: Mapping[str, str], detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Item of a transaction that adds an event to the outbox.

    Args:
        key: name and value of the table's partition key.
        detail: has `event_id`; fields without a value are left out.
    """
    return {
        "Put": {
            "TableName": table_name,
            "Item": {
                **key,
                "item": f"{SORT_PREFIX}{detail['event_id']}",
                "source": setting("STORE_EVENT_SOURCE"),
                "detail_type": detail_type,
                "detail": {name: value for name, value in detail.items() if value is not None},
                "expires_at": int(time.time()) + _KEPT_SECONDS,
            },
        }
    }


def write(*items: Mapping[str, Any]) -> bool:
    """Write all items or, where a condition does not hold, none of them.

    Returns:
        Whether they were written.

    Raises:
        ClientError: anything else; a conflict with another transaction, too.
    """
    try:
        dynamodb().transact_write_items(TransactItems=list(items))
    except dynamodb().exceptions.TransactionCanceledException as error:
        reasons = {reason["Code"] for reason in error.response["CancellationReasons"]} - {"None"}
        if reasons != {"ConditionalCheckFailed"}:
            raise
        return False
    return True
