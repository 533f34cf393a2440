"""Payments that are held: who releases or refuses them, and what becomes of their orders."""

import pytest

from functions.common.names import CALLER_HEADER
from tests.services.buying import Buying, kind
from tests.services.scoring import outcomes, reviews, verdict
from tests.services.tokens import SIGNED


@pytest.mark.usefixtures("scoring")
def test_a_risky_payment_is_held_and_nothing_is_captured_until_it_is_released(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    payment = buying.pay(order).json()
    assert (payment["status"], outcomes(buying)) == ("held", [("authorised", 0)])
    buying.deliver()
    seen = buying.order(order)
    assert (seen["status"], seen["in_review"]["until"]) == ("pending", buying.shop.told("payments")[0]["held_until"])
    (waiting,) = reviews(buying)
    assert (waiting["payment_id"], waiting["score"], waiting["customer_id"]) == (
        payment["payment_id"],
        50,
        "customer-1",
    )
    assert waiting["reasons"] == [{"rule": "first-order-amount", "points": 50, "found": 2000, "limit": 1500}]

    assert verdict(buying, payment, "release").json()["status"] == "settled"
    buying.deliver()
    assert (buying.order(order)["status"], outcomes(buying)) == ("paid", [("captured", 2000)])
    assert "in_review" not in buying.order(order)
    assert reviews(buying) == []
    assert len(buying.shop.told("orders", "order.placed")) == 1


@pytest.mark.usefixtures("scoring")
def test_a_payment_that_is_refused_is_voided_and_its_order_ends(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    payment = buying.pay(order).json()
    buying.deliver()
    assert verdict(buying, payment, "refuse").json()["status"] == "cancelled"
    buying.deliver()
    assert outcomes(buying) == [("voided", 0)]
    ended = buying.order(order)["cancelled"]
    assert (ended["by"], ended["reason"], ended["refund"]) == ("store", "not-accepted", "none")
    assert (buying.available("s-1"), buying.shop.told("orders", "order.placed")) == (10, [])
    assert buying.shop.told("payments", "payment.refused")[0]["cause"] == "refuse"


@pytest.mark.usefixtures("scoring")
def test_a_verdict_counts_once_and_another_one_comes_too_late(buying: Buying) -> None:
    payment = buying.pay(buying.ordered(quantity=2)).json()
    first, again = (verdict(buying, payment, "release") for _ in range(2))
    assert (first.json(), again.status_code) == (again.json(), 200)
    assert kind(verdict(buying, payment, "refuse")) == (409, "not-held")
    assert len(buying.shop.told("payments", "payment.settled")) == 1
    assert kind(verdict(buying, {"payment_id": "none"}, "refuse")) == (404, "unknown-payment")


@pytest.mark.usefixtures("scoring")
def test_a_payment_that_was_never_held_has_no_verdict(buying: Buying) -> None:
    payment = buying.pay(buying.ordered()).json()
    assert kind(verdict(buying, payment, "release")) == (409, "not-held")


@pytest.mark.usefixtures("scoring")
def test_an_order_keeps_its_stock_as_long_as_it_is_reviewed_and_no_longer(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    buying.pay(order)
    for _ in range(23 * 3):
        buying.later(minutes=20)
        buying.sweep()
        assert buying.available("s-1") == 8
    assert buying.order(order)["status"] == "pending"
    buying.later(hours=1, minutes=1)
    buying.sweep()
    buying.deliver()
    assert outcomes(buying) == [("voided", 0)]
    assert (buying.order(order)["cancelled"]["reason"], buying.available("s-1")) == ("not-accepted", 10)
    assert buying.shop.told("payments", "payment.refused")[0]["cause"] == "expired"


@pytest.mark.usefixtures("scoring")
def test_an_order_whose_refusal_is_lost_ends_all_the_same(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    payment = buying.pay(order).json()
    buying.later(minutes=26)
    buying.sweep()
    assert buying.order(order)["in_review"]
    verdict(buying, payment, "refuse")
    buying.later(minutes=21)
    buying.sweep()
    assert buying.order(order)["cancelled"]["reason"] == "not-accepted"


@pytest.mark.usefixtures("scoring")
def test_a_customer_may_cancel_while_the_payment_is_held(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    payment = buying.pay(order).json()
    buying.deliver()
    assert buying.cancel(order).status_code == 200
    assert (outcomes(buying), buying.available("s-1")) == ([("voided", 0)], 10)
    assert reviews(buying) == []
    assert kind(verdict(buying, payment, "release")) == (409, "not-held")


@pytest.mark.usefixtures("scoring")
def test_an_order_under_review_takes_no_other_payment(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    buying.pay(order)
    assert kind(buying.pay(order, "tok_approve_2")) == (409, "in-review")


@pytest.mark.usefixtures("scoring")
def test_a_held_payment_that_the_provider_ends_ends_the_order(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    payment = buying.pay(order).json()
    headers = {"Authorization": "Bearer the-key"}
    buying.provider.http.post(f"/charges/{payment['payment_id']}/void", json={}, headers=headers)
    buying.later(hours=7)
    buying.sweep()
    buying.deliver()
    assert buying.order(order)["cancelled"]["reason"] == "not-accepted"
    assert buying.shop.told("payments", "payment.refused")[0]["cause"] == "provider"


@pytest.mark.parametrize(("word", "kept"), [("release", 2000), ("refuse", 0)])
@pytest.mark.usefixtures("scoring")
def test_an_invoice_that_is_paid_under_review_is_settled_or_given_back(buying: Buying, word: str, kept: int) -> None:
    order = buying.ordered(quantity=2)
    payment = buying.pay(order, method="invoice").json()
    assert payment["status"] == "held"
    buying.provider.pay_invoices()
    assert set(buying.notify()) == {204}
    assert reviews(buying)[0]["payment_id"] == payment["payment_id"]
    verdict(buying, payment, word)
    for _ in range(2):
        buying.deliver()
        buying.later(minutes=2)
        buying.sweep()
    (charge,) = buying.provider.charges()
    assert charge["captured_minor"] - charge["refunded_minor"] == kept
    assert buying.order(order)["status"] == ("paid" if kept else "cancelled")


@pytest.mark.usefixtures("scoring")
def test_reviews_are_for_those_whom_the_api_let_in_by_signature(buying: Buying) -> None:
    payment = buying.pay(buying.ordered(quantity=2)).json()
    for path in ("reviews", "%72eviews"):
        answer = buying.ask("GET", f"/payments/{path}")
        assert answer.status_code in (403, 404), answer.text
    assert verdict(buying, payment, "release").status_code == 200
    (kept,) = [item["verdict"] for item in buying.shop.items("payments", "PAYMENT")]
    assert kept["caller"] == SIGNED[CALLER_HEADER]
