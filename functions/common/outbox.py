"""Transactional outbox: a change and its event are written to the same table in one transaction.

An outbox item has the partition key of the changed item, the sort key `item` = `EVENT#<event_id>`, and
    source       `store.<domain>`
    detail_type  as in `events/schemas`, such as `order.placed`
    detail       map, the event itself
    expires_at   epoch second of its deletion; the stream that carries it to the bus keeps it for a day only
The id of an event follows from its cause, so a repeated write is the same event.
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from functions.common.aws import dynamodb, setting
from functions.common.names import EVENT_PREFIX, EVENT_SOURCE

# Long enough to find events that did not reach the bus after a weekend, and to send them by hand.
_KEPT_SECONDS = 7 * 24 * 3600
_NO_ITEM = "DynamoDB refuses an item of this change: it is larger than 400 KB, or a key is empty or too long"
_NAMESPACE = uuid.UUID("8f9d6a52-5b1c-4c39-9d52-6b1f0c6f4e0a")


class InvalidPayloadError(Exception):
    """The payload is invalid. str() is the reason and quotes nothing of it."""


class TryAgainError(Exception):
    """Concurrent writers changed the same item every time; the payload is valid and must be handled again."""


def event_id(detail_type: str, *cause: str) -> str:
    """Id of the event of this cause; the same for a payload that arrives twice."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((detail_type, *cause))))


def event(table_name: str, key: Mapping[str, str], detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Item of a transaction that adds an event to the outbox.

    Args:
        key: Name and value of the table's partition key.
        detail: Has `event_id`; fields that are None are left out.
    """
    return {
        "Put": {
            "TableName": table_name,
            "Item": {
                **key,
                "item": f"{EVENT_PREFIX}{detail['event_id']}",
                "source": setting(EVENT_SOURCE),
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
        InvalidPayloadError: DynamoDB takes no such items, however often they are written.
        ClientError: any other failure, such as a conflict with another transaction.
    """
    try:
        dynamodb().transact_write_items(TransactItems=list(items))
    except dynamodb().exceptions.TransactionCanceledException as error:
        reasons = {reason["Code"] for reason in error.response["CancellationReasons"]} - {"None"}
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
        if reasons & {"ItemCollectionSizeLimitExceeded", "ValidationError"}:
            raise InvalidPayloadError(_NO_ITEM) from error
        if reasons != {"ConditionalCheckFailed"}:
            raise
        return False
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            raise InvalidPayloadError(_NO_ITEM) from error
        raise
    return True
