"""Event source mappings from streams of tables.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import asyncio
import json

from local.patterns import matches
from local.shard_mapping import ShardMapping
from local.streams import Record, shards_of


class TableMapping(ShardMapping):
    """What the filters leave out never reaches the function."""

    reads = "dynamodb:GetRecords"
    batch_info = "DDBStreamBatchInfo"

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
            await self._work(fitting)

    def _number(self, record: Record, /) -> str:
        return record["dynamodb"]["SequenceNumber"]

    def _shard_of(self, _: Record, /) -> str:
        """The emulator's only one: its records do not tell."""
        return "shardId-local"
