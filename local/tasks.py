"""Tasks of the run that go on until it ends."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_PATIENCE_SECONDS: Final = 1


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all have ended: one that is answered at the moment of its cancellation may not hear of it."""
    given = list(tasks)
    while left := [task for task in given if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_PATIENCE_SECONDS)
    await asyncio.gather(*given, return_exceptions=True)
