"""Payments: what each answer of the provider comes to, whose money is taken, and when it is given back."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.common.model import now, timestamp
from services.payment_provider.notices import Notice, Signer
from services.payment_provider.shelves import new_key
from tests.services.buying import Buying, kind


def state(buying: Buying, payment: dict[str, Any]) -> str:
    return buying.ask("GET", f"/payments/{payment['payment_id']}").json()["status"]


def charges(buying: Buying) -> dict[str, tuple[str, int, int]]:
    """Status, captured and refunded money of each charge at the provider."""
    return {
        charge["reference"]: (charge["status"], charge["captured_minor"], charge["refunded_minor"])
        for charge in buying.provider.charges()
    }


def challenge(buying: Buying, payment: dict[str, Any], answer: str) -> str:
    page = buying.provider.http.get(payment["action_url"])
    assert "10.00 EUR" in page.text
    assert f'id="{answer}"' in page.text
    return buying.provider.http.post(payment["action_url"], data={"answer": answer}).headers["Location"]


def settled(buying: Buying) -> int:
    return len(buying.shop.told("payments", "payment.settled"))


def test_a_payment_is_of_what_the_order_costs_and_of_its_customer(buying: Buying) -> None:
    order = buying.ordered()
    wrong = buying.pay(order, amount_minor=999)
    assert kind(wrong) == (409, "amount-differs")
    assert wrong.json()["due"] == {"amount_minor": 1000, "currency": "EUR"}
    assert kind(buying.pay(order, currency="USD")) == (409, "amount-differs")
    assert kind(buying.pay({**order, "order_id": "none"})) == (404, "unknown-order")
    with buying.customer("customer-2"):
        assert kind(buying.pay(order)) == (404, "unknown-order")
    payment = buying.pay(order).json()
    with buying.customer("customer-2"):
        assert buying.ask("GET", f"/payments/{payment['payment_id']}").status_code == 404
    assert kind(buying.pay(order, "tok_approve_2")) == (409, "already-paid")
    assert len(charges(buying)) == 1


def test_the_same_payment_again_is_the_same_one(buying: Buying) -> None:
    order = buying.ordered()
    first = buying.pay(order)
    again = buying.pay(order)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert kind(buying.pay(order, method="wallet")) == (409, "key-reused")
    assert settled(buying) == 1


@pytest.mark.parametrize(("token", "code"), [("tok_decline", "insufficient_funds"), ("tok_unheard", "invalid_token")])
def test_a_declined_payment_is_an_answer_and_another_may_be_tried(buying: Buying, token: str, code: str) -> None:
    order = buying.ordered()
    declined = buying.pay(order, token)
    assert (declined.status_code, declined.json()["status"], declined.json()["decline_code"]) == (201, "declined", code)
    assert buying.pay(order).json()["status"] == "settled"
    assert settled(buying) == 1


@pytest.mark.parametrize(("answer", "status"), [("approve", "settled"), ("refuse", "declined")])
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "looked up"])
def test_the_customer_is_asked_and_the_answer_decides(buying: Buying, answer: str, status: str, noticed: bool) -> None:
    order = buying.ordered()
    payment = buying.pay(order, "tok_3ds", return_url="https://store.test/back").json()
    assert (payment["status"], state(buying, payment)) == ("requires_action", "requires_action")
    assert challenge(buying, payment, answer) == "https://store.test/back"
    if noticed:
        assert set(buying.notify()) == {204}
    else:
        buying.later(seconds=61)
        buying.sweep()
    assert state(buying, payment) == status
    assert "has been answered" in buying.provider.http.get(payment["action_url"]).text
    assert settled(buying) == (status == "settled")


def test_an_answer_that_is_lost_leaves_the_payment_pending_until_the_provider_is_asked(buying: Buying) -> None:
    order = buying.ordered()
    payment = buying.pay(order, "tok_timeout").json()
    assert payment["status"] == "pending"
    buying.later(seconds=61)
    buying.sweep()
    assert (state(buying, payment), settled(buying)) == ("settled", 1)


def test_a_payment_that_broke_off_goes_on_with_its_repetition(buying: Buying) -> None:
    order = buying.ordered()
    buying.provider.down = True
    first = buying.pay(order).json()
    buying.provider.down = False
    again = buying.pay(order)
    assert (first["status"], again.status_code, again.json()["status"]) == ("pending", 200, "settled")
    assert (again.json()["payment_id"], settled(buying)) == (first["payment_id"], 1)


def test_a_charge_that_never_reached_the_provider_is_not_made_later(buying: Buying) -> None:
    order = buying.ordered()
    buying.provider.down = True
    payment = buying.pay(order).json()
    assert payment["status"] == "pending"
    buying.provider.down = False
    buying.later(seconds=61)
    buying.sweep()
    assert state(buying, payment) == "cancelled"
    late = {"reference": payment["payment_id"], "order_id": order["order_id"], "token": "tok_approve"}
    money = {"method": "card", "amount_minor": 1000, "currency": "EUR"}
    headers = {"Authorization": "Bearer the-key"}
    assert buying.provider.http.post("/charges", json={**late, **money}, headers=headers).json()["status"] == "voided"
    assert buying.pay(order, "tok_approve_2").json()["status"] == "settled"


def test_a_capture_whose_answer_is_lost_is_settled_once(buying: Buying) -> None:
    order = buying.ordered()
    payment = buying.pay(order, "tok_3ds").json()
    challenge(buying, payment, "approve")
    buying.provider.lost = "/capture"
    assert buying.tell(buying.provider.notices[-1]) == 204
    buying.provider.lost = ""
    buying.later(seconds=61)
    buying.sweep()
    assert (state(buying, payment), settled(buying)) == ("settled", 1)
    assert list(charges(buying).values()) == [("captured", 1000, 0)]


def test_notices_that_come_twice_do_no_harm(buying: Buying) -> None:
    order = buying.ordered()
    payment = buying.pay(order, "tok_webhook_twice").json()
    assert len(buying.provider.notices) == 4
    assert buying.notify() == [204] * 4
    assert (state(buying, payment), settled(buying)) == ("settled", 1)


def test_a_second_attempt_lets_go_of_the_first_which_takes_no_money_whatever_comes(buying: Buying) -> None:
    order = buying.ordered()
    first = buying.pay(order, "tok_3ds").json()
    second = buying.pay(order).json()
    assert (state(buying, first), second["status"]) == ("cancelled", "settled")
    assert "has been answered" in buying.provider.http.get(first["action_url"]).text
    assert charges(buying)[first["payment_id"]] == ("voided", 0, 0)


def test_an_attempt_that_could_not_be_let_go_of_is_when_its_customer_approves_it(buying: Buying) -> None:
    order = buying.ordered()
    first = buying.pay(order, "tok_3ds").json()
    buying.provider.down = True
    second = buying.pay(order, "tok_approve_2").json()
    buying.provider.down = False
    challenge(buying, first, "approve")
    buying.notify()
    assert (state(buying, first), state(buying, second)) == ("cancelled", "pending")
    assert charges(buying)[first["payment_id"]] == ("voided", 0, 0)
    assert settled(buying) == 0


def test_many_payments_at_once_take_the_money_once(buying: Buying) -> None:
    order = buying.ordered()
    buying.shop["payments"]
    with ThreadPoolExecutor(6) as customers:
        answers = list(customers.map(lambda number: buying.pay(order, f"tok_approve_{number}"), range(6)))
    assert all(answer.status_code in (201, 409) for answer in answers), [answer.text for answer in answers]
    buying.later(minutes=2)
    buying.sweep()
    assert sum(captured for _, captured, _ in charges(buying).values()) == 1000
    assert settled(buying) == 1
    assert not buying.shop.items("payments", "DUTY")


def test_an_invoice_of_a_cancelled_order_is_withdrawn(buying: Buying) -> None:
    order = buying.ordered()
    payment = buying.pay(order, method="invoice").json()
    buying.cancel(order)
    assert (state(buying, payment), list(charges(buying).values())) == ("cancelled", [("voided", 0, 0)])


def test_money_that_was_taken_while_the_order_was_cancelled_is_given_back(buying: Buying) -> None:
    order = buying.ordered()
    payment = buying.pay(order, "tok_3ds").json()
    challenge(buying, payment, "approve")
    buying.provider.lost = "/capture"
    assert buying.tell(buying.provider.notices[-1]) == 204
    buying.provider.down = True
    assert buying.cancel(order).json()["cancelled"]["refund"] == "pending"
    buying.provider.down, buying.provider.lost = False, ""
    for _ in range(3):
        buying.later(minutes=2)
        buying.sweep()
    assert (state(buying, payment), buying.order(order)["cancelled"]["refund"]) == ("refunded", "done")
    assert (list(charges(buying).values()), settled(buying)) == ([("captured", 1000, 1000)], 0)
    assert (buying.shop.items("payments", "DUTY"), buying.shop.items("orders", "DUTY")) == ([], [])


def test_a_due_is_renewed_but_never_another_sum_and_never_opened_again(buying: Buying) -> None:
    payments = buying.shop["payments"]

    def put(**change: Any) -> int:
        due = {"customer_id": "c", "amount_minor": 5, "currency": "EUR", "payable_until": timestamp(now()), **change}
        return payments.put("/internal/dues/o-1", json=due).status_code

    assert [put(), put(), put(amount_minor=6), put(customer_id="d")] == [201, 200, 409, 409]
    closed = payments.delete("/internal/dues/o-1")
    assert closed.json() == {"state": "closed", "captured_minor": 0, "refunded_minor": 0, "done": True}
    assert put() == 409
    assert payments.delete("/internal/dues/none").json()["done"] is True


def test_a_notice_must_be_signed_by_the_provider_whole_and_fresh(buying: Buying) -> None:
    buying.pay(buying.ordered())
    good = buying.provider.notices[0]
    altered = Notice(good.body.replace(b"notice_id", b"notice_ix"), good.headers)
    forged = Signer(new_key).notice("x")
    unsigned = Notice(good.body, {"Content-Type": "application/json"})
    assert [buying.tell(notice) for notice in (altered, forged, unsigned)] == [401, 401, 401]
    assert buying.tell(Notice(b"x" * 5000, good.headers)) == 413
    assert buying.tell(good) == 204
    buying.later(minutes=6)
    assert buying.tell(good) == 401
    assert json.loads(good.body).keys() == {"notice_id", "reference", "sent_at"}


def test_the_provider_serves_none_but_the_store(buying: Buying) -> None:
    assert buying.provider.http.post("/charges/x/void", json={}).status_code == 401
    assert buying.provider.http.get("/challenge/%C3%A4").status_code == 404
