"""Endless tasks end, whatever they wait for when they are told to."""

import asyncio

from local.tasks import end


def test_a_task_that_does_not_hear_of_its_cancellation_is_told_again() -> None:
    async def program() -> int:
        heard = 0

        async def endless() -> None:
            nonlocal heard
            while True:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    heard += 1
                    if heard == 2:
                        raise

        task = asyncio.create_task(endless())
        await asyncio.sleep(0)
        await asyncio.wait_for(end([task]), 60)
        assert task.cancelled()
        return heard

    assert asyncio.run(program()) == 2


def test_a_task_that_failed_before_is_no_failure_of_the_end() -> None:
    async def program() -> None:
        async def fails() -> None:
            raise ValueError

        task = asyncio.create_task(fails())
        await asyncio.sleep(0)
        await end([task])

    asyncio.run(program())
