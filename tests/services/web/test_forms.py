"""Forms: whose they are, what they may hold, and what becomes of mistakes."""

from collections.abc import Callable
from typing import Any

import pytest

from services.web.payments import SIMULATED
from services.web.visit import DOWN
from tests.services.web.browser import Browser, World

ADDRESS = {"name": "Ada Byron", "line_1": "4 Harbour Lane", "postal_code": "D01", "city": "Dublin", "country": "IE"}
ADD = {"product_id": "mug", "sku": "MUG-CLAY", "quantity": "1"}


def csrf(browser: Browser) -> str:
    browser.get("/products/mug")
    return browser.page.form("/cart/items").fields["csrf"]


def changes(world: World) -> list[tuple[str, str]]:
    return [call for call in world.api.calls if call[0] != "GET"]


@pytest.fixture
def customer(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def pages_with_forms(world: World) -> list[str]:
    order = next(iter(world.api.orders), "none")
    return [
        "/cart/items",
        "/cart/items/MUG-CLAY",
        "/cart/items/MUG-CLAY/removal",
        "/checkout",
        f"/orders/{order}/payment",
        f"/orders/{order}/cancellation",
        "/account/profile",
        "/account/addresses/new",
        "/account/addresses/home/removal",
        "/account/consents",
        "/account/erasure",
        "/sign-out",
    ]


def test_no_form_without_the_token_of_the_session(
    customer: Browser, open_browser: Callable[..., Browser], world: World
) -> None:
    other = csrf(open_browser())
    before = changes(world)
    for path in pages_with_forms(world):
        for token in (
            {},
            {"csrf": ""},
            {"csrf": "x"},
            {"csrf": other},
            {"csrf": "\udcff".encode("utf-8", "replace").decode()},
        ):
            answer = customer.client.post(path, data={**ADD, **token, "sure": "yes"})
            assert answer.status_code == 403, (path, token)
            assert "Please send this again" in answer.text
    assert changes(world) == before
    assert "Sign out" in customer.get("/home").text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_form_from_another_site(browser: Browser, site: str) -> None:
    data = {**ADD, "csrf": csrf(browser)}
    assert browser.client.post("/cart/items", data=data, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert browser.client.post("/cart/items", data=data, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"csrf": "x"}', "application/json"),
        (b"--x--", "multipart/form-data; boundary=x"),
        (b"csrf=x", "text/plain"),
        (b"a=" + b"x" * 40_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % number for number in range(100)), "application/x-www-form-urlencoded"),
        (b"\xff\xfe=%ff", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"x", ""),
    ],
    ids=range(8),
)
def test_bodies_that_are_no_forms_of_ours(browser: Browser, content: bytes, kind: str) -> None:
    csrf(browser)
    answer = browser.client.post("/cart/items", content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quantity": "0"}, "must be a number from 1 to 99"),
        ({"quantity": "-1"}, "must be a number from 1 to 99"),
        ({"quantity": "1000"}, "must be a number from 1 to 99"),
        ({"quantity": "²"}, "must be a number from 1 to 99"),
        ({"sku": "../x"}, "must be a number"),
        ({"sku": "NOTHING"}, "not sold any more"),
        ({"product_id": ""}, "must be a number"),
        ({"product_id": "candle-holder", "sku": "CANDLE-BRASS"}, "is sold out"),
        ({"product_id": "blanket", "sku": "BLANKET-HEATHER", "quantity": "7"}, "only 6 can be ordered"),
    ],
    ids=str,
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_what_the_cart_refuses(browser: Browser, signed_in: bool, change: dict[str, str], says: str) -> None:
    if signed_in:
        browser.sign_in()
    browser.post("/cart/items", csrf=csrf(browser), **{**ADD, **change})
    assert browser.path == "/cart"
    assert says in browser.page.text
    assert "Your cart is empty." in browser.page.text


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_cart_is_changed(browser: Browser, world: World, signed_in: bool) -> None:
    if signed_in:
        browser.sign_in()
    for product in ("mug", "teapot"):
        browser.get(f"/products/{product}")
        browser.send("/cart/items")
    browser.get("/cart")
    browser.send("/cart/items/MUG-CLAY", quantity="3")
    assert "Your cart is updated." in browser.page.text
    assert "€108.00" in browser.page.text, "3 mugs and the cheaper teapot"
    browser.send("/cart/items/MUG-CLAY", quantity="0")
    browser.send("/cart/items/TEAPOT-SAGE/removal")
    assert "Your cart is empty." in browser.page.text
    assert world.api.carts == ({"customer-1": {}} if signed_in else {})
    browser.post("/cart/items/GONE", csrf=csrf(browser), quantity="2")
    assert "not sold any more" in browser.page.text


