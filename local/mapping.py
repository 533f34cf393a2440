"""What all event source mappings of Lambda have in common.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.cloud import Cloud
from local.functions import Failure, Functions
from local.journal import Journal
from local.judge import Judge
from local.pacing import Pacing
from local.state import Resource
from local.streams import Retries
from local.topics import Topics


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a mapping works with."""

    cloud: Cloud
    topics: Topics
    functions: Functions
    judge: Judge
    journal: Journal
    pacing: Pacing


class EventSourceMapping(ABC):
    """One event source mapping of the state."""

    def __init__(self, mapping: Resource, function: Resource, around: Around) -> None:
        self._mapping = mapping
        self._of = mapping.outputs
        self._function = function
        self._around = around
        self._role = function.outputs["role"]
        self._reports = "ReportBatchItemFailures" in (self._of.get("functionResponseTypes") or [])
        self._most = int(self._of.get("batchSize") or 100)
        self.records = 0
        """Records that the function has handled, or that were given up."""

    @property
    def name(self) -> str:
        return self._mapping.name

    @property
    def reader(self) -> str:
        """Logical name of the function."""
        return self._function.name

    @property
    def source(self) -> str:
        """ARN of the queue or stream, or name of the topic."""
        return self._of["eventSourceArn"]

    @abstractmethod
    async def run(self) -> None:
        """Poll without end."""

    async def _invoke(self, event: Any) -> tuple[list[Any] | None, Failure | None]:
        """
        Returns:
            Ids of the records that the function reports as failed; None if all are to be taken as failed.
        """
        answer, failure = await self._around.functions.invoke(self._function.arn, event)
        if failure:
            return None, failure
        return (reported(answer) if self._reports else []), None

    def _retries(self) -> Retries:
        # Outputs have a 0 where nothing is set; set, it means none.
        asked = self._mapping.inputs
        return Retries(
            attempts=int(asked.get("maximumRetryAttempts", -1)),
            age_seconds=int(asked.get("maximumRecordAgeInSeconds") or -1),
            bisects=bool(asked.get("bisectBatchOnFunctionError")),
        )

    def _may(self, action: str, resource: str) -> bool:
        return self._around.judge(self._role, action, resource, {}).allowed

    def _done(self, batch: Sequence[Any], ids: Sequence[Any], answer: tuple[list[Any] | None, Failure | None]) -> int:
        """How many records at the beginning of a batch of a stream are done, by the function's answer."""
        failed, failure = answer
        known = [ids.index(one) for one in failed or () if one in ids]
        done = len(batch) if failed == [] else min(known, default=0)
        self._tell(len(batch), len(batch) - done, failure)
        return done

    def _tell(self, records: int, failed: int, failure: Failure | None) -> None:
        self.records += records - failed
        self._around.journal.event(
            "mapping.failed" if failed else "mapping.done",
            mapping=self.name,
            records=records,
            failed=failed,
            **({"error": failure["errorType"]} if failure else {}),
        )

    def _given_up(self, records: int, condition: str) -> str | None:
        """Record it; returns where such records go."""
        self.records += records
        self._around.journal.event("mapping.dead-letter", mapping=self.name, records=records, condition=condition)
        return ((self._of.get("destinationConfig") or {}).get("onFailure") or {}).get("destinationArn")

    def _letter(self, condition: str, **batch: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"""
        return {
            "requestContext": {"functionArn": self._function.arn, "condition": condition},
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **batch,
        }


def reported(answer: Any) -> list[Any] | None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting"""
    if not answer:
        return []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return [] if isinstance(answer, dict) else None
    ids = [one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures]
    return ids if all(ids) else None
