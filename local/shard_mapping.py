"""Mappings from streams: records of a shard are handled in order, and given up with a letter that names them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from local.mapping import EventSourceMapping
from local.streams import Record, work


class ShardMapping(EventSourceMapping):
    """A batch that fails is split and tried again until it is done or too old."""

    reads: ClassVar[str]
    """Action of IAM that gets records."""

    batch_info: ClassVar[str]
    """Name of what a letter tells of the batch."""

    @abstractmethod
    def _number(self, record: Record, /) -> str:
        """Sequence number of a record."""

    @abstractmethod
    def _shard_of(self, record: Record, /) -> str:
        """Id of the shard that a record is from."""

    async def _work(self, given: Sequence[Record]) -> None:
        await work(given, self._handle, self._give_up, self._retries(), self._around.pacing)

    async def _handle(self, batch: Sequence[Record]) -> int:
        if not self._may(self.reads, self.source):
            return 0
        numbers = [self._number(record) for record in batch]
        return self._done(batch, numbers, await self._invoke({"Records": list(batch)}))

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        letters = self._given_up(len(records), condition)
        if not letters or not self._may("sqs:SendMessage", letters):
            return
        told = {
            "shardId": self._shard_of(records[0]),
            "startSequenceNumber": self._number(records[0]),
            "endSequenceNumber": self._number(records[-1]),
            "batchSize": len(records),
            "streamArn": self.source,
        }
        letter = self._letter(condition, **{self.batch_info: told})
        cloud = self._around.cloud
        await cloud.call("sqs", "SendMessage", QueueUrl=cloud.queue_url(letters), MessageBody=json.dumps(letter))
