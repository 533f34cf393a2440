"""Carts: at today's prices, locked optimistically, emptied by what was ordered."""

import functools
from dataclasses import replace
from typing import Any

import httpx
import pytest

from services.carts.cart import Cart
from tests.services.buying import Buying, kind


def lines(answer: httpx.Response) -> dict[str, int]:
    assert answer.is_success, answer.text
    return {line["sku"]: line["quantity"] for line in answer.json()["lines"]}


def test_a_cart_begins_empty_adds_up_and_is_somebody_elses_never(buying: Buying) -> None:
    empty = buying.ask("GET", "/carts")
    assert empty.json() == {
        "cart_id": None, "version": 0, "currency": None, "total_minor": 0, "expires_at": None, "lines": [],
    }  # fmt: skip
    assert buying.fill("s-1", 2).status_code == 201
    cart = buying.fill("s-1", 3).json()
    (line,) = cart["lines"]
    assert (cart["total_minor"], cart["currency"], cart["version"]) == (5000, "EUR", 2)
    assert line == {
        "sku": "s-1", "product_id": "p-s-1", "name": "Article s-1", "quantity": 5, "unit_price_minor": 1000,
        "line_total_minor": 5000, "withdrawn": False, "available": 10,
    }  # fmt: skip
    with buying.customer("customer-2"):
        assert lines(buying.ask("GET", "/carts")) == {}


def test_a_quantity_is_set_and_an_article_taken_out_again_and_again(buying: Buying) -> None:
    for _ in range(2):
        assert lines(buying.ask("PUT", "/carts/items/s-1", {"sku": "s-1", "quantity": 4})) == {"s-1": 4}
    for _ in range(2):
        assert lines(buying.ask("DELETE", "/carts/items/s-1")) == {}
    assert buying.ask("PUT", "/carts/items/s-2", {"sku": "s-1", "quantity": 4}).status_code == 400


def test_what_cannot_be_bought_cannot_be_put_in(buying: Buying) -> None:
    buying.article("dear", 5, currency="USD")
    buying.article("gone", 5, withdrawn=True)
    buying.article("many", 5, stock=1000)
    short = buying.fill("s-1", 11)
    assert kind(short) == (409, "out-of-stock")
    assert short.json()["unavailable"] == [{"sku": "s-1", "available": 10}]
    assert buying.fill("s-1", 10).status_code == 201
    assert kind(buying.fill("s-1", 1)) == (409, "out-of-stock"), "what is in the cart counts"
    assert kind(buying.fill("dear")) == (409, "other-currency")
    assert kind(buying.fill("gone")) == kind(buying.fill("nowhere")) == (404, "unknown-article")
    assert buying.fill("many", 99).status_code == 201
    assert kind(buying.fill("many")) == (409, "too-many")


