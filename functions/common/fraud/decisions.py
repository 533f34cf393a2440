"""Decisions in their table: what was decided and why, without whom or what it was about but keyed hashes."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from functions.common.aws import dynamodb, setting
from functions.common.fraud.contract import Decision
from functions.common.names import FRAUD_DECISIONS_TABLE

_DAY_SECONDS = 24 * 3600


def read(decision_id: str, *, about: str | None = None) -> Decision | None:
    """
    Args:
        about: Digest of what it must be about; None takes any.
    """
    item = _item(decision_id)
    return _decision(item) if item and about in (None, item["about"]) else None


def keep(decision: Decision, *, about: str, customer: str | None, declines: Mapping[str, str], days: int) -> Decision:
    """Write a decision, unless there is one about the same already.

    Args:
        about: Digest of what it is about.
        customer: Keyed hash, by which an erased customer's decisions are found.
        declines: Name of each rule that counts declines to the keyed hash of its subject.

    Returns:
        The decision that is kept.
    """
    facts = {"customer": customer, "declines": dict(declines) or None}
    item = {
        **decision.model_dump(exclude_none=True),
        **{name: value for name, value in facts.items() if value},
        "about": about,
        "expires_at": int(time.time()) + days * _DAY_SECONDS,
    }
    try:
        dynamodb().put_item(
            TableName=setting(FRAUD_DECISIONS_TABLE),
            Item=item,
            ConditionExpression="attribute_not_exists(decision_id) OR about <> :about",
            ExpressionAttributeValues={":about": about},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return read(decision.decision_id) or decision
    return decision


def declines_of(decision_id: str) -> dict[str, str]:
    """`declines` of a decision."""
    return (_item(decision_id) or {}).get("declines", {})


def of_customer(customer: str) -> Iterator[str]:
    """Ids of the decisions on a customer, by its keyed hash."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=setting(FRAUD_DECISIONS_TABLE),
            IndexName="by_customer",
            KeyConditionExpression="customer = :customer",
            ExpressionAttributeValues={":customer": customer},
        )
    )
    for page in pages:
        for item in page["Items"]:
            yield item["decision_id"]


def forget(decision_id: str) -> None:
    dynamodb().delete_item(TableName=setting(FRAUD_DECISIONS_TABLE), Key={"decision_id": decision_id})


def forget_subjects(decision_id: str, expires_at: int) -> None:
    """Keep outcome and reasons alone, until the epoch second `expires_at`."""
    dynamodb().update_item(
        TableName=setting(FRAUD_DECISIONS_TABLE),
        Key={"decision_id": decision_id},
        UpdateExpression="SET expires_at = :at REMOVE customer, declines",
        ConditionExpression="attribute_exists(decision_id)",
        ExpressionAttributeValues={":at": expires_at},
    )


def _item(decision_id: str) -> dict[str, Any] | None:
    key = {"decision_id": decision_id}
    table = setting(FRAUD_DECISIONS_TABLE)
    return dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def _decision(item: Mapping[str, Any]) -> Decision:
    return Decision.model_validate_json(json.dumps(item, default=int))
