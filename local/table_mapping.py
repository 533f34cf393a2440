"""Event source mappings from streams of tables.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from local.mapping import EventSourceMapping
from local.patterns import matches
from local.streams import Record, shards_of, work


class TableMapping(EventSourceMapping):
    """Each shard is read in order; what the filters leave out never reaches the function."""

    async def run(self) -> None:
        cloud = self._around.cloud
        filters = (self._of.get("filterCriteria") or {}).get("filters") or []
        self._patterns = [json.loads(one["pattern"]) for one in filters]
        stream = {"StreamArn": await cloud.stream_arn(self.source.partition(":table/")[2].partition("/")[0])}
        start = self._of.get("startingPosition") or "LATEST"
        shards = await shards_of(cloud, "dynamodbstreams", stream)
        await asyncio.gather(*(shard.read(cloud, start, self._most, self._take) for shard in shards))

    async def _take(self, records: list[Record]) -> None:
        region = self.source.split(":")[3]
        facts = {"eventSource": "aws:dynamodb", "awsRegion": region, "eventSourceARN": self.source}
        given = [{**record, **facts} for record in records]
        fitting = [one for one in given if not self._patterns or any(matches(each, one) for each in self._patterns)]
        if fitting:
            await work(fitting, self._handle, self._give_up, self._retries(), self._around.pacing)

    async def _handle(self, batch: Sequence[Record]) -> int:
        if not self._may("dynamodb:GetRecords", self.source):
            return 0
        return self._done(batch, _numbers(batch), await self._invoke({"Records": list(batch)}))

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        letters = self._given_up(len(records), condition)
        if not letters or not self._may("sqs:SendMessage", letters):
            return
        numbers = _numbers(records)
        letter = self._letter(
            condition,
            DDBStreamBatchInfo={
                "shardId": "shardId-local",
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "batchSize": len(records),
                "streamArn": self.source,
            },
        )
        cloud = self._around.cloud
        await cloud.call("sqs", "SendMessage", QueueUrl=cloud.queue_url(letters), MessageBody=json.dumps(letter))


def _numbers(records: Sequence[Record]) -> list[Any]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]
