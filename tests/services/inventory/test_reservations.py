"""Stock is reserved, renewed, sold, given back; in any order, more than once, by many at a time."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.common import stock as stocks
from services.inventory import reservations
from tests.services.shop import Shop
from tests.services.tokens import bearer

AT = "2026-01-31T08:00:00.000000Z"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.inventory.reservations.time.sleep", lambda _seconds: None)


def count(shop: Shop, sku: str = "s-1", at: str = AT, **places: int) -> None:
    shop["inventory"]
    for place, available in places.items():
        assert stocks.count(sku, place, available, at)


def reserve(shop: Shop, order: str, **lines: int) -> Any:
    body = {"order_id": order, "lines": [{"sku": sku.replace("_", "-"), "quantity": n} for sku, n in lines.items()]}
    return shop["inventory"].post("/internal/reservations", json=body)


def available(shop: Shop, sku: str = "s-1") -> int:
    return shop["inventory"].get("/internal/stock", params={"sku": sku}).json()["stock"][sku]


def release(shop: Shop, order: str) -> int:
    return shop["inventory"].delete(f"/internal/reservations/{order}").status_code


def placed(shop: Shop, order: str, **lines: int) -> None:
    detail = {"order_id": order, "lines": [{"sku": sku.replace("_", "-"), "quantity": n} for sku, n in lines.items()]}
    shop.hear("inventory", "order.placed", detail)


def cancelled(shop: Shop, order: str) -> None:
    shop.hear("inventory", "order.status-changed", {"order_id": order, "status": "cancelled"})


def counted(shop: Shop) -> dict[str, int]:
    return {item["location_id"]: int(item["available"]) for item in shop.items("inventory", "LOCATION#")}


def half_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = stocks.time.time()
    monkeypatch.setattr("functions.common.stock.time.time", lambda: now + 1801)


def test_reserved_stock_cannot_be_sold_to_others_until_it_is_released(shop: Shop) -> None:
    count(shop, l_1=3, l_2=2)
    assert reserve(shop, "o-1", s_1=4).status_code == 201
    assert available(shop) == 1
    short = reserve(shop, "o-2", s_1=2)
    assert (short.status_code, short.json()["type"]) == (409, "urn:store:problem:out-of-stock")
    assert short.json()["unavailable"] == [{"sku": "s-1", "available": 1}]
    assert release(shop, "o-1") == 204
    assert available(shop) == 5
    assert release(shop, "o-1") == 204
    assert reserve(shop, "o-1", s_1=5).status_code == 201, "an order that released may reserve anew"


def test_the_same_reservation_again_changes_nothing_and_another_one_is_refused(shop: Shop) -> None:
    count(shop, l_1=5)
    assert reserve(shop, "o-1", s_1=2).status_code == 201
    assert reserve(shop, "o-1", s_1=2).status_code == 200
    assert available(shop) == 3
    assert reserve(shop, "o-1", s_1=3).json()["type"] == "urn:store:problem:reservation-differs"


def test_an_order_gets_all_of_its_articles_or_none(shop: Shop) -> None:
    count(shop, "s-1", l_1=5)
    count(shop, "s-2", l_1=1)
    answer = reserve(shop, "o-1", s_1=2, s_2=2, s_3=1)
    assert answer.status_code == 409
    assert answer.json()["unavailable"] == [{"sku": "s-2", "available": 1}, {"sku": "s-3", "available": 0}]
    assert (available(shop, "s-1"), available(shop, "s-2")) == (5, 1)
    assert shop.items("inventory", "RESERVATION#") == shop.items("inventory", "ORDER") == []


def test_a_placed_order_has_bought_what_it_reserved_however_often_it_is_told(shop: Shop) -> None:
    count(shop, l_1=3, l_2=2)
    reserve(shop, "o-1", s_1=4)
    placed(shop, "o-1", s_1=4)
    placed(shop, "o-1", s_1=4)
    assert sum(counted(shop).values()) == available(shop) == 1
    assert release(shop, "o-1") == 204
    assert available(shop) == 1, "what is placed is not released"
    assert reserve(shop, "o-1", s_1=1).json()["type"] == "urn:store:problem:reservation-closed"
    cancelled(shop, "o-1")
    cancelled(shop, "o-1")
    assert counted(shop) == {"l_1": 3, "l_2": 2}
    assert available(shop) == 5


def test_a_cancellation_that_comes_first_wins(shop: Shop) -> None:
    count(shop, l_1=3)
    reserve(shop, "o-1", s_1=2)
    cancelled(shop, "o-1")
    placed(shop, "o-1", s_1=2)
    assert (available(shop), counted(shop)) == (3, {"l_1": 3})
    cancelled(shop, "never-reserved")
    placed(shop, "never-reserved", s_1=1)
    assert available(shop) == 3


def test_other_statuses_are_nothing_to_stock(shop: Shop) -> None:
    count(shop, l_1=3)
    reserve(shop, "o-1", s_1=2)
    shop.hear("inventory", "order.status-changed", {"order_id": "o-1", "status": "shipped"})
    assert available(shop) == 1


def test_a_reservation_that_is_over_goes_to_who_asks_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    count(shop, l_1=3)
    reserve(shop, "o-1", s_1=3)
    half_an_hour_later(monkeypatch)
    assert available(shop) == 3
    assert reserve(shop, "o-2", s_1=2).status_code == 201
    assert available(shop) == 1
    placed(shop, "o-1", s_1=3)  # paid too late: what is there is the order's
    assert (available(shop), counted(shop)) == (0, {"l_1": 2})
    placed(shop, "o-2", s_1=2)
    assert counted(shop) == {"l_1": 0}
    cancelled(shop, "o-1")
    assert available(shop) == 1, "it gives back what it got"


def test_a_recount_keeps_reservations_and_may_find_less_than_is_reserved(shop: Shop) -> None:
    count(shop, l_1=5)
    reserve(shop, "o-1", s_1=4)
    count(shop, at="2026-01-31T09:00:00.000000Z", l_1=2)
    assert available(shop) == 0
    placed(shop, "o-1", s_1=4)
    assert (available(shop), counted(shop)) == (0, {"l_1": 0})
    assert not stocks.count("s-1", "l_1", 9, AT), "an older count"


def test_only_running_out_and_coming_back_is_told(shop: Shop) -> None:
    count(shop, l_1=3)
    before = len(shop.told("inventory"))
    reserve(shop, "o-1", s_1=1)
    assert len(shop.told("inventory")) == before
    reserve(shop, "o-2", s_1=2)
    release(shop, "o-2")
    told = [event["available"] for event in shop.told("inventory", "inventory.changed")]
    assert sorted(told) == [0, 2, 3]


def test_many_orders_at_a_time_never_reserve_more_than_there_is(shop: Shop) -> None:
    count(shop, "s-1", l_1=7, l_2=6)
    count(shop, "s-2", l_1=9)

    def run(number: int) -> int:
        order = f"o-{number}"
        lines = {"s-1": 1 + number % 2, "s-2": 1}
        try:
            reservations.reserve(order, lines)
        except reservations.OutOfStockError:
            return 0
        if number % 3 == 0:
            reservations.settle(order, lines)
            reservations.settle(order, lines)
        return lines["s-1"]

    numbers = list(range(24))
    random.Random(1).shuffle(numbers)
    with ThreadPoolExecutor(8) as threads:
        sold = sum(threads.map(run, numbers))
    assert sold <= 13
    assert available(shop) == 13 - sold
    assert all(item["sellable"] >= 0 and item["available"] >= 0 for item in shop.items("inventory", "LOCATION#"))


def test_customers_see_stock_by_place(shop: Shop) -> None:
    count(shop, l_1=3, l_2=0)
    answer = shop["inventory"].get("/api/inventory/stock/s-1", headers=bearer("inventory.read"))
    assert answer.json() == {
        "sku": "s-1",
        "available": 3,
        "locations": [{"location_id": "l_1", "available": 3}, {"location_id": "l_2", "available": 0}],
    }
    assert shop["inventory"].get("/api/inventory/stock/none", headers=bearer("inventory.read")).status_code == 404
