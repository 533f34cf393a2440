"""Velocity counters: which payments, and when, a subject made within the window of a rule.

An item is a rule, a keyed hash and a stretch of time as long as the rule's window; its attributes `at#<payment>` have
the epoch second of each payment. Two items, of now and before, hold every window that ends now. A payment is an
attribute and no increment, so a repetition counts nothing twice.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.common.aws import dynamodb, setting
from functions.common.fraud.rules import Velocity
from functions.common.model import now
from functions.common.names import FRAUD_COUNTERS_TABLE

_PREFIX = "at#"
_ATTEMPTS = 3
# Attempts in an item: twice the highest limit of the settings. All attempts of the present stretch are within the
# window, so more need not be counted, and an attacker makes no item large.
_MOST = 100

Seen = dict[str, int]


def counted(rules: Mapping[str, tuple[Velocity, str]], attempt_id: str) -> dict[str, int]:
    """Count an attempt, and how many there are with it.

    Args:
        rules: Name to rule and keyed hash of its subject. Those of declines are read alone.
    """
    at = int(now().timestamp())
    stored = _read(key for name, (rule, of) in rules.items() for key in _keys(name, rule, of, at))
    counts: dict[str, int] = {}
    for name, (rule, of) in rules.items():
        present, before = _keys(name, rule, of, at)
        seen = {**stored.get(present, {}), **stored.get(before, {})}
        if rule.counted == "payments" and attempt_id not in seen and len(stored.get(present, {})) < _MOST:
            seen |= _add(present, rule, attempt_id, at)
        counts[name] = sum(moment > at - rule.seconds for moment in seen.values())
    return counts


def add(name: str, rule: Velocity, of: str, attempt_id: str) -> None:
    """Count a declined attempt of a subject, by its keyed hash."""
    at = int(now().timestamp())
    present, before = _keys(name, rule, of, at)
    stored = _read([present, before])
    seen = {**stored.get(present, {}), **stored.get(before, {})}
    if attempt_id not in seen and len(stored.get(present, {})) < _MOST:
        _add(present, rule, attempt_id, at)


def forget(rules: Mapping[str, tuple[Velocity, str]]) -> None:
    """Delete the counters of a subject."""
    at = int(now().timestamp())
    for name, (rule, of) in rules.items():
        for key in _keys(name, rule, of, at):
            dynamodb().delete_item(TableName=setting(FRAUD_COUNTERS_TABLE), Key={"counter": key})


def _keys(name: str, rule: Velocity, of: str, at: int) -> tuple[str, str]:
    stretch = at // rule.seconds
    return f"{name}#{of}#{stretch}", f"{name}#{of}#{stretch - 1}"


def _read(keys: Iterable[str]) -> dict[str, Seen]:
    """
    Raises:
        TimeoutError: DynamoDB left some unread at every attempt.
    """
    name, found = setting(FRAUD_COUNTERS_TABLE), dict[str, Seen]()
    wanted: dict[str, Any] = {name: {"Keys": [{"counter": key} for key in keys], "ConsistentRead": True}}
    for _ in range(_ATTEMPTS):
        if not wanted.get(name, {}).get("Keys"):
            return found
        answer = dynamodb().batch_get_item(RequestItems=wanted)
        found |= {item["counter"]: _seen(item) for item in answer["Responses"].get(name, ())}
        wanted = answer.get("UnprocessedKeys") or {}
    if wanted:
        raise TimeoutError("counters were not read")
    return found


def _add(key: str, rule: Velocity, attempt_id: str, at: int) -> Seen:
    answer = dynamodb().update_item(
        TableName=setting(FRAUD_COUNTERS_TABLE),
        Key={"counter": key},
        UpdateExpression="SET #attempt = if_not_exists(#attempt, :at), expires_at = :gone",
        ExpressionAttributeNames={"#attempt": f"{_PREFIX}{attempt_id}"},
        ExpressionAttributeValues={":at": at, ":gone": (at // rule.seconds + 2) * rule.seconds},
        ReturnValues="ALL_NEW",
    )
    return _seen(answer["Attributes"])


def _seen(item: Mapping[str, Any]) -> Seen:
    return {name.removeprefix(_PREFIX): int(at) for name, at in item.items() if name.startswith(_PREFIX)}
