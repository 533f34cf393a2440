"""Pipes, event source mappings and schedules of services of the state, each polling in a task of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from local.bus import Bus
from local.cloud import Cloud
from local.errors import AwsError
from local.functions import Functions
from local.ingestion import ingestions
from local.journal import Journal
from local.judge import Judge
from local.mapping import Around
from local.mappings import KINDS, kind_of, mappings_of
from local.opensearch.server import SearchServer
from local.pacing import Pacing
from local.pipes import Pipe, pipes_of
from local.schedules import schedules_of
from local.state import Deployed
from local.tasks import end
from local.topics import Topics

_PAUSE_SECONDS: Final = 1.0


class Loops:
    """Runs them until the run ends; one that fails by itself begins anew, as at least once demands."""

    def __init__(
        self,
        deployed: Deployed,
        cloud: Cloud,
        functions: Functions,
        bus: Bus,
        judge: Judge,
        journal: Journal,
        pacing: Pacing,
        search: SearchServer | None = None,
    ) -> None:
        """
        Args:
            search: Where ingestion pipelines end.

        Raises:
            LocalError: a pipeline has something that is not known here.
        """
        self._journal = journal
        self._tasks: list[asyncio.Task[None]] = []
        self.topics = Topics()
        around = Around(
            cloud=cloud, topics=self.topics, functions=functions, judge=judge, journal=journal, pacing=pacing
        )
        here, elsewhere = mappings_of(deployed)
        self.mappings = [
            KINDS[kind_of(mapping)](mapping, function, around)
            for mapping in here
            if (function := functions.find(mapping.outputs["functionArn"]))
        ]
        self.not_emulated = [mapping.name for mapping in elsewhere]
        """Mappings of sources that are not emulated."""
        followers = (
            *schedules_of(deployed, functions, judge, journal),
            *ingestions(deployed, search, cloud, judge, journal, pacing),
        )
        self._loops: dict[str, Callable[[], Awaitable[None]]] = {
            **{one.name: one.run for one in followers},
            **{mapping.name: mapping.run for mapping in self.mappings},
            **{pipe.name: Pipe(pipe, cloud, functions, bus, judge, journal, pacing).run for pipe in pipes_of(deployed)},
        }

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._endless(name, run)) for name, run in self._loops.items()]

    async def close(self) -> None:
        await end(self._tasks)

    async def _endless(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except (AwsError, httpx.HTTPError) as error:
                self._journal.event("loop.failed", name=name, why=f"{type(error).__name__}: {error}")
            await asyncio.sleep(_PAUSE_SECONDS)