def test_an_article_that_is_withdrawn_stops_the_checkout(browser: Browser, world: World, memory: Any) -> None:
    csrf(browser)
    browser.send("/cart/items")
    world.api.articles.pop("MUG-CLAY")
    memory.values.clear()
    browser.get("/cart")
    assert "This is not sold any more. Please remove it." in browser.page.text
    assert "/checkout" not in [link["href"] for link in browser.page.all("a")]


def to_checkout(browser: Browser) -> None:
    csrf(browser)
    browser.send("/cart/items")
    browser.get("/checkout")
    assert browser.path == "/checkout"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"name", "line_1", "postal_code", "city", "country"}),
        ({**ADDRESS, "city": ""}, {"city"}),
        ({**ADDRESS, "postal_code": "1" * 17}, {"postal_code"}),
        ({**ADDRESS, "note": "x" * 501}, {"note"}),
    ],
)
def test_mistakes_at_checkout_are_shown_where_they_are(
    customer: Browser, world: World, fields: dict[str, str], wrong: set[str]
) -> None:
    to_checkout(customer)
    key = customer.page.form("/checkout").fields["key"]
    customer.send("/checkout", **fields)
    assert customer.response.status_code == 400
    links = [
        link["href"] for link in customer.page.all("a") if link["href"].startswith("#") and link["href"] != "#main"
    ]
    assert set(links) == {f"#{name}" for name in wrong}
    ids = {given.get("id") for _, given in customer.page.elements}
    assert wrong <= ids
    form = customer.page.form("/checkout")
    assert {name: form.fields.get(name, "") for name in fields} == fields
    assert form.fields["key"] == key
    assert not world.api.orders


@pytest.mark.parametrize("country", ["ie", "Ireland", "I", "<b>", "QQQ"])
def test_countries_that_are_none(customer: Browser, world: World, country: str) -> None:
    to_checkout(customer)
    form = customer.page.form("/checkout")
    customer.post("/checkout", **{**form.fields, **ADDRESS, "country": country})
    assert bool(world.api.orders) == (country == "ie")


@pytest.mark.parametrize(
    "change", [{"delivery": "pickup", "location_id": "x"}, {"delivery": "drone"}, {"address": "x"}]
)
def test_choices_that_are_not_offered(customer: Browser, world: World, change: dict[str, str]) -> None:
    to_checkout(customer)
    customer.post("/checkout", **{**customer.page.form("/checkout").fields, **ADDRESS, **change})
    assert customer.response.status_code == 400
    assert "Please choose" in customer.page.text
    assert not world.api.orders


