"""Kafka's topics of a run, in memory: one partition each, kept for the whole run."""

import asyncio
import base64
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any


class Topics:
    """Records by topic. Consumers read from an offset of their own, as their groups do."""

    def __init__(self) -> None:
        self._records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._changed = asyncio.Condition()

    async def put(self, topic: str, values: Sequence[bytes]) -> None:
        async with self._changed:
            records = self._records[topic]
            for value in values:
                records.append(
                    {
                        "topic": topic,
                        "partition": 0,
                        "offset": len(records),
                        "timestamp": int(time.time() * 1000),
                        "timestampType": "CREATE_TIME",
                        "value": base64.b64encode(value).decode(),
                        "headers": [],
                    }
                )
            self._changed.notify_all()

    async def read(self, topic: str, offset: int, most: int) -> list[dict[str, Any]]:
        """At most so many records from an offset on, once there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._records[topic]) > offset)
            return self._records[topic][offset : offset + most]

    def records(self, topic: str) -> list[dict[str, Any]]:
        return list(self._records[topic])
