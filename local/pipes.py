"""EventBridge Pipes from streams of tables, over a function, to a bus.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from local.bus import Bus
from local.cloud import TABLE, Cloud
from local.functions import Functions
from local.journal import Journal
from local.judge import Judge
from local.pacing import Pacing
from local.patterns import matches
from local.state import Deployed, Resource
from local.streams import Record, Retries, shards_of, work
from local.templates import at, input_of_pipe

PIPE: Final = "aws:pipes/pipe:Pipe"
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html (PutEvents)
_LARGEST_PUT: Final = 10


class PipeError(Exception):
    """A step of a pipe failed."""


class Pipe:
    """One pipe of the state."""

    def __init__(
        self,
        pipe: Resource,
        cloud: Cloud,
        functions: Functions,
        bus: Bus,
        judge: Judge,
        journal: Journal,
        pacing: Pacing,
    ) -> None:
        self._pipe = pipe
        self._cloud = cloud
        self._functions = functions
        self._bus = bus
        self._judge = judge
        self._journal = journal
        self._pacing = pacing
        of = pipe.outputs
        source = of.get("sourceParameters") or {}
        self._stream: Mapping[str, Any] = source.get("dynamodbStreamParameters") or {}
        filters = (source.get("filterCriteria") or {}).get("filters") or []
        self._patterns = [json.loads(one["pattern"]) for one in filters]
        self._target: Mapping[str, Any] = of.get("targetParameters") or {}
        self._role = of["roleArn"]

    async def run(self) -> None:
        """Read the stream from its beginning, without end."""
        table = self._pipe.outputs["source"].partition(":table/")[2].partition("/")[0]
        arn = await self._cloud.stream_arn(table)
        shards = await shards_of(self._cloud, "dynamodbstreams", {"StreamArn": arn})
        most = int(self._stream.get("batchSize") or 100)
        start = self._stream.get("startingPosition") or "LATEST"
        await asyncio.gather(*(shard.read(self._cloud, start, most, self._take) for shard in shards))

    async def _take(self, records: list[Record]) -> None:
        source = self._pipe.outputs["source"]
        given = [{**record, "eventSourceARN": source} for record in records]
        fitting = [one for one in given if not self._patterns or any(matches(each, one) for each in self._patterns)]
        if not fitting:
            return
        retries = Retries(
            attempts=int(self._stream.get("maximumRetryAttempts", -1)),
            age_seconds=int(self._stream.get("maximumRecordAgeInSeconds") or -1),
            bisects=self._stream.get("onPartialBatchItemFailure") == "AUTOMATIC_BISECT",
        )
        await work(fitting, self._handle, self._give_up, retries, self._pacing)

    async def _handle(self, batch: Sequence[Record]) -> int | None:
        try:
            self._require("dynamodb:GetRecords", self._pipe.outputs["source"])
            items = await self._enriched(list(batch))
            for start in range(0, len(items), _LARGEST_PUT):
                await self._put(items[start : start + _LARGEST_PUT])
        except PipeError as error:
            self._journal.event("pipe.failed", pipe=self._pipe.name, records=len(batch), why=str(error))
            return 0
        self._journal.event("pipe.done", pipe=self._pipe.name, records=len(batch), events=len(items))
        return None

    async def _enriched(self, batch: list[Any]) -> list[Any]:
        enrichment = self._pipe.outputs.get("enrichment")
        if not enrichment:
            return batch
        self._require("lambda:InvokeFunction", enrichment)
        answer, failure = await self._functions.invoke(enrichment, batch)
        if failure:
            raise PipeError(f"the enrichment failed: {failure['errorType']}")
        return answer if isinstance(answer, list) else [answer]

    async def _put(self, items: list[Any]) -> None:
        target = self._pipe.outputs["target"]
        to_bus = self._target.get("eventbridgeEventBusParameters")
        if to_bus is None or ":event-bus/" not in target:
            raise PipeError(f"only buses are emulated as targets of pipes, not {target}")
        entries = [
            {
                "Source": _told(to_bus.get("source"), item),
                "DetailType": _told(to_bus.get("detailType"), item),
                "Detail": input_of_pipe(self._target.get("inputTemplate"), item),
                "EventBusName": target,
            }
            for item in items
        ]
        for entry in entries:
            context = {"events:source": str(entry["Source"]), "events:detail-type": str(entry["DetailType"])}
            self._require("events:PutEvents", target, context)
        refused = [answer for answer in await self._bus.put(entries) if "ErrorCode" in answer]
        if refused:
            raise PipeError(f"the bus refused {len(refused)} events: {refused[0]['ErrorCode']}")

    def _require(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> None:
        verdict = self._judge(self._role, action, resource, context or {})
        if not verdict.allowed:
            raise PipeError(f"{action} is denied: {verdict.why}")

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html#eb-pipes-dynamodb-error-handling"""
        letters = (self._stream.get("deadLetterConfig") or {}).get("arn")
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        self._journal.event("pipe.dead-letter", pipe=self._pipe.name, records=len(records), condition=condition)
        if not letters or not self._judge(self._role, "sqs:SendMessage", letters, {}).allowed:
            return
        letter = {
            "context": {"partnerResourceArn": self._pipe.arn, "condition": condition},
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "DDBStreamBatchInfo": {
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "batchSize": len(records),
                "streamArn": self._pipe.outputs["source"],
            },
        }
        url = self._cloud.queue_url(letters)
        await self._cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody=json.dumps(letter))


def _told(parameter: Any, item: Any) -> Any:
    """A parameter of a target: constant, or a path in the item."""
    return at(item, parameter) if str(parameter or "").startswith("$") else parameter


def pipes_of(deployed: Deployed) -> list[Resource]:
    """Pipes that run, and whose source is a stream of a table of this state."""
    tables = {table.outputs["name"] for table in deployed.of_type(TABLE)}
    return [
        pipe
        for pipe in deployed.of_type(PIPE)
        if pipe.outputs.get("desiredState", "RUNNING") == "RUNNING"
        and pipe.outputs["source"].partition(":table/")[2].partition("/")[0] in tables
    ]
