"""Feature flags and front-end configuration, from table `flags`: items `{flag, enabled, text?}`.

`banner`  shows `text` at the top of every page
`checkout-closed`  nobody can check out; `text` says why
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from functions.common.aws import dynamodb, table
from functions.common.log import cause, logger

_FRESH_SECONDS = 30
_TEXT_LENGTH = 300


@dataclass(frozen=True)
class Flag:
    text: str


class Flags:
    """Flags that are on. A table that does not answer leaves those that are known."""

    def __init__(self) -> None:
        self._on: Mapping[str, Flag] = {}
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def on(self) -> Mapping[str, Flag]:
        async with self._lock:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._read_at = time.monotonic()
                try:
                    self._on = await asyncio.to_thread(_read)
                except (BotoCoreError, ClientError) as error:
                    logger.error("flags not read", extra={"cause": cause(error)})
            return self._on


def _read() -> Mapping[str, Flag]:
    pages = dynamodb().get_paginator("scan").paginate(TableName=table("flags"))
    return {
        item["flag"]: Flag(text=str(item.get("text", ""))[:_TEXT_LENGTH])
        for page in pages
        for item in page["Items"]
        if item.get("enabled") is True
    }
