"""Calls of the API: a request that still goes on is waited for."""

import asyncio
from typing import Any

import httpx
import pytest

from services.common.problems import RETRY
from services.web.store_api import ApiDownError, RefusedError, Reply, StoreApi

ORDER = httpx.Response(201, json={"order_id": "o-1"})
GOES_ON = httpx.Response(409, json={"type": "urn:store:problem:in-progress"}, headers=RETRY)


class Orders:
    """Answers calls one after the other, the last answer again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.keys: list[str] = []
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def place(self) -> Reply:
        async def call() -> Reply:
            api = StoreApi("http://api", "key", httpx.MockTransport(self._answer), self.sleep)
            try:
                return await api.call("POST", "/orders", body={}, idempotency_key="k-1")
            finally:
                await api.close()

        return asyncio.run(call())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers["idempotency-key"])
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)


@pytest.mark.parametrize("times", [1, 4])
def test_the_answer_of_an_order_that_was_under_way_is_that_of_the_call(times: int) -> None:
    orders = Orders(*[GOES_ON] * times, ORDER)
    assert orders.place().body == {"order_id": "o-1"}
    assert (orders.pauses, orders.keys) == ([2] * times, ["k-1"] * (times + 1))


def test_the_pause_is_the_one_that_the_api_asks_for() -> None:
    orders = Orders(GOES_ON, ORDER)
    orders.place()
    assert orders.pauses == [int(RETRY["Retry-After"])]


def test_what_never_ends_is_told_after_four_pauses() -> None:
    orders = Orders(GOES_ON)
    with pytest.raises(RefusedError) as refused:
        orders.place()
    assert (refused.value.status, refused.value.problem["type"]) == (409, "urn:store:problem:in-progress")
    assert orders.pauses == [2] * 4


def test_the_repetition_of_a_call_that_was_too_slow_finds_it_under_way() -> None:
    orders = Orders(httpx.ReadTimeout("slow"), GOES_ON, ORDER)
    assert orders.place().body == {"order_id": "o-1"}
    assert orders.pauses == [0.1, 2]


def test_an_api_that_fails_meanwhile_leaves_it_uncertain() -> None:
    with pytest.raises(ApiDownError) as down:
        Orders(GOES_ON, httpx.Response(503)).place()
    assert down.value.uncertain


@pytest.mark.parametrize(
    ("problem", "headers"),
    [
        ({"type": "urn:store:problem:in-progress"}, {}),
        ({"type": "urn:store:problem:cart-changed"}, RETRY),
        ([], RETRY),
    ],
    ids=["another payment", "another conflict", "no problem document"],
)
def test_other_conflicts_are_told_at_once(problem: Any, headers: dict[str, str]) -> None:
    orders = Orders(httpx.Response(409, json=problem, headers=headers))
    with pytest.raises(RefusedError):
        orders.place()
    assert (orders.pauses, len(orders.keys)) == ([], 1)
