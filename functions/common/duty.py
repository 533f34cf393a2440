"""Duties: work that is still to be done for a partition, such as a refund, as an item `DUTY` in it.

A duty is written in one transaction with the change that causes it. The index `by_duty` finds duties by their time. A
partition has one duty; the state of its other items determines the work.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from functions.common.model import timestamp

ITEM = "DUTY"
SHARDS = 4
"""Partitions of the index. Each takes 1,000 writes a second; an order, or a payment, makes three."""


def owe(table_name: str, key: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """Item of a transaction that writes the duty of a partition.

    Args:
        key: Name and value of the table's partition key.
        at: Earliest time of the work.
    """
    (value,) = key.values()
    item = {**key, "item": ITEM, "duty_shard": str(crc32(value.encode()) % SHARDS), "duty_at": timestamp(at)}
    return {"Put": {"TableName": table_name, "Item": item}}


def owe_nothing(table_name: str, key: Mapping[str, str]) -> dict[str, Any]:
    """Item of a transaction that deletes the duty of a partition."""
    return {"Delete": {"TableName": table_name, "Key": {**key, "item": ITEM}}}
