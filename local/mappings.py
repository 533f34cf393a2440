"""Lambda's event source mappings: queues and Kinesis streams to functions.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from local.cloud import Cloud
from local.functions import Failure, Functions
from local.journal import Journal
from local.judge import Judge
from local.pacing import Pacing
from local.state import Deployed, Resource
from local.streams import Record, Retries, Shard, shards_of, work

MAPPING: Final = "aws:lambda/eventSourceMapping:EventSourceMapping"
_POLL_SECONDS: Final = 5
_DENIED_SECONDS: Final = 5.0
_EMULATED: Final = ("sqs", "kinesis")


class EventSourceMapping:
    """One event source mapping of the state."""

    def __init__(
        self,
        mapping: Resource,
        function: Resource,
        cloud: Cloud,
        functions: Functions,
        judge: Judge,
        journal: Journal,
        pacing: Pacing,
    ) -> None:
        self._mapping = mapping
        self._of = mapping.outputs
        self._function = function
        self._role = function.outputs["role"]
        self.source: str = self._of["eventSourceArn"]
        self.records = 0
        """Records that the function has handled, or that were given up."""
        self._cloud = cloud
        self._functions = functions
        self._judge = judge
        self._journal = journal
        self._pacing = pacing
        self._reports = "ReportBatchItemFailures" in (self._of.get("functionResponseTypes") or [])

    @property
    def name(self) -> str:
        return self._mapping.name

    @property
    def reader(self) -> str:
        """Logical name of the function."""
        return self._function.name

    async def run(self) -> None:
        """Poll without end."""
        await (self._poll_queue() if self.source.split(":")[2] == "sqs" else self._poll_stream())

    async def _invoke(self, records: Sequence[Record]) -> tuple[list[str] | None, Failure | None]:
        """
        Returns:
            Ids of the records that the function reports as failed; None if all are to be taken as failed.
        """
        answer, failure = await self._functions.invoke(self._function.arn, {"Records": list(records)})
        if failure:
            return None, failure
        return (_reported(answer) if self._reports else []), None

    # Queues: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

    async def _poll_queue(self) -> None:
        url = self._cloud.queue_url(self.source)
        # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html (10 a receive)
        most = min(int(self._of.get("batchSize") or 10), 10)
        while True:
            if not self._may("sqs:ReceiveMessage"):
                await asyncio.sleep(_DENIED_SECONDS)
                continue
            answer = await self._cloud.call(
                "sqs",
                "ReceiveMessage",
                QueueUrl=url,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=_POLL_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            if answer.get("Messages"):
                await self._messages(url, answer["Messages"])

    async def _messages(self, url: str, messages: list[dict[str, Any]]) -> None:
        failed, failure = await self._invoke([_message(message, self.source) for message in messages])
        done = [message for message in messages if failed is not None and message["MessageId"] not in failed]
        self._tell(len(messages), len(messages) - len(done), failure)
        if done and self._may("sqs:DeleteMessage"):
            for message in done:
                await self._cloud.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    # Streams: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html

    async def _poll_stream(self) -> None:
        name = {"StreamName": self.source.partition("/")[2]}
        start = self._of.get("startingPosition") or "LATEST"
        most = int(self._of.get("batchSize") or 100)
        shards = await shards_of(self._cloud, "kinesis", name)
        readers = (
            shard.read(self._cloud, start, most, lambda records, shard=shard: self._records(shard, records))
            for shard in shards
        )
        await asyncio.gather(*readers)

    async def _records(self, shard: Shard, records: list[Record]) -> None:
        retries = Retries(
            attempts=int(self._of.get("maximumRetryAttempts", -1)),
            age_seconds=int(self._of.get("maximumRecordAgeInSeconds") or -1),
            bisects=bool(self._of.get("bisectBatchOnFunctionError")),
        )
        given = [_kinesis_record(record, shard.id, self.source, self._role) for record in records]
        await work(given, self._stream_batch, self._give_up, retries, self._pacing)

    async def _stream_batch(self, batch: Sequence[Record]) -> int | None:
        if not self._may("kinesis:GetRecords"):
            return 0
        failed, failure = await self._invoke(batch)
        numbers = [record["kinesis"]["sequenceNumber"] for record in batch]
        if failed == []:
            self._tell(len(batch), 0, failure)
            return None
        known = [numbers.index(number) for number in failed or () if number in numbers]
        done = min(known) if known else 0
        self._tell(len(batch), len(batch) - done, failure)
        return done

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"""
        self.records += len(records)
        self._journal.event(
            "mapping.dead-letter", mapping=self._mapping.name, records=len(records), condition=condition
        )
        letters = ((self._of.get("destinationConfig") or {}).get("onFailure") or {}).get("destinationArn")
        if not letters or not self._judge(self._role, "sqs:SendMessage", letters, {}).allowed:
            return
        numbers = [record["kinesis"]["sequenceNumber"] for record in records]
        letter = {
            "requestContext": {"functionArn": self._function.arn, "condition": condition},
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "KinesisBatchInfo": {
                "shardId": records[0]["eventID"].partition(":")[0],
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "batchSize": len(records),
                "streamArn": self.source,
            },
        }
        url = self._cloud.queue_url(letters)
        await self._cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody=json.dumps(letter))

    def _may(self, action: str) -> bool:
        return self._judge(self._role, action, self.source, {}).allowed

    def _tell(self, records: int, failed: int, failure: Failure | None) -> None:
        self.records += records - failed
        self._journal.event(
            "mapping.done" if not failed else "mapping.failed",
            mapping=self._mapping.name,
            records=records,
            failed=failed,
            **({"error": failure["errorType"]} if failure else {}),
        )


def _reported(answer: Any) -> list[str] | None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting"""
    if not answer:
        return []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return [] if isinstance(answer, dict) else None
    ids = [one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures]
    return [str(one) for one in ids] if all(ids) else None


def _message(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    attributes = {
        name: {
            "stringValue": value.get("StringValue"),
            "binaryValue": value.get("BinaryValue"),
            "dataType": value["DataType"],
        }
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def _kinesis_record(record: Record, shard_id: str, stream_arn: str, role: str) -> dict[str, Any]:
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


def mappings_of(deployed: Deployed) -> tuple[list[Resource], list[Resource]]:
    """The mappings that run here, and those whose source is not emulated."""
    enabled = [mapping for mapping in deployed.of_type(MAPPING) if mapping.outputs.get("enabled", True)]
    here = [
        mapping for mapping in enabled if (mapping.outputs.get("eventSourceArn") or "::").split(":")[2] in _EMULATED
    ]
    return here, [mapping for mapping in enabled if mapping not in here]
