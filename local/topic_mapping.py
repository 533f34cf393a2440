"""Event source mappings from topics of an MSK cluster.

https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
"""

import base64
import json
from collections.abc import Sequence
from typing import Any, Final

from local.mapping import EventSourceMapping
from local.streams import Record, work

_TOPIC: Final = "kafka://"


class TopicMapping(EventSourceMapping):
    """One partition, read in order from its beginning; without a destination Lambda repeats until it succeeds."""

    @property
    def source(self) -> str:
        return self._of["topics"][0]

    async def run(self) -> None:
        offset = 0
        while True:
            records = await self._around.topics.read(self.source, offset, self._most)
            await work(records, self._handle, self._give_up, self._retries(), self._around.pacing)
            offset += len(records)

    async def _handle(self, batch: Sequence[Record]) -> int:
        if not self._may("kafka-cluster:ReadData", self._arn(self.source)):
            return 0
        partition = f"{self.source}-{batch[0]['partition']}"
        event = {
            "eventSource": "aws:kafka",
            "eventSourceArn": self._of["eventSourceArn"],
            "records": {partition: list(batch)},
        }
        ids = [{"partition": partition, "offset": record["offset"]} for record in batch]
        return self._done(batch, ids, await self._invoke(event))

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html"""
        place = self._given_up(len(records), condition)
        if not place:
            return
        if place.startswith(_TOPIC):
            topic = place.removeprefix(_TOPIC)
            if self._may("kafka-cluster:WriteData", self._arn(topic)):
                await self._around.topics.put(topic, [base64.b64decode(record["value"]) for record in records])
        elif self._may("sqs:SendMessage", place):
            batch: dict[str, Any] = {
                "topic": self.source,
                "partition": records[0]["partition"],
                "startOffset": records[0]["offset"],
                "endOffset": records[-1]["offset"],
                "batchSize": len(records),
            }
            letter = self._letter(condition, KafkaBatchInfo=batch)
            cloud = self._around.cloud
            await cloud.call("sqs", "SendMessage", QueueUrl=cloud.queue_url(place), MessageBody=json.dumps(letter))

    def _arn(self, topic: str) -> str:
        """https://docs.aws.amazon.com/service-authorization/latest/reference/list_apachekafkaapisforamazonmskclusters.html"""
        return f"{self._of['eventSourceArn'].replace(':cluster/', ':topic/')}/{topic}"