def test_a_saved_address_and_a_pickup(customer: Browser, world: World) -> None:
    customer.get("/account/addresses/new")
    customer.send("/account/addresses/new", **ADDRESS)
    assert "The address is saved." in customer.page.text
    to_checkout(customer)
    customer.send("/checkout")
    to_checkout(customer)
    customer.send("/checkout", delivery="pickup")
    delivered, fetched = world.api.orders.values()
    assert delivered["shipping_address"] == ADDRESS
    assert fetched["location_id"] == "store-harbour"
    assert "shipping_address" not in fetched
    customer.get("/account/addresses")
    address_id = world.api.profiles["customer-1"]["addresses"][0]["address_id"]
    customer.get(f"/account/addresses/{address_id}")
    customer.send(f"/account/addresses/{address_id}", city="Cork")
    assert world.api.profiles["customer-1"]["addresses"][0]["city"] == "Cork"
    customer.send(f"/account/addresses/{address_id}", city="") if customer.page.forms[-1].action.endswith(
        address_id
    ) else None
    customer.get("/account/addresses")
    customer.send(f"/account/addresses/{address_id}/removal")
    assert world.api.profiles["customer-1"]["addresses"] == []


def test_a_checkout_sent_twice_is_one_order(customer: Browser, world: World) -> None:
    to_checkout(customer)
    form = {**customer.page.form("/checkout").fields, **ADDRESS}
    customer.post("/checkout", **form)
    first = customer.path
    customer.post("/checkout", **form)
    assert customer.path == first
    assert len(world.api.orders) == 1


def test_a_cart_that_changed_is_looked_at_again(customer: Browser, world: World) -> None:
    to_checkout(customer)
    world.api.articles["MUG-CLAY"]["price_minor"] = 9900
    customer.send("/checkout", **ADDRESS)
    assert customer.path == "/checkout"
    assert "has changed" in customer.page.text
    assert "€99.00" in customer.page.text
    assert customer.page.form("/checkout").fields["city"] == "Dublin"
    world.api.stock["MUG-CLAY"] = 0
    customer.send("/checkout")
    assert customer.path == "/cart"
    assert "Sold out" in customer.page.text
    assert not world.api.orders


@pytest.mark.parametrize(
    ("means", "ends", "says"),
    [
        ("approve", "", "Your payment has arrived."),
        ("invoice", "", "You will get an invoice."),
        ("timeout", "", "being checked"),
        ("decline", "/payment", "nothing was charged|Nothing was charged"),
        ("3ds", "/payment/confirmation", "Your bank asks"),
        ("", "/payment", "Please choose how you want to pay."),
    ],
)
def test_means_of_payment(customer: Browser, world: World, means: str, ends: str, says: str) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    order = f"/orders/{next(iter(world.api.orders))}"
    customer.send(f"{order}/payment", means=means)
    assert customer.path == order + ends
    assert any(text in customer.page.text for text in says.split("|"))
    if means == "3ds":
        assert "https://bank.test/challenge/1" in [link["href"] for link in customer.page.all("a")]
        assert world.api.bodies[-1] is None
        customer.get(f"{order}/payment/return")
        assert customer.path == order
        assert f"{order}/payment/confirmation" in [link["href"] for link in customer.page.all("a")]
        next(iter(world.api.payments.values()))["status"] = "settled"
        customer.get(f"{order}/payment/return")
        assert "Your payment has arrived." in customer.page.text
        assert "Pay €" not in customer.page.text


def test_an_address_of_the_bank_that_is_no_web_address(customer: Browser, world: World) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    order = f"/orders/{next(iter(world.api.orders))}"
    customer.send(f"{order}/payment", means="3ds")
    next(iter(world.api.payments.values()))["action_url"] = "javascript:alert(1)"
    customer.get(f"{order}/payment/confirmation")
    assert customer.response.status_code == DOWN
    assert "javascript" not in customer.response.text


def test_the_sum_that_is_paid_is_the_one_that_was_shown(customer: Browser, world: World) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    (order,) = world.api.orders.values()
    order["total_minor"] = 1
    pay = f"/orders/{order['order_id']}/payment"
    customer.send(pay)
    assert "The sum of the order has changed." in customer.page.text
    assert "€0.01" in customer.page.text
    for amount in ("-1", "x", "²", ""):
        customer.post(pay, **{**customer.page.form(pay).fields, "amount_minor": amount})
        assert "Please choose how you want to pay." in customer.page.text
    order["status"] = "paid"
    customer.post(pay, **{**customer.page.form(pay).fields, "amount_minor": "1"})
    assert "You were not charged again." in customer.page.text


