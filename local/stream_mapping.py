"""Event source mappings from Kinesis streams.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from local.mapping import EventSourceMapping
from local.streams import Record, Shard, shards_of, work


class StreamMapping(EventSourceMapping):
    """Each shard is read in order; a batch that fails is split and tried again until it is done or too old."""

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
        await work(given, self._handle, self._give_up, self._retries(), self._around.pacing)

    async def _handle(self, batch: Sequence[Record]) -> int:
        if not self._may("kinesis:GetRecords", self.source):
            return 0
        return self._done(batch, _numbers(batch), await self._invoke({"Records": list(batch)}))

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        letters = self._given_up(len(records), condition)
        if not letters or not self._may("sqs:SendMessage", letters):
            return
        numbers = _numbers(records)
        letter = self._letter(
            condition,
            KinesisBatchInfo={
                "shardId": records[0]["eventID"].partition(":")[0],
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "batchSize": len(records),
                "streamArn": self.source,
            },
        )
        cloud = self._around.cloud
        await cloud.call("sqs", "SendMessage", QueueUrl=cloud.queue_url(letters), MessageBody=json.dumps(letter))


def _numbers(records: Sequence[Record]) -> list[str]:
    return [record["kinesis"]["sequenceNumber"] for record in records]


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
