"""Records that a fresh run puts on the feeds, so that functions write the tables as in AWS.

`services/seed/<feed>.json` holds the records of a feed, a list.
"""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any, Final

from local.cloud import Cloud
from local.errors import LocalError
from local.mapping import EventSourceMapping
from local.state import Deployed
from local.topics import Topics
from offline.project import PROJECT

SEED: Final = PROJECT / "services" / "seed"
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
_LARGEST_PUT: Final = 500
_LOOK_SECONDS: Final = 0.1
_WAIT_SECONDS: Final = 20.0


class Feeds:
    """Streams or topics of the stack's feeds, by the feed's name."""

    def __init__(self, deployed: Deployed, cloud: Cloud, topics: Topics) -> None:
        self._cloud = cloud
        self._topics = topics
        self._streams = {stream.outputs["name"]: stream.arn for stream in deployed.of_type("aws:kinesis/stream:Stream")}
        self._names = {
            output.removeprefix("feeds_").removesuffix("_name").replace("_", "-"): name
            for output, name in deployed.outputs.items()
            if output.startswith("feeds_") and output.endswith("_name") and isinstance(name, str)
        }

    def __contains__(self, feed: str) -> bool:
        return feed in self._names

    def source(self, feed: str) -> str:
        """ARN of the feed's stream, or name of its topic, as mappings have it."""
        name = self._names[feed]
        return self._streams.get(name, name)

    async def put(self, feed: str, records: list[Any]) -> None:
        """Put records, JSON values or texts, on a feed in their order.

        Raises:
            LookupError: the stack has no such feed.
        """
        if feed not in self._names:
            raise LookupError(f"feed must be one of {', '.join(sorted(self._names)) or 'none here'}, not {feed}")
        name = self._names[feed]
        values = [_value(record) for record in records]
        if name not in self._streams:
            await self._topics.put(name, values)
            return
        # One shard key keeps the order of all records of a feed.
        given = [{"Data": base64.b64encode(value).decode(), "PartitionKey": feed} for value in values]
        for start in range(0, len(given), _LARGEST_PUT):
            part = given[start : start + _LARGEST_PUT]
            await self._cloud.call("kinesis", "PutRecords", StreamName=name, Records=part)


def _value(record: Any) -> bytes:
    return (record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)).encode()


async def seed(feeds: Feeds, mappings: list[EventSourceMapping], folder: Path = SEED) -> dict[str, int]:
    """Put the seed records of each feed, and wait until functions have read them.

    Returns:
        Number of records by feed.

    Raises:
        LocalError: a file cannot be used.
    """
    found = {path.stem: _records(path) for path in sorted(folder.glob("*.json")) if path.stem in feeds}
    await asyncio.gather(*(_read(feeds, mappings, feed, records) for feed, records in found.items()))
    return {feed: len(records) for feed, records in found.items()}


async def _read(feeds: Feeds, mappings: list[EventSourceMapping], feed: str, records: list[Any]) -> None:
    await feeds.put(feed, records)
    readers = [mapping for mapping in mappings if mapping.source == feeds.source(feed)]
    for _ in range(int(_WAIT_SECONDS / _LOOK_SECONDS)):
        if all(reader.records >= len(records) for reader in readers):
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _records(path: Path) -> list[Any]:
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise LocalError(f"{path} must be a JSON list of records of the feed {path.stem}: {problem}") from None
    if not isinstance(records, list):
        raise LocalError(f"{path} must be a JSON list of records of the feed {path.stem}, not {type(records).__name__}")
    return records
