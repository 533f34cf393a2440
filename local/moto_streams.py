"""Streams of moto's tables outlive a transaction that is cancelled.

moto 5.2 takes a cancelled transaction back by putting a copy of each table, made before, in the table's place. Readers
keep the stream of the one that has gone, which gets no more records.
"""

from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import StreamShard


def keep_streams() -> None:
    """Let copies of a table share its stream, and take back what a cancelled transaction wrote into it."""
    write = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, *given: Any, **named: Any) -> Any:
        shards = {name: table.stream_shard for name, table in self.tables.items() if table.stream_shard}
        lengths = {name: len(shard.items) for name, shard in shards.items()}
        try:
            return write(self, *given, **named)
        except Exception:
            for name, shard in shards.items():
                del shard.items[lengths[name] :]
                shard.table = self.tables[name]
            raise

    def shared(self: StreamShard, memo: dict[int, Any]) -> StreamShard:
        del memo
        return self

    DynamoDBBackend.transact_write_items = transact_write_items
    StreamShard.__deepcopy__ = shared  # pyright: ignore[reportAttributeAccessIssue]
