"""Sends a message once, however often its event comes.

SES has no key that makes a repeated request the same message. So the table `idempotency` has an item for each message,
    id          `mail#<event_id>`
    status      `sending`, then `sent`
    expiration  epoch second of its deletion; events wait 14 days at most, and as long again as dead letters
which is written before the message is sent. A message whose fate is not known, because SES did not answer or the
function ended, is not sent again: its event becomes a dead letter, and a person decides.
"""

import time
from collections.abc import Callable

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from functions.common.aws import dynamodb, table

_KEPT_SECONDS = 30 * 24 * 3600


class UnknownFateError(Exception):
    """It is being sent at this moment, or was when the function ended."""


def once(event_id: str, send: Callable[[], str]) -> bool:
    """
    Args:
        send: Sends by one request; returns the id of the message.

    Returns:
        Whether it was sent now; False if it was sent before.

    Raises:
        UnknownFateError: it may have been sent before.
    """
    key = {"id": f"mail#{event_id}"}
    if not _claimed(key):
        return False
    try:
        message_id = send()
    except ClientError as refused:
        if refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            _release(key)
        raise
    except (ConnectTimeoutError, EndpointConnectionError):  # SES was not reached
        _release(key)
        raise
    dynamodb().update_item(
        TableName=table("idempotency"),
        Key=key,
        UpdateExpression="SET #status = :sent, message_id = :message_id",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":sent": "sent", ":message_id": message_id},
    )
    return True


def _claimed(key: dict[str, str]) -> bool:
    """
    Raises:
        UnknownFateError: it is claimed, and not known to be sent.
    """
    item = {**key, "status": "sending", "expiration": int(time.time()) + _KEPT_SECONDS}
    try:
        dynamodb().put_item(TableName=table("idempotency"), Item=item, ConditionExpression="attribute_not_exists(id)")
    except dynamodb().exceptions.ConditionalCheckFailedException:
        found = dynamodb().get_item(TableName=table("idempotency"), Key=key, ConsistentRead=True).get("Item", {})
        if found.get("status") == "sent":
            return False
        raise UnknownFateError from None
    return True


def _release(key: dict[str, str]) -> None:
    dynamodb().delete_item(TableName=table("idempotency"), Key=key)
