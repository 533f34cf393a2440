"""Delivery and taxes at checkout: what the customer is shown is what is ordered."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.web.browser import Browser, World
from tests.services.web.fake_prices import Problem
from tests.services.web.test_forms import ADDRESS, to_checkout


@pytest.fixture
def customer(browser: Browser, world: World) -> Browser:
    browser.sign_in()
    world.api.prices.deliveries = {"standard": 490, "express": 990, "pickup": 0}
    return browser


def test_nothing_is_ordered_before_its_total_was_shown(customer: Browser, world: World) -> None:
    to_checkout(customer)
    assert "Total before delivery" in customer.page.text
    before = int(customer.page.form("/checkout").fields["total"])
    customer.send("/checkout", **ADDRESS)
    assert customer.response.status_code == 200
    assert not world.api.orders
    assert "Nothing is ordered yet" in customer.page.text
    assert "Express delivery · €9.90" in customer.page.text
    form = customer.page.form("/checkout").fields
    assert (int(form["total"]), form["city"]) == (before + 490, ADDRESS["city"])
    customer.send("/checkout")
    (order,) = world.api.orders.values()
    assert (order["total_minor"], customer.path) == (before + 490, f"/orders/{order['order_id']}/payment")
    assert "€4.90" in customer.page.text
    customer.get(f"/orders/{order['order_id']}")
    assert "Including tax of" in customer.page.text
    assert "€7.77" in customer.page.text


def test_who_changes_the_delivery_is_shown_the_new_total_first(customer: Browser, world: World) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    customer.send("/checkout", delivery="express")
    assert customer.response.status_code == 200
    assert not world.api.orders
    customer.send("/checkout")
    (order,) = world.api.orders.values()
    assert (order["delivery"], order["delivery_minor"]) == ("express", 990)


def test_a_known_address_shows_prices_at_once_and_one_button_orders(customer: Browser, world: World) -> None:
    world.api.prices.added_tax_minor = 321
    customer.get("/account/addresses/new")
    customer.send("/account/addresses/new", **ADDRESS)
    to_checkout(customer)
    assert "Standard delivery · €4.90" in customer.page.text
    assert "€3.21" in customer.page.text
    customer.send("/checkout")
    (order,) = world.api.orders.values()
    assert order["tax_minor"] == 321


def test_a_delivery_that_is_not_offered_there_is_told_with_the_others(customer: Browser, world: World) -> None:
    world.api.prices.deliveries = {"pickup": 0}
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    assert "You can choose: Pick up in the store." in customer.page.text
    world.api.prices.deliveries = {}
    customer.send("/checkout")
    assert "We do not deliver to this address." in customer.page.text
    assert not world.api.orders


def _refuses(kind: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise Problem(409, kind)

    return refuse


def test_what_was_announced_with_another_amount_begins_anew_with_another_key(
    customer: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    before = customer.page.form("/checkout").fields
    with monkeypatch.context() as patch:
        patch.setattr(world.api.prices, "agreed", _refuses("cart-changed"))
        customer.send("/checkout")
    after = customer.page.form("/checkout").fields
    assert (after["key"] == before["key"], after["city"]) == (False, ADDRESS["city"])
    customer.send("/checkout")
    assert len(world.api.orders) == 1


def test_a_place_that_nobody_knows_is_told_at_its_field(
    customer: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_checkout(customer)
    monkeypatch.setattr(world.api.prices, "agreed", _refuses("address-refused"))
    customer.send("/checkout", **ADDRESS)
    assert customer.response.status_code == 409
    assert "We cannot find this place." in customer.page.text
    assert customer.page.form("/checkout").fields["city"] == ADDRESS["city"]


def test_a_form_that_showed_no_total_orders_nothing(customer: Browser, world: World) -> None:
    to_checkout(customer)
    fields = {name: value for name, value in customer.page.form("/checkout").fields.items() if name != "total"}
    customer.post("/checkout", **{**fields, **ADDRESS})
    assert customer.response.status_code == 200
    assert not world.api.orders
    assert "€4.90" in customer.page.text


def test_an_order_by_the_stores_own_rates_says_so(customer: Browser, world: World) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    customer.send("/checkout")
    (order,) = world.api.orders.values()
    order["estimated"] = ["delivery"]
    customer.get(f"/orders/{order['order_id']}")
    assert "a partner did not answer" in customer.page.text


def test_orders_of_before_show_their_total_alone(customer: Browser, world: World) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    customer.send("/checkout")
    (order,) = world.api.orders.values()
    for name in ("goods_minor", "delivery_minor", "tax_minor", "included_tax_minor"):
        order.pop(name)
    customer.get(f"/orders/{order['order_id']}")
    assert customer.response.status_code == 200
    assert "Total, with tax" in customer.page.text
    assert "Delivery €" not in customer.page.text
