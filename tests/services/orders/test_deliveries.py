"""A customer sees on the order that its delivery is near, and nothing else of where the courier is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.common.order_status import move
from tests.services.shop import Shop
from tests.services.tokens import SIGNED, bearer

DELIVERY = "delivery-4f0c2a9e7b31"
EVENT = "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11"


def placed(shop: Shop, order_id: str = "o-1", status: str = "picked") -> None:
    item = {"customer_id": "c-1", "status": status, "currency": "EUR", "total_minor": 100, "delivery": "standard"}
    times = {"placed_at": "2026-11-01T08:00:00.000000Z", "updated_at": "2026-11-01T08:00:00.000000Z"}
    shop.put(
        "orders", order_id=order_id, item="ORDER", line_count=1, shipping_address={"city": "Dublin"}, **times, **item
    )
    line = {"sku": "s-1", "product_id": "p-1", "name": "Mug", "quantity": 1, "unit_price_minor": 100}
    shop.put("orders", order_id=order_id, item="LINE#1", **line)


def ship(shop: Shop, order_id: str = "o-1", delivery_id: str | None = DELIVERY, hour: int = 9) -> None:
    body = {"status": "shipped", "changed_at": f"2026-11-02T{hour:02}:00:00Z", "carrier": "Post"}
    if delivery_id:
        body["delivery_id"] = delivery_id
    answer = shop["orders"].put(f"/api/orders/{order_id}/status", json=body, headers=SIGNED)
    assert answer.status_code == 200, answer.text


def moved(shop: Shop, where: str, at: str, delivery_id: str = DELIVERY) -> None:
    shop.hear(
        "orders", "delivery.moved", {"event_id": EVENT, "delivery_id": delivery_id, "where": where, "moved_at": at}
    )


def courier(shop: Shop, order_id: str = "o-1") -> Any:
    answer = shop["orders"].get(f"/api/orders/{order_id}", headers=bearer("orders.read", sub="c-1"))
    assert answer.status_code == 200, answer.text
    assert "delivery_id" not in answer.json(), "couriers' ids are none of the customer's"
    return answer.json().get("courier")


NEAR, LATER = "2026-11-03T10:00:00.531Z", "2026-11-03T10:20:00Z"


def test_an_order_says_that_its_delivery_is_near_and_that_it_has_left(shop: Shop) -> None:
    placed(shop)
    ship(shop)
    assert courier(shop) is None
    moved(shop, "near", NEAR)
    assert courier(shop) == {"where": "near", "at": "2026-11-03T10:00:00.531000Z"}
    moved(shop, "left", LATER)
    assert courier(shop) == {"where": "left", "at": "2026-11-03T10:20:00.000000Z"}


def test_news_in_the_wrong_order_and_repeated_ones_change_nothing(shop: Shop) -> None:
    placed(shop)
    ship(shop)
    for where, at in (("left", LATER), ("near", NEAR), ("left", LATER)):
        moved(shop, where, at)
    assert courier(shop)["where"] == "left"


def test_all_orders_of_one_delivery_say_so_and_no_others(shop: Shop) -> None:
    for order_id in ("o-1", "o-2", "o-3"):
        placed(shop, order_id)
    ship(shop, "o-1")
    ship(shop, "o-2")
    ship(shop, "o-3", None)
    moved(shop, "near", NEAR)
    moved(shop, "near", NEAR, "delivery-of-nobody-here")
    assert [courier(shop, order_id) is not None for order_id in ("o-1", "o-2", "o-3")] == [True, True, False]


@pytest.mark.parametrize("status", ["delivered", "returned"])
def test_an_order_that_has_arrived_does_not_say_it(shop: Shop, status: str) -> None:
    placed(shop)
    ship(shop)
    moved(shop, "near", NEAR)
    shop["orders"]
    assert move("o-1", status, datetime(2026, 11, 4, tzinfo=UTC))
    assert courier(shop) is None


def test_a_delivery_is_announced_for_a_time_under_its_own_id(shop: Shop) -> None:
    placed(shop)
    ship(shop)
    (link,) = shop.items("orders", "DELIVERY#")
    assert (link["order_id"], link["item"]) == (DELIVERY, "DELIVERY#o-1")
    assert link.keys() == {"order_id", "item", "expires_at"}, "it says nothing of the customer"


@pytest.mark.parametrize("delivery_id", ["o-1", "delivery-1", "delivery-jane@example.com", f"delivery-{'a' * 60}"])
def test_an_id_has_a_random_part_and_no_other(shop: Shop, delivery_id: str) -> None:
    placed(shop)
    body = {"status": "shipped", "changed_at": "2026-11-02T09:00:00Z", "delivery_id": delivery_id}
    assert shop["orders"].put("/api/orders/o-1/status", json=body, headers=SIGNED).status_code == 400
