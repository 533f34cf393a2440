"""Customers who agreed to a profile, and the pseudonyms by which Personalize knows them.

Items of table `recommendations` under `CUSTOMER#<id>`: profiling, changed_at (of the last choice), and the pseudonym of
who agreed; without consent an item says only when it was refused, for events come late and in any order.
"""

import time
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from functions.common import names
from functions.common.aws import dynamodb, s3, table
from functions.common.log import logger
from functions.common.model import timestamp
from functions.common.outbox import TryAgainError
from services.common.settings import optional

_ATTEMPTS: Final = 3
# Longer than queues keep an event and its archive is replayed after a failure.
_ERASED_SECONDS: Final = 30 * 24 * 3600


def pseudonym_of(customer_id: str) -> str | None:
    """None without consent."""
    return _read(customer_id).get("pseudonym")


def agree(customer_id: str, at: datetime) -> None:
    """The customer agrees to a profile, unless a later choice is known."""
    try:
        dynamodb().update_item(
            TableName=table("recommendations"),
            Key=_key(customer_id),
            UpdateExpression="SET profiling = :yes, changed_at = :at, pseudonym = if_not_exists(pseudonym, :new)",
            ConditionExpression="attribute_not_exists(changed_at) OR changed_at < :at",
            ExpressionAttributeValues={":yes": True, ":at": timestamp(at), ":new": uuid4().hex},
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        logger.info("a later choice is known")


def refuse(customer_id: str, at: datetime, *, erased: bool = False) -> None:
    """The customer has no profile any more: Personalize is to forget the pseudonym, which nobody can tell after this.

    Args:
        erased: The item goes, too, once no late event can be taken for a new choice.

    Raises:
        TryAgainError: others changed the item at every attempt.
    """
    for _ in range(_ATTEMPTS):
        item = _read(customer_id)
        if item.get("changed_at", "") > timestamp(at) and not erased:
            return
        # Before the item loses it: a repetition says it again, and a pseudonym that only Personalize knows would stay.
        if "pseudonym" in item:
            _have_forgotten(item["pseudonym"])
        if _withdraw(customer_id, item, at, erased=erased):
            return
    raise TryAgainError


def _withdraw(customer_id: str, item: dict[str, Any], at: datetime, *, erased: bool) -> bool:
    """Whether the item was still as it was read."""
    was = "changed_at = :was" if "changed_at" in item else "attribute_not_exists(changed_at)"
    values = {":no": False, ":at": max(item.get("changed_at", ""), timestamp(at))}
    if "changed_at" in item:
        values[":was"] = item["changed_at"]
    if erased:
        values[":end"] = int(time.time()) + _ERASED_SECONDS
    try:
        dynamodb().update_item(
            TableName=table("recommendations"),
            Key=_key(customer_id),
            UpdateExpression=f"SET profiling = :no, changed_at = :at{', expires_at = :end' if erased else ''}"
            " REMOVE pseudonym",
            ConditionExpression=was,
            ExpressionAttributeValues=values,
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        return False
    return True


def _have_forgotten(pseudonym: str) -> None:
    bucket = optional(names.FORGET_BUCKET)
    if bucket is not None:
        s3().put_object(Bucket=bucket, Key=f"{names.FORGET_PREFIX}{pseudonym}", Body=b"")


def _read(customer_id: str) -> dict[str, Any]:
    found = dynamodb().get_item(TableName=table("recommendations"), Key=_key(customer_id), ConsistentRead=True)
    return found.get("Item") or {}


def _key(customer_id: str) -> dict[str, str]:
    return {"id": f"CUSTOMER#{customer_id}"}
