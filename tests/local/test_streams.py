"""Batches of streams: nothing is lost, nothing overtakes, and what cannot be done is given up."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.pacing import Pacing
from local.streams import Retries, work


class Handler:
    """Fails each record as often as it is told; takes them one by one."""

    def __init__(self, failures: dict[int, int], *, reports: bool) -> None:
        self.left = dict(failures)
        self.reports = reports
        self.done: list[int] = []
        self.given_up: list[tuple[list[int], str]] = []

    async def handle(self, batch: Sequence[Any]) -> int | None:
        for position, record in enumerate(batch):
            if self.left.get(record["n"], 0) > 0:
                self.left[record["n"]] -= 1
                if self.reports:
                    self.done += [one["n"] for one in batch[:position]]
                    return position
                return 0
        self.done += [record["n"] for record in batch]
        return None

    async def give_up(self, records: Sequence[Any], condition: str) -> None:
        self.given_up.append(([record["n"] for record in records], condition))


def run(size: int, handler: Handler, retries: Retries) -> None:
    asyncio.run(work([{"n": n} for n in range(size)], handler.handle, handler.give_up, retries, Pacing(0)))


@given(
    size=st.integers(1, 12),
    poison=st.sets(st.integers(0, 11)),
    flaky=st.dictionaries(st.integers(0, 11), st.integers(1, 2)),
    reports=st.booleans(),
)
def test_with_bisection_only_poison_is_given_up_and_the_order_holds(
    size: int, poison: set[int], flaky: dict[int, int], reports: bool
):
    handler = Handler({**flaky, **dict.fromkeys(poison, 1000)}, reports=reports)
    run(size, handler, Retries(attempts=5, age_seconds=-1, bisects=True))
    good = [n for n in range(size) if n not in poison]
    assert handler.done == good
    assert handler.given_up == [([n], "RetryAttemptsExhausted") for n in sorted(poison) if n < size]


def test_without_bisection_the_whole_batch_is_given_up():
    handler = Handler({1: 1000}, reports=False)
    run(3, handler, Retries(attempts=2, age_seconds=-1, bisects=False))
    assert handler.given_up == [([0, 1, 2], "RetryAttemptsExhausted")]
    assert handler.left[1] == 997


def test_records_that_are_too_old_are_given_up():
    handler = Handler({0: 1000}, reports=True)
    run(1, handler, Retries(attempts=-1, age_seconds=0, bisects=True))
    assert handler.given_up == [([0], "RecordAgeExceeded")]


def test_retries_without_end_go_on_until_it_works():
    handler = Handler({0: 50}, reports=False)
    run(2, handler, Retries(attempts=-1, age_seconds=-1, bisects=False))
    assert handler.done == [0, 1]


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 0.2), (1, 0.4), (4, 3.2), (9, 30.0), (5_000, 30.0)])
def test_waits_grow_to_their_bound(attempt: int, seconds: float):
    assert Pacing(30).seconds(attempt) == seconds
