"""Transactions of moto's DynamoDB that copy only what they write.

moto 5.2 copies each table of a transaction whole, once for each item, and takes a cancelled transaction back by putting
the copies in the tables' place. The time grows with the tables, and readers of a stream keep the table that has gone,
which gets no more records.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table


@dataclass(frozen=True)
class _Before:
    """An item as it was before a transaction; None if there was none."""

    table: Table
    key: tuple[DynamoType, DynamoType | None]
    item: Item | None

    def restore(self) -> None:
        partition, sort = self.key
        place: Any = self.table.items if sort is None else self.table.items[partition]
        name = partition if sort is None else sort
        if self.item is None:
            place.pop(name, None)
        else:
            place[name] = self.item


def copy_only_what_is_written() -> None:
    """Change moto so, in this process."""
    write = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = list(_before(self, transact_items))
        shards = [table.stream_shard for table in self.tables.values() if table.stream_shard]
        lengths = [len(shard.items) for shard in shards]
        try:
            write(self, transact_items)
        except Exception:
            for one in before:
                one.restore()
            for shard, length in zip(shards, lengths, strict=True):
                del shard.items[length:]
            raise

    def shared(self: Table, memo: dict[int, Any]) -> Table:
        del memo
        return self

    DynamoDBBackend.transact_write_items = transact_write_items
    Table.__deepcopy__ = shared  # pyright: ignore[reportAttributeAccessIssue]


def _before(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> Iterator[_Before]:
    """Items that are written; what names no item of a table is refused before it is written."""
    for operation in transact_items:
        for asked in operation.values():
            table = backend.tables.get(asked.get("TableName"))
            key = _key(table, asked.get("Item") or asked.get("Key") or {}) if table else None
            if table and key:
                yield _Before(table, key, copy.deepcopy(table.get_item(*key)))


def _key(table: Table, values: Mapping[str, Any]) -> tuple[DynamoType, DynamoType | None] | None:
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    if not all(isinstance(values.get(name), dict) and values[name] for name in names):
        return None
    partition, *sort = (DynamoType(values[name]) for name in names)
    return partition, sort[0] if sort else None
