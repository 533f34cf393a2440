"""Duties are seen to by one task at a time, again after a failure, and not after what is owed has changed."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.common.aws import dynamodb
from functions.common.duty import owe
from functions.common.model import now
from services.common import transactions
from services.common.chores import Chore
from services.common.duties import Duties
from tests.services.shop import Shop


def put(order_id: str, at: datetime | None = None) -> None:
    dynamodb().put_item(**owe("orders", {"order_id": order_id}, at or now())["Put"])


def duties(see_to: Callable[[str], datetime | None]) -> Duties:
    return Duties("orders", "order_id", see_to)


def test_all_duties_of_the_hour_are_seen_to_and_forgotten_once_done(shop: Shop) -> None:
    seen: list[str] = []
    for number in range(20):
        put(f"o-{number}")
    put("later", now() + timedelta(minutes=1))
    assert duties(seen.append).sweep() == 20
    assert sorted(seen) == sorted(f"o-{number}" for number in range(20))
    assert [item["order_id"] for item in shop.items("orders", "DUTY")] == ["later"]


def test_a_duty_that_a_task_has_taken_is_left_to_it(shop: Shop) -> None:
    put("o-1")
    others: list[int] = []

    def see_to(_order: str) -> None:
        others.append(duties(lambda _: pytest.fail("it is taken")).sweep())

    assert duties(see_to).sweep() == 1
    assert (others, shop.items("orders", "DUTY")) == ([0], [])


def test_what_is_owed_meanwhile_is_not_forgotten_with_what_was_done(shop: Shop) -> None:
    put("o-1")
    seen: list[str] = []

    def see_to(order: str) -> None:
        seen.append(order)
        if len(seen) == 1:
            put(order)

    duties(see_to).sweep()
    assert len(shop.items("orders", "DUTY")) == 1
    duties(see_to).sweep()
    assert (len(seen), shop.items("orders", "DUTY")) == (2, [])


def test_a_failure_is_repeated_later_each_time(shop: Shop, logged: Callable[[], list[dict[str, Any]]]) -> None:
    put("o-1")

    def fail(_order: str) -> None:
        raise LookupError("a customer's data")

    pauses: list[float] = []
    for _ in range(3):
        duties(fail).attend("o-1")
        (item,) = shop.items("orders", "DUTY")
        pauses.append(round((datetime.fromisoformat(item["duty_at"]) - now()).total_seconds()))
    assert pauses == [5, 10, 20]
    assert [line["failures"] for line in logged()] == [1, 2, 3]
    assert "data" not in str(logged())
    duties(lambda _: now() + timedelta(hours=1)).attend("o-1")
    assert shop.items("orders", "DUTY")[0]["failures"] == 0
    duties(fail).attend("none")


def test_a_chore_is_done_again_after_a_failure_and_not_after_its_end() -> None:
    done, runs = threading.Event(), [0]

    def work() -> None:
        runs[0] += 1
        if runs[0] == 1:
            raise LookupError
        done.set()

    chore = Chore("test-chore", 0.001, work)
    chore.start()
    assert done.wait(10)
    chore.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "test-chore"]


@pytest.mark.parametrize(("code", "is_change"), [("TransactionConflict", True), ("ThrottlingError", False)])
def test_a_conflict_is_a_change_by_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str, is_change: bool
) -> None:
    shop["orders"]
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code}, {"Code": "None"}],
    }

    def write(*_items: Any) -> bool:
        raise dynamodb().exceptions.TransactionCanceledException(answer, "TransactWriteItems")

    monkeypatch.setattr(transactions, "write", write)
    if is_change:
        assert transactions.written({}) is False
    else:
        with pytest.raises(ClientError):
            transactions.written({})
