"""Answers of the API that are the same for everybody, kept in Valkey.

An answer is fresh for half a minute. Kept for longer, it stands in while the API does not answer: customers can look at
yesterday's shelves, and pages say so. After a call that failed none is made for seconds. Prices that count come from
the cart, which is never cached.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.web.store_api import ApiDownError, NotFoundError, StoreApi

_FRESH_SECONDS = 30
_KEPT_SECONDS = 24 * 3600
# Anybody can make up searches and shelves: those must not fill the cache.
_MADE_UP_SECONDS = 60
_FRAGMENT_SECONDS = 600
# A catalogue that hangs would make every page wait for as long as a call may take.
_PAUSE_SECONDS = 3


class Store(Protocol):
    """Valkey, as `services.common.cache.Cache`: JSON by key; None where it has nothing or fails."""

    def get(self, key: str) -> Any: ...
    def put(self, key: str, value: Any, seconds: int) -> None: ...
    def drop(self, *keys: str) -> None: ...


@dataclass(frozen=True)
class Answer:
    body: Any
    is_old: bool
    """The API does not answer; this is what it said before."""


class Answers:
    def __init__(self, api: StoreApi, store: Store) -> None:
        self._api, self._store = api, store
        self._asking: dict[str, asyncio.Task[Any]] = {}
        self._down_until = float("-inf")

    async def get(self, target: str, query: Mapping[str, str] | None = None) -> Answer:
        """
        Raises:
            ApiError: as `StoreApi.call`; ApiDownError only if there is no old answer.
        """
        key = _key("answer", target, query)
        kept = await asyncio.to_thread(self._store.get, key)
        if not _is_kept(kept):
            kept = None
        if kept and kept["at"] + _FRESH_SECONDS > time.time():
            return Answer(kept["body"], is_old=False)
        try:
            if time.monotonic() < self._down_until:
                raise ApiDownError
            return Answer(await self._ask_once(key, target, query), is_old=False)
        except ApiDownError:
            if kept is None:
                raise
            return Answer(kept["body"], is_old=True)
        except NotFoundError:
            await asyncio.to_thread(self._store.drop, key)
            raise

    async def fragment(self, facts: Any, make: Callable[[], str]) -> str:
        """A part of a page that follows from `facts` (JSON), from the cache or made."""
        key = _key("fragment", "", facts)
        kept = await asyncio.to_thread(self._store.get, key)
        if isinstance(kept, str):
            return kept
        made = make()
        await asyncio.to_thread(self._store.put, key, made, _FRAGMENT_SECONDS)
        return made

    async def _ask_once(self, key: str, target: str, query: Mapping[str, str] | None) -> Any:
        """Requests of the same moment share one call."""
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, target, query))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # A customer who goes away does not cancel what others wait for.
        return await asyncio.shield(task)

    async def _ask(self, key: str, target: str, query: Mapping[str, str] | None) -> Any:
        try:
            body = (await self._api.call("GET", target, query=query)).body
        except ApiDownError:
            self._down_until = time.monotonic() + _PAUSE_SECONDS
            raise
        await asyncio.to_thread(self._store.put, key, {"at": time.time(), "body": body}, _seconds(query, body))
        return body


def _key(kind: str, target: str, facts: Any) -> str:
    text = json.dumps([target, facts], sort_keys=True)
    return f"web:{kind}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _seconds(query: Mapping[str, str] | None, body: Any) -> int:
    is_empty = isinstance(body, dict) and body.get("products") == []
    return _MADE_UP_SECONDS if is_empty or (query and query.keys() & {"q", "cursor", "near"}) else _KEPT_SECONDS


def _is_kept(kept: Any) -> bool:
    return isinstance(kept, dict) and isinstance(kept.get("at"), int | float) and "body" in kept
