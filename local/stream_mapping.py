"""Event source mappings from Kinesis streams.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
"""

import asyncio
from typing import Any

from local.shard_mapping import ShardMapping
from local.streams import Record, Shard, shards_of


class StreamMapping(ShardMapping):
    """A record is handed on as Kinesis events tell it."""

    reads = "kinesis:GetRecords"
    batch_info = "KinesisBatchInfo"

    async def run(self) -> None:
        name = {"StreamName": self.source.partition("/")[2]}
        start = self._of.get("startingPosition") or "LATEST"
        cloud = self._around.cloud
        readers = (
            shard.read(cloud, start, self._most, lambda records, shard=shard: self._take(shard, records))
            for shard in await shards_of(cloud, "kinesis", name)
        )
        await asyncio.gather(*readers)

    async def _take(self, shard: Shard, records: list[Record]) -> None:
        given = [_record(record, shard.id, self.source, self._role) for record in records]
        await self._work(given)

    def _number(self, record: Record, /) -> str:
        return record["kinesis"]["sequenceNumber"]

    def _shard_of(self, record: Record, /) -> str:
        return record["eventID"].partition(":")[0]


def _record(record: Record, shard_id: str, stream_arn: str, role: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": record["Data"],
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": stream_arn.split(":")[3],
        "eventSourceARN": stream_arn,
    }
