"""Reading streams in order: batches that are split and tried again, until they are done or given up.

Pipes and event source mappings read DynamoDB's and Kinesis' streams alike:
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.cloud import Cloud
from local.pacing import Pacing

_WAIT_SECONDS: Final = 10.0
_LARGEST_READ: Final = 1_000

Record = Mapping[str, Any]
Handle = Callable[[Sequence[Record]], Awaitable[int | None]]
"""Handles a batch; returns how many records at its beginning are done, or None if all are."""
GiveUp = Callable[[Sequence[Record], str], Awaitable[None]]
"""Takes records that are given up, and the condition: `RetryAttemptsExhausted` or `RecordAgeExceeded`."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """
    Attributes:
        attempts: Retries of a batch; -1 for ever.
        age_seconds: Age at which a record is given up; -1 never.
        bisects: Whether a batch that fails is split; splitting does not count as a retry.
    """

    attempts: int
    age_seconds: int
    bisects: bool


async def work(batch: Sequence[Record], handle: Handle, give_up: GiveUp, retries: Retries, pacing: Pacing) -> None:
    """Handle a batch, in order, to its end."""
    since = time.monotonic()
    parts = [list(batch)]
    attempt = 0
    while parts:
        part = parts[0]
        done = await handle(part)
        if done is None or done >= len(part):
            parts.pop(0)
            attempt = 0
            continue
        if done:
            part = part[done:]
            parts[0] = part
            attempt = 0
        if retries.bisects and len(part) > 1:
            middle = (len(part) + 1) // 2
            parts[:1] = [part[:middle], part[middle:]]
            continue
        condition = _given_up(attempt, since, retries)
        if condition:
            await give_up(part, condition)
            parts.pop(0)
            attempt = 0
            continue
        await asyncio.sleep(pacing.seconds(attempt))
        attempt += 1


def _given_up(attempt: int, since: float, retries: Retries) -> str:
    if 0 <= retries.attempts <= attempt:
        return "RetryAttemptsExhausted"
    if 0 <= retries.age_seconds <= time.monotonic() - since:
        return "RecordAgeExceeded"
    return ""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A shard of a stream in the emulator.

    Attributes:
        service: `dynamodbstreams` or `kinesis`.
        name: As the service takes it: `StreamArn` or `StreamName`.
    """

    service: str
    name: Mapping[str, str]
    id: str

    async def read(self, cloud: Cloud, start: str, most: int, take: Callable[[list[Record]], Awaitable[None]]) -> None:
        """Give all records to `take`, in order, without end.

        Args:
            start: `TRIM_HORIZON` or `LATEST`.
            most: Records that are taken at once.
        """
        answer = await cloud.call(
            self.service, "GetShardIterator", **self.name, ShardId=self.id, ShardIteratorType=start
        )
        iterator = answer["ShardIterator"]
        while True:
            answer = await cloud.records(self.service, iterator, min(most, _LARGEST_READ), _WAIT_SECONDS)
            iterator = answer["NextShardIterator"]
            if answer["Records"]:
                await take(answer["Records"])


async def shards_of(cloud: Cloud, service: str, name: Mapping[str, str]) -> list[Shard]:
    answer = await cloud.call(service, "DescribeStream", **name)
    found = answer["StreamDescription"]["Shards"]
    return [Shard(service=service, name=name, id=shard["ShardId"]) for shard in found]