def test_a_cart_takes_so_many_articles_and_no_more(buying: Buying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.carts.cart.LINES_MAX", 2)
    buying.article("s-2")
    buying.article("s-3")
    assert buying.fill("s-1").status_code == buying.fill("s-2").status_code == buying.fill("s-2").status_code == 201
    assert kind(buying.fill("s-3")) == (409, "cart-full")


def test_a_new_price_is_told_and_paid_and_no_one_orders_at_a_price_not_seen(buying: Buying) -> None:
    seen = buying.fill("s-1", 2).headers["ETag"]
    buying.article("s-1", 1200)
    assert buying.ask("GET", "/carts").json()["total_minor"] == 2000, "from the cache"
    buying.shop.hear("carts", "catalogue.changed", {"sku": "s-1", "change": "updated"})
    cart = buying.ask("GET", "/carts")
    (line,) = cart.json()["lines"]
    assert (line["unit_price_minor"], line["previous_price_minor"], cart.json()["total_minor"]) == (1200, 1000, 2400)
    assert cart.headers["ETag"] != seen
    change = {"sku": "s-1", "quantity": 1}
    assert kind(buying.ask("PUT", "/carts/items/s-1", change, If_Match=seen)) == (409, "cart-changed")
    again = buying.ask("PUT", "/carts/items/s-1", change, If_Match=cart.headers["ETag"]).json()
    assert "previous_price_minor" not in again["lines"][0]
    body = {"cart_id": again["cart_id"], "delivery": "pickup", "location_id": "l-1"}
    late = buying.ask("POST", "/orders", body, Idempotency_Key="k", If_Match=seen)
    assert kind(late) == (409, "cart-changed")


def test_a_withdrawn_article_stays_visible_costs_nothing_and_stops_the_checkout(buying: Buying) -> None:
    buying.fill("s-1", 2)
    buying.article("s-1", withdrawn=True)
    buying.shop.hear("carts", "catalogue.changed", {"sku": "s-1", "change": "withdrawn"})
    cart = buying.ask("GET", "/carts").json()
    assert (cart["lines"][0]["withdrawn"], cart["lines"][0]["name"], cart["total_minor"]) == (True, "Article s-1", 0)
    refused = buying.check_out()
    assert kind(refused) == (409, "out-of-stock")
    assert refused.json()["unavailable"] == [{"sku": "s-1", "available": 0}]


def test_without_inventory_and_cache_carts_still_work_and_say_what_they_do_not_know(buying: Buying) -> None:
    buying.shop.down.add("inventory")
    buying.shop.cache.connection_pool.connection_kwargs["server"].connected = False
    assert buying.fill("s-1", 99).status_code == 201
    assert buying.ask("GET", "/carts").json()["lines"][0]["available"] is None


def ordered(buying: Buying, order_id: str) -> dict[str, Any]:
    """Event of an order of the cart as it is now."""
    cart = buying.ask("GET", "/carts").json()
    pieces = [{"sku": line["sku"], "quantity": line["quantity"]} for line in cart["lines"]]
    seen = {"cart_id": cart["cart_id"], "cart_version": cart["version"]}
    return {"order_id": order_id, "customer_id": buying.customer_id, **seen, "lines": pieces}


def put(buying: Buying, sku: str, quantity: int) -> httpx.Response:
    return buying.ask("PUT", f"/carts/items/{sku}", {"sku": sku, "quantity": quantity})


# What a customer does between an order of three pieces of s-1 and the arrival of its event, and what is left then.
MEANWHILE: dict[str, tuple[list[tuple[str, str, int]], dict[str, int]]] = {
    "nothing": ([], {}),
    "adds a piece": ([("add", "s-1", 1)], {"s-1": 1}),
    "sets the same quantity": ([("set", "s-1", 3)], {"s-1": 3}),
    "sets another quantity": ([("set", "s-1", 1)], {"s-1": 1}),
    "sets, then adds": ([("set", "s-1", 1), ("add", "s-1", 1)], {"s-1": 2}),
    "adds, then sets": ([("add", "s-1", 5), ("set", "s-1", 2)], {"s-1": 2}),
    "takes it out and adds it again": ([("take", "s-1", 0), ("add", "s-1", 2)], {"s-1": 2}),
    "takes it out": ([("take", "s-1", 0)], {}),
    "adds another article": ([("add", "s-2", 2)], {"s-2": 2}),
    "sets another article, too": ([("set", "s-2", 2), ("add", "s-1", 1)], {"s-1": 1, "s-2": 2}),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_an_order_takes_its_pieces_out_once_and_leaves_what_came_later(buying: Buying, meanwhile: str) -> None:
    buying.article("s-2")
    buying.fill("s-1", 3)
    placed = ordered(buying, "o-1")
    steps, left = MEANWHILE[meanwhile]
    for verb, sku, quantity in steps:
        if verb == "take":
            buying.ask("DELETE", f"/carts/items/{sku}")
        else:
            assert (buying.fill if verb == "add" else functools.partial(put, buying))(sku, quantity).is_success
    for _ in range(2):
        buying.shop.hear("carts", "order.placed", placed)
        assert lines(buying.ask("GET", "/carts")) == left


def test_orders_of_one_cart_are_told_in_any_order(buying: Buying) -> None:
    """An application sets its article, orders and pays, again and again, and events come late."""
    placed = []
    for number in range(3):
        assert put(buying, "s-1", 1).status_code == 200
        placed.append(ordered(buying, f"o-{number}"))
    for event in (placed[1], placed[0], placed[1]):
        buying.shop.hear("carts", "order.placed", event)
        assert lines(buying.ask("GET", "/carts")) == {"s-1": 1}
    buying.shop.hear("carts", "order.placed", placed[2])
    assert buying.ask("GET", "/carts").json()["cart_id"] is None


def test_an_event_of_before_versions_takes_its_pieces_out_once(buying: Buying) -> None:
    buying.fill("s-1", 3)
    line, *_ = (item for item in buying.shop.items("carts") if item["item"] == "SKU#s-1")
    buying.shop.put("carts", **{key: value for key, value in line.items() if key != "set_at"})
    placed = {"order_id": "o-1", "customer_id": "customer-1", "lines": [{"sku": "s-1", "quantity": 2}]}
    for _ in range(2):
        buying.shop.hear("carts", "order.placed", placed)
        assert lines(buying.ask("GET", "/carts")) == {"s-1": 1}


def test_an_event_that_takes_nothing_leaves_the_cart_as_it_was_seen(buying: Buying) -> None:
    buying.fill("s-1")
    placed = ordered(buying, "o-1")
    put(buying, "s-1", 2)
    seen = buying.ask("GET", "/carts").headers["ETag"]
    buying.shop.hear("carts", "order.placed", placed)
    buying.shop.hear("carts", "order.placed", {**placed, "cart_id": "of-before"})
    assert buying.ask("GET", "/carts").headers["ETag"] == seen


def test_a_cart_that_is_half_of_another_version_is_read_again(buying: Buying, monkeypatch: pytest.MonkeyPatch) -> None:
    buying.fill("s-1")
    whole = Cart._read("customer-1")
    torn = replace(whole, version=0)
    answers = iter([torn, whole])
    monkeypatch.setattr(Cart, "_read", lambda _: next(answers))
    assert Cart.read("customer-1") is whole
    monkeypatch.setattr(Cart, "_read", lambda _: torn)
    assert kind(buying.ask("GET", "/carts")) == (409, "changed-meanwhile")


def test_an_order_of_an_earlier_cart_leaves_the_next_one_alone(buying: Buying) -> None:
    for _ in range(3):
        buying.fill("s-1")
    placed = ordered(buying, "o-1")
    buying.shop.hear("carts", "customer.erased", {"customer_id": "customer-1"})
    again = buying.fill("s-1").json()
    assert (again["version"], again["cart_id"] == placed["cart_id"]) == (1, False)
    buying.shop.hear("carts", "order.placed", placed)
    assert lines(buying.ask("GET", "/carts")) == {"s-1": 1}


def test_a_cart_is_forgotten_after_thirty_days_and_what_is_left_of_it_goes_with_the_next_change(
    buying: Buying,
) -> None:
    buying.article("s-2")
    before = buying.fill("s-1").json()
    buying.later(days=29)
    assert lines(buying.fill("s-2")) == {"s-1": 1, "s-2": 1}
    assert len({item["expires_at"] for item in buying.shop.items("carts")}) == 1, "lines go together"
    buying.later(days=30, seconds=1)
    assert lines(buying.ask("GET", "/carts")) == {}
    after = buying.fill("s-2").json()
    assert (lines(buying.ask("GET", "/carts")), after["version"]) == ({"s-2": 1}, 3)
    assert after["cart_id"] != before["cart_id"]
    assert [item["item"] for item in buying.shop.items("carts")] == ["CART", "SKU#s-2"]


def test_an_erased_customer_has_no_cart(buying: Buying) -> None:
    buying.fill("s-1")
    for _ in range(2):
        buying.shop.hear("carts", "customer.erased", {"customer_id": "customer-1"})
    assert buying.shop.items("carts") == []