def test_a_store_with_a_real_provider_offers_no_test_means(
    customer: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SIMULATED)
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    pay = customer.path
    assert "not set up" in customer.page.text
    form = customer.page.form(pay).fields
    customer.post(pay, **form, means="approve")
    assert not world.api.payments
    customer.post(pay, **form, method="card", payment_token="tok_approve")
    assert [one["status"] for one in world.api.payments.values()] == ["settled"]


def test_an_order_is_cancelled(customer: Browser, world: World) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    (order,) = world.api.orders.values()
    path = f"/orders/{order['order_id']}"
    customer.get(path)
    customer.post(f"{path}/cancellation", csrf=csrf(customer), reason="no reason")
    assert "Please choose a reason." in customer.page.text
    customer.send(f"{path}/cancellation", reason="too-late")
    assert "Your order is cancelled." in customer.page.text
    assert "Nothing was charged." in customer.page.text
    order.update(status="shipped", cancelled=None)
    customer.post(f"{path}/cancellation", csrf=csrf(customer), reason="other")
    assert "cannot be cancelled any more" in customer.page.text


def test_orders_of_others_do_not_exist(customer: Browser, world: World, open_browser: Callable[..., Browser]) -> None:
    to_checkout(customer)
    customer.send("/checkout", **ADDRESS)
    order = next(iter(world.api.orders))
    world.pool.customer_id = "customer-2"
    world.api.sign_up("customer-2")
    other = open_browser()
    other.sign_in()
    for path in (f"/orders/{order}", f"/orders/{order}/payment"):
        other.get(path)
        assert other.response.status_code == 404
    other.post(f"/orders/{order}/cancellation", csrf=csrf(other), reason="other")
    assert other.response.status_code == 404
    assert world.api.orders[order]["status"] == "pending"


def test_profile_and_consents(customer: Browser, world: World) -> None:
    customer.get("/account")
    customer.send("/account/profile", given_name="Ada", phone_number="00353 1 234-5678")
    profile = world.api.profiles["customer-1"]
    assert (profile["given_name"], profile["phone_number"]) == ("Ada", "+35312345678")
    customer.send("/account/profile", given_name="x" * 129, phone_number="12")
    assert customer.response.status_code == 400
    assert customer.page.form("/account/profile").fields["phone_number"] == "12"
    assert profile["given_name"] == "Ada"
    customer.get("/account/consents")
    customer.send("/account/consents", marketing_email="yes")
    assert profile["consents"]["marketing_email"]["given"] is True
    assert "checked" in next(one for one in customer.page.all("input") if one.get("id") == "marketing_email")
    customer.send("/account/consents", marketing_email="")
    assert profile["consents"]["marketing_email"]["given"] is False


def test_erasure_asks_once_and_ends_the_sign_in(customer: Browser, world: World, tables: dict[str, Any]) -> None:
    customer.get("/account/erasure")
    customer.send("/account/erasure")
    assert customer.response.status_code == 400
    assert "customer-1" in world.api.profiles
    customer.send("/account/erasure", sure="yes")
    assert world.api.profiles == {}
    assert world.pool.revoked
    assert not [one for one in tables["sessions"].scan()["Items"] if "access_token" in one["data"]]
    assert "Your data is erased, and you are signed out." in customer.page.text
    assert "Sign out" not in customer.get("/home").text
    customer.sign_in()
    for path in ("/account", "/account/addresses", "/account/consents"):
        assert "There is no customer profile" in customer.get(path).text


def test_too_many_addresses(customer: Browser, world: World) -> None:
    world.api.profiles["customer-1"]["addresses"] = [{**ADDRESS, "address_id": f"a{number}"} for number in range(10)]
    customer.get("/account/addresses/new")
    customer.send("/account/addresses/new", **ADDRESS)
    assert "at most ten addresses" in customer.page.text
