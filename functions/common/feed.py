"""Feeds: batches of records of a Kafka topic or a Kinesis stream, each a JSON document that describes one change.

An invalid record goes to the feed's dead-letter queue and does not block the records behind it; so does one that
DynamoDB refuses for what it holds. When a call to AWS fails otherwise, Kinesis delivers again from that record on,
Kafka the whole batch, until the record is too old. So writing must be idempotent, and an invalid record may reach the
dead-letter queue twice, with the same origin. A dead letter is a JSON object:
    feed    name
    origin  source (topic or stream), partition, position (offset or sequence number)
    reason  what is wrong
    data    the record in base64, cut to the size of a message; `cut` is true if the end is missing
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AfterValidator, ValidationError

from functions.common.aws import setting, sqs
from functions.common.log import cause, logger
from functions.common.model import Model, Moment, now
from functions.common.names import dead_letter_variable
from functions.common.outbox import InvalidPayloadError, TryAgainError

# Clocks may differ a little; a change dated tomorrow would make every later one look outdated.
_AHEAD = timedelta(minutes=5)
# Characters of base64 that a dead letter keeps, within the 256 KiB of an SQS message; the rest is at its origin.
_KEPT_LETTERS = 200_000
_AWS_FAILS = (BotoCoreError, ClientError, TryAgainError)


@dataclass(frozen=True)
class Origin:
    """Position of a record in its topic or stream."""

    source: str
    """Topic, or stream."""
    partition: str
    """Partition, or shard."""
    position: str
    """Offset, or sequence number."""


def _past(moment: Moment) -> Moment:
    if moment > now() + _AHEAD:
        raise ValueError("is in the future")
    return moment


ChangedAt = Annotated[Moment, AfterValidator(_past)]
Change = TypeVar("Change", bound=Model)


def consume(event: dict[str, Any], feed: str, model: type[Change], write: Callable[[Change], bool]) -> dict[str, Any]:
    """
    Args:
        feed: Name of the feed.
        model: Schema of a record.
        write: Writes a change; returns False if the table already has it or a later one.

    Returns:
        Answer to the event source mapping: the first record that Kinesis must deliver again, if any.

    Raises:
        ClientError, BotoCoreError, TryAgainError: Kafka must deliver the batch again.
    """
    kinesis = "Records" in event
    counts = {"written": 0, "known": 0, "refused": 0}
    for origin, data in _kinesis(event) if kinesis else _kafka(event):
        try:
            counts[_handle(feed, origin, data, model, write)] += 1
        except _AWS_FAILS as error:
            logger.error("feed waits", extra={"feed": feed, "cause": cause(error), **asdict(origin), **counts})
            if not kinesis:
                raise
            # Kinesis delivers again from this record on, the later ones included.
            return {"batchItemFailures": [{"itemIdentifier": origin.position}]}
    logger.info("feed read", extra={"feed": feed, **counts})
    return {"batchItemFailures": []}


def _handle(feed: str, origin: Origin, data: str | None, model: type[Change], write: Callable[[Change], bool]) -> str:
    try:
        change = model.model_validate_json(base64.b64decode(data or ""))
        return "written" if write(change) else "known"
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)[:10]
        reason = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'record'}: {problem['msg']}" for problem in problems
        )
    except InvalidPayloadError as error:
        reason = str(error)
    logger.warning("record refused", extra={"feed": feed, "reason": reason, **asdict(origin)})
    _dead_letter(feed, origin, data or "", reason)
    return "refused"


def _dead_letter(feed: str, origin: Origin, data: str, reason: str) -> None:
    letter = {
        "feed": feed,
        "origin": asdict(origin),
        "reason": reason,
        "data": data[:_KEPT_LETTERS],
        "cut": len(data) > _KEPT_LETTERS,
    }
    url = setting(dead_letter_variable(feed))
    sqs().send_message(QueueUrl=url, MessageBody=json.dumps(letter))


def _kinesis(event: dict[str, Any]) -> Iterator[tuple[Origin, str | None]]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""
    for record in event["Records"]:
        stream = record["eventSourceARN"].partition(":stream/")[2]
        shard, _, position = record["eventID"].partition(":")
        yield Origin(stream, shard, position), record["kinesis"]["data"]


def _kafka(event: dict[str, Any]) -> Iterator[tuple[Origin, str | None]]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html

    A record without a value is a tombstone; no feed uses them, so it becomes a dead letter.
    """
    for records in event["records"].values():
        for record in records:
            yield Origin(record["topic"], str(record["partition"]), str(record["offset"])), record.get("value")
