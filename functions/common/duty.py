"""What is still owed, such as a refund or the end of a reservation: an item `DUTY` beside what it is owed to.

It is written in one transaction with the change that it follows from, and found by the index `by_duty` when it is time.
A partition has one duty: what it asks for follows from the state of the other items there.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from functions.common.model import timestamp

ITEM = "DUTY"
SHARDS = 4
"""A partition of an index takes 1,000 writes a second; an order, or a payment, comes to three."""


def owe(table_name: str, key: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """Item of a transaction that lets somebody look after a partition.

    Args:
        key: Name and value of the table's partition key.
        at: When, at the earliest.
    """
    (value,) = key.values()
    item = {**key, "item": ITEM, "duty_shard": str(crc32(value.encode()) % SHARDS), "duty_at": timestamp(at)}
    return {"Put": {"TableName": table_name, "Item": item}}


def owe_nothing(table_name: str, key: Mapping[str, str]) -> dict[str, Any]:
    """Item of a transaction after which nothing is owed."""
    return {"Delete": {"TableName": table_name, "Key": {**key, "item": ITEM}}}
