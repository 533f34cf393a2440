"""What a checkout costs: lines, delivery and taxes, by the parties or by the store's own rates."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common import names
from services.common.bodies import Delivery, OrderRequest, ShipTo
from services.common.problems import ProblemError, unavailable
from services.orders import checkout
from services.orders import party as parties
from services.orders.order import Line
from services.orders.party import Breaker
from services.orders.quote import quote
from tests.services.buying import ADDRESS, PROVIDER, Buying, kind

PLACE = {name: ADDRESS[name] for name in ("postal_code", "city", "country")}
OWN = {
    "deliveries": {"standard": {"EUR": 500}, "express": {"EUR": 900}, "pickup": {}},
    "tax": {"rates": {"DE": 19}, "pickup": {"country": "DE", "postal_code": "10115", "city": "Berlin"}},
}
ADDED = {**OWN, "tax": {**OWN["tax"], "included": False}}


@pytest.fixture
def asked(buying: Buying, monkeypatch: pytest.MonkeyPatch) -> Buying:
    """A store with the simulated parties, and rates of its own."""
    monkeypatch.setattr(parties, "BREAKERS", {"shipping": Breaker(), "tax": Breaker()})
    http = httpx.Client(transport=httpx.MockTransport(buying.provider.answer))
    monkeypatch.setattr(parties, "client", lambda: http)
    monkeypatch.setenv(names.SHIPPING_URL, f"{PROVIDER}/shipping")
    monkeypatch.setenv(names.TAX_URL, f"{PROVIDER}/tax")
    monkeypatch.setenv(names.CHECKOUT, json.dumps(OWN))
    return buying


def quoted(buying: Buying, **facts: Any) -> httpx.Response:
    cart_id = buying.ask("GET", "/carts").json()["cart_id"]
    return buying.ask("POST", "/orders/quotes", {"cart_id": cart_id, "delivery": "standard", "ship_to": PLACE, **facts})


def to(postal_code: str) -> dict[str, Any]:
    return {**ADDRESS, "postal_code": postal_code}


def test_a_store_without_parties_and_rates_is_as_it_was(buying: Buying) -> None:
    buying.fill("s-1", 2)
    found = quoted(buying).json()
    assert (found["total_minor"], found["delivery_minor"], found["tax_minor"]) == (2000, 0, 0)
    assert "included_tax_minor" not in found
    assert {one["delivery"]: one["price_minor"] for one in found["deliveries"]} == {
        "standard": 0,
        "express": 0,
        "pickup": 0,
    }
    assert quoted(buying, ship_to=PLACE | {"country": "NZ"}).json()["total_minor"] == 2000
    order = buying.check_out().json()
    assert (order["total_minor"], "estimated" in order, "tax_minor" in order["lines"][0]) == (2000, False, False)


def test_parties_price_the_delivery_and_reckon_the_taxes_of_an_order(asked: Buying) -> None:
    asked.fill("s-1", 2)
    found = quoted(asked).json()
    assert (found["goods_minor"], found["delivery_minor"], found["total_minor"]) == (2000, 540, 2540)
    assert (found["tax_minor"], found["included_tax_minor"]) == (0, 319 + 86)
    assert {one["delivery"]: one["price_minor"] for one in found["deliveries"]} == {
        "standard": 540,
        "express": 1040,
        "pickup": 0,
    }
    order = asked.check_out(total_minor=2540).json()
    assert (order["delivery_minor"], order["total_minor"], order["lines"][0]["tax_minor"]) == (540, 2540, 319)
    assert asked.pay(order).json()["amount_minor"] == 2540
    asked.deliver()
    assert asked.order(order)["status"] == "paid"
    (placed,) = asked.shop.told("orders", "order.placed")
    assert (placed["delivery"], placed["delivery_minor"], placed["total_minor"]) == ("standard", 540, 2540)
    assert (placed["included_tax_minor"], placed["lines"][0]["tax_minor"]) == (405, 319)


def test_taxes_that_are_added_are_part_of_what_is_paid(asked: Buying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(names.CHECKOUT, json.dumps(ADDED))
    order = asked.ordered(quantity=2)
    assert (order["tax_minor"], order["total_minor"]) == (380 + 103, 2000 + 540 + 483)
    assert asked.pay(order).json()["status"] == "settled"
    asked.deliver()
    assert asked.order(order)["status"] == "paid"


def test_an_order_that_costs_anything_but_what_was_shown_is_refused(asked: Buying) -> None:
    asked.fill("s-1", 2)
    refused = asked.check_out(total_minor=2000)
    assert kind(refused) == (409, "total-differs")
    assert refused.json()["quote"]["total_minor"] == 2540
    assert (asked.available("s-1"), asked.provider.charges()) == (10, [])
    assert asked.check_out(total_minor=2540).status_code == 201, "the key of a refusal may be used again"


def test_an_option_that_has_gone_since_it_was_shown_is_refused(asked: Buying) -> None:
    asked.fill("s-1")
    assert quoted(asked).status_code == 200
    gone = asked.check_out(shipping_address=to("00000"), total_minor=1490)
    assert kind(gone) == (409, "delivery-not-offered")
    assert gone.json()["deliveries"] == [{"delivery": "pickup", "price_minor": 0}]
    assert asked.available("s-1") == 10


def test_what_is_picked_up_waits_for_no_carrier_and_is_taxed_at_the_store(asked: Buying) -> None:
    asked.fill("s-1")
    asked.provider.lost = "/shipping/"
    order = asked.check_out(delivery="pickup", location_id="store", shipping_address=ADDRESS).json()
    assert (order["delivery_minor"], order["total_minor"], order["included_tax_minor"]) == (0, 1000, 160)


@pytest.mark.parametrize("where", ["/shipping/", "/tax/"])
def test_nothing_is_ordered_while_a_party_does_not_answer(asked: Buying, where: str) -> None:
    asked.fill("s-1")
    asked.provider.lost = where
    failed = asked.check_out()
    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "2")
    assert asked.ask("GET", "/orders").json()["orders"] == []
    assert asked.available("s-1") == 10
    asked.provider.lost = ""
    assert asked.check_out().json()["total_minor"] == 1490


@pytest.mark.parametrize(
    ("where", "estimated", "costs"), [("/shipping/", ["delivery"], (500, 1500)), ("/tax/", ["tax"], (490, 1490))]
)
def test_a_store_that_says_so_goes_on_by_its_own_rates_and_marks_the_order(
    asked: Buying, monkeypatch: pytest.MonkeyPatch, where: str, estimated: list[str], costs: tuple[int, int]
) -> None:
    monkeypatch.setenv(names.CHECKOUT, json.dumps({**OWN, "unanswered": "rates"}))
    asked.provider.lost = where
    order = asked.ordered()
    assert order["estimated"] == estimated
    assert (order["delivery_minor"], order["total_minor"]) == costs
    asked.pay(order)
    asked.provider.lost = ""
    asked.deliver()
    assert asked.order(order)["total_minor"] == costs[1]
    (placed,) = asked.shop.told("orders", "order.placed")
    assert (placed["estimated"], placed["total_minor"]) == (estimated, costs[1])


def test_parties_that_are_switched_off_leave_the_store_its_own_prices(
    asked: Buying, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (names.SHIPPING_URL, names.TAX_URL):
        monkeypatch.setenv(variable, names.OFF)
    asked.provider.down = True
    asked.fill("s-1")
    found = quoted(asked).json()
    assert (found["total_minor"], found["included_tax_minor"], "estimated" in found) == (1500, 160 + 80, False)


def test_a_checkout_that_breaks_off_and_costs_something_else_then_is_shown_again(
    asked: Buying, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.fill("s-1")

    def ends(*_: Any) -> bool:
        raise unavailable("the table of orders")

    with monkeypatch.context() as crash:
        crash.setattr(checkout, "write", ends)
        assert asked.check_out().status_code == 503
    monkeypatch.setenv(names.SHIPPING_URL, names.OFF)
    assert kind(asked.check_out()) == (409, "cart-changed"), "490 are due already"
    assert asked.available("s-1") == 10
    order = asked.check_out("key-2").json()
    assert (order["total_minor"], asked.pay(order).json()["status"]) == (1500, "settled")


@pytest.mark.parametrize("where", ["/shipping/", "/tax/"])
@pytest.mark.parametrize("unanswered", ["refuse", "rates"])
def test_a_place_that_a_party_does_not_know_is_the_customers_to_correct(
    asked: Buying, monkeypatch: pytest.MonkeyPatch, where: str, unanswered: str
) -> None:
    monkeypatch.setenv(names.CHECKOUT, json.dumps({**OWN, "unanswered": unanswered}))
    asked.fill("s-1")
    answer = asked.provider.answer
    wrong = httpx.Client(
        transport=httpx.MockTransport(
            lambda request: httpx.Response(400) if where in request.url.path else answer(request)
        )
    )
    with monkeypatch.context() as patch:
        patch.setattr(parties, "client", lambda: wrong)
        for _ in range(6):
            assert kind(asked.check_out()) == (409, "address-refused")
    assert asked.check_out().status_code == 201, "others order"


def test_without_a_rate_of_its_own_the_store_waits_for_the_party(
    asked: Buying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(names.CHECKOUT, json.dumps({**ADDED, "unanswered": "rates"}))
    asked.fill("s-1")
    asked.provider.lost = "/tax/"
    assert quoted(asked, ship_to=PLACE | {"country": "FR"}).status_code == 503


def test_a_request_is_the_same_one_before_and_after_it_could_name_a_total() -> None:
    body = {"cart_id": "c-1", "delivery": "pickup", "location_id": "store"}
    assert "total_minor" not in OrderRequest.model_validate(body).model_dump(mode="json")
    assert OrderRequest.model_validate({**body, "total_minor": 0}).model_dump(mode="json")["total_minor"] == 0


NOT_OFFERED: dict[str, tuple[dict[str, Any], Delivery, str, str]] = {
    "a currency without a price": (OWN, "standard", "USD", "DE"),
    "a way that the store has not": ({"deliveries": {"express": None}}, "express", "EUR", "DE"),
    "a country without a rate, where taxes are added": (ADDED, "standard", "EUR", "FR"),
}


@pytest.mark.parametrize(("own", "delivery", "currency", "country"), NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_what_the_store_cannot_price_it_does_not_offer(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, Any], delivery: Delivery, currency: str, country: str
) -> None:
    monkeypatch.setenv(names.CHECKOUT, json.dumps(own))
    place = ShipTo(country=country, postal_code="1", city="Town")
    with pytest.raises(ProblemError) as refused:
        quote([Line("s-1", "p-1", "Shirt", 1, 1000)], currency, delivery, place)
    assert (refused.value.status, refused.value.kind) == (409, "delivery-not-offered")


def test_a_quote_needs_a_place_and_the_cart_that_the_customer_saw(buying: Buying) -> None:
    buying.fill("s-1")
    cart_id = buying.ask("GET", "/carts").json()["cart_id"]
    body = {"cart_id": cart_id, "delivery": "express"}
    assert buying.ask("POST", "/orders/quotes", body).status_code == 400
    assert kind(buying.ask("POST", "/orders/quotes", {**body, "ship_to": PLACE, "cart_id": "x"})) == (
        409,
        "cart-changed",
    )
    assert kind(buying.ask("POST", "/orders/quotes", {**body, "ship_to": PLACE}, If_Match='"old"')) == (
        409,
        "cart-changed",
    )


AMOUNTS = st.integers(0, 100_000)
PERCENTS = st.decimals(0, 50, places=3)


def answering(prices: dict[str, int], share: float) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if request.url.path == "/delivery-options":
            options = [{"option": name, "price_minor": price} for name, price in prices.items()]
            return httpx.Response(200, json={"currency": body["currency"], "options": options})
        taxes = [{"sku": line["sku"], "tax_minor": int(line["amount_minor"] * share)} for line in body["lines"]]
        delivery = int(body["delivery_minor"] * share)
        return httpx.Response(200, json={"currency": "EUR", "lines": taxes, "delivery_tax_minor": delivery})

    return answer


@given(
    lines=st.lists(st.tuples(st.integers(1, 99), AMOUNTS), min_size=1, max_size=6),
    own=st.tuples(AMOUNTS, AMOUNTS, PERCENTS),
    theirs=st.tuples(AMOUNTS, AMOUNTS, st.floats(0, 1)),
    included=st.booleans(),
    fails=st.sampled_from([None, "shipping", "tax"]),
    has=st.tuples(st.booleans(), st.booleans()),
    delivery=st.sampled_from(["standard", "express", "pickup"]),
)
def test_the_total_is_lines_and_delivery_and_added_tax_whoever_reckons(
    lines: list[tuple[int, int]],
    own: tuple[int, int, Any],
    theirs: tuple[int, int, float],
    included: bool,
    fails: str | None,
    has: tuple[bool, bool],
    delivery: Delivery,
) -> None:
    percent = float(own[2])
    settings = {
        "unanswered": "rates",
        "deliveries": {"standard": {"EUR": own[0]}, "express": {"EUR": own[1]}, "pickup": {}},
        "tax": {"included": included, "rates": {"DE": percent}, "pickup": OWN["tax"]["pickup"]},
    }
    answer = answering({"standard": theirs[0], "express": theirs[1]}, theirs[2])

    def reached(request: httpx.Request) -> httpx.Response:
        failing = fails is not None and request.url.host == f"{fails}.test"
        return httpx.Response(500) if failing else answer(request)

    with pytest.MonkeyPatch.context() as environment:
        environment.setattr(parties, "BREAKERS", {"shipping": Breaker(), "tax": Breaker()})
        environment.setattr(parties, "client", lambda: httpx.Client(transport=httpx.MockTransport(reached)))
        environment.setenv(names.CHECKOUT, json.dumps(settings))
        for there, kind_of, variable in zip(has, ("shipping", "tax"), (names.SHIPPING_URL, names.TAX_URL), strict=True):
            environment.setenv(variable, f"https://{kind_of}.test" if there else names.OFF)
        wanted = [Line(f"s-{number}", "p", "n", pieces, price) for number, (pieces, price) in enumerate(lines)]
        found = quote(wanted, "EUR", delivery, ShipTo(country="DE", postal_code="1", city="Town"))
    goods = sum(pieces * price for pieces, price in lines)
    by_carrier = has[0] and fails != "shipping"
    prices = {"standard": 0, "express": 1}
    price = 0 if delivery == "pickup" else (theirs if by_carrier else own)[prices[delivery]]
    assert found.delivery_minor == price
    assert found.taxes is not None
    taxes = [*found.taxes.lines, found.taxes.delivery]
    assert all(0 <= tax <= amount for tax, amount in zip(taxes, [*(a * b for a, b in lines), price], strict=True))
    assert found.total_minor == goods + price + (0 if included else sum(taxes))
    amounts = found.amounts
    assert amounts["total_minor"] == amounts["goods_minor"] + amounts["delivery_minor"] + amounts["tax_minor"]
    assert amounts.get("included_tax_minor", 0) == (sum(taxes) if included else 0)
    guessed = {"delivery": has[0] and fails == "shipping" and delivery != "pickup", "tax": has[1] and fails == "tax"}
    assert found.estimated == tuple(name for name, is_so in guessed.items() if is_so)
    assert sum(line.tax_minor or 0 for line in found.taxed(wanted)) == sum(found.taxes.lines)
