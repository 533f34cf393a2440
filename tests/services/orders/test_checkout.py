"""From the cart to the placed order, and what a checkout leaves that breaks off."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.buying import ADDRESS, SENT, Buying, kind
from tests.services.tokens import bearer


def test_a_paid_order_is_told_once_sells_its_stock_and_empties_the_cart(buying: Buying) -> None:
    order = buying.ordered(quantity=3)
    assert (order["status"], order["total_minor"], order["lines"][0]["quantity"]) == ("pending", 3000, 3)
    assert (order["shipping_address"]["name"], buying.available("s-1")) == ("Ada", 7)
    assert buying.shop.told("orders") == []
    payment = buying.pay(order).json()
    assert (payment["status"], payment["amount_minor"], payment["refunded_minor"]) == ("settled", 3000, 0)
    assert buying.order(order)["status"] == "pending", "until orders has heard of it"
    buying.deliver()
    after = buying.order(order)
    assert (after["status"], "payment_due_at" in after, "paid_at" in after) == ("paid", False, True)
    (placed,) = buying.shop.told("orders", "order.placed")
    assert (placed["total_minor"], placed["customer_id"], placed["placed_at"]) == (
        3000,
        "customer-1",
        after["placed_at"],
    )
    (moved,) = buying.shop.told("orders", "order.status-changed")
    assert (moved["previous_status"], moved["status"]) == ("placed", "paid")
    assert buying.ask("GET", "/carts").json()["lines"] == []
    assert (buying.available("s-1"), buying.shop.items("orders", "DUTY")) == (7, [])


def test_an_invoice_places_the_order_and_pays_it_later(buying: Buying) -> None:
    order = buying.ordered()
    assert buying.pay(order, method="invoice").json()["status"] == "authorised"
    assert kind(buying.pay(order, "tok_approve_2")) == (409, "already-paid")
    buying.deliver()
    assert buying.order(order)["status"] == "placed"
    (charge,) = buying.provider.charges()
    buying.provider.http.post(f"/admin/charges/{charge['reference']}/pay")
    assert set(buying.notify()) == {204}
    buying.deliver()
    assert buying.order(order)["status"] == "paid"
    assert len(buying.shop.told("orders", "order.placed")) == 1


def test_the_same_key_is_the_same_order_and_another_request_by_it_is_refused(buying: Buying) -> None:
    order = buying.ordered()
    again = buying.check_out()
    assert (again.status_code, again.json()) == (200, order)
    buying.pay(order)
    buying.deliver()
    cart = order["order_id"]
    body = {"cart_id": cart, **SENT}
    assert kind(buying.ask("POST", "/orders", body, Idempotency_Key="key-1")) == (409, "key-reused")
    assert buying.ask("POST", "/orders", body).status_code == 400
    assert len(buying.shop.items("orders", "ORDER")) == 1


REFUSED: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "nowhere to send it": ({"delivery": "express"}, (400, "blank")),
    "nowhere to pick it up": ({"delivery": "pickup"}, (400, "blank")),
    "no such voucher": ({**SENT, "voucher_codes": ["SALE"]}, (409, "unknown-voucher")),
    "another cart": ({**SENT, "cart_id": "another"}, (409, "cart-changed")),
}


@pytest.mark.parametrize(("change", "problem"), REFUSED.values(), ids=REFUSED)
def test_a_checkout_that_cannot_be(buying: Buying, change: dict[str, Any], problem: tuple[int, str]) -> None:
    cart_id = buying.fill("s-1").json()["cart_id"]
    assert kind(buying.ask("POST", "/orders", {"cart_id": cart_id, **change}, Idempotency_Key="k")) == problem
    assert buying.available("s-1") == 10


def test_an_empty_cart_and_one_that_others_were_faster_with_are_no_orders(buying: Buying) -> None:
    assert kind(buying.check_out()) == (409, "empty-cart")
    buying.fill("s-1", 8)
    with buying.customer("customer-2"):
        buying.ordered(quantity=5)
    short = buying.check_out("key-2")
    assert kind(short) == (409, "out-of-stock")
    assert short.json()["unavailable"] == [{"sku": "s-1", "available": 5}]
    buying.ask("PUT", "/carts/items/s-1", {"sku": "s-1", "quantity": 5})
    assert buying.check_out("key-2").status_code == 201, "the key of a refusal may be used again"


@pytest.mark.parametrize("down", ["carts", "inventory", "payments"])
def test_nothing_is_ordered_while_a_service_is_down_and_the_repetition_orders_once(buying: Buying, down: str) -> None:
    buying.fill("s-1", 2)
    cart_id = buying.ask("GET", "/carts").json()["cart_id"]
    body = {"cart_id": cart_id, **SENT}
    buying.shop.down.add(down)
    failed = buying.ask("POST", "/orders", body, Idempotency_Key="k")
    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "2")
    assert buying.ask("GET", "/orders").json() == {"orders": [], "cursor": None}
    buying.shop.down.clear()
    assert buying.available("s-1") == 10
    assert buying.ask("POST", "/orders", body, Idempotency_Key="k").status_code == 201
    assert buying.available("s-1") == 8


def test_an_order_that_nobody_pays_is_cancelled_and_its_stock_is_free_again(buying: Buying) -> None:
    order = buying.ordered(quantity=4)
    buying.later(minutes=21)
    assert kind(buying.pay(order)) == (409, "not-payable")
    buying.sweep()
    assert buying.order(order)["status"] == "pending"
    buying.later(minutes=5)
    buying.sweep()
    buying.sweep()
    assert buying.order(order)["cancelled"]["reason"] == "not-paid"
    assert buying.order(order)["cancelled"]["refund"] == "none"
    assert (buying.available("s-1"), buying.shop.told("orders"), buying.shop.items("orders", "DUTY")) == (10, [], [])


def test_a_payment_whose_event_is_lost_is_found_before_the_order_would_be_cancelled(buying: Buying) -> None:
    order = buying.ordered()
    buying.pay(order)
    buying.later(minutes=26)
    buying.sweep()
    assert buying.order(order)["status"] == "paid"
    buying.deliver()
    assert len(buying.shop.told("orders", "order.placed")) == 1


def test_a_paid_order_whose_stock_was_sold_meanwhile_is_cancelled_and_paid_back(buying: Buying) -> None:
    order = buying.ordered(quantity=6)
    buying.pay(order)
    buying.later(minutes=31)
    with buying.customer("customer-2"):
        buying.ordered(quantity=6)
    (event,) = buying.undelivered()
    buying.hear(*event)
    buying.sweep()
    cancelled = buying.order(order)["cancelled"]
    assert (cancelled["reason"], cancelled["by"], cancelled["refund"]) == ("sold-out", "store", "done")
    assert [charge["refunded_minor"] for charge in buying.provider.charges()] == [6000]
    assert buying.shop.told("orders") == []


def test_orders_are_listed_latest_first_page_by_page_to_their_customer(buying: Buying) -> None:
    buying.article("s-1", 1000, stock=40)
    made = [buying.ordered(key=f"key-{number}")["order_id"] for number in range(3)]
    for number in range(19):
        at = f"2026-01-01T00:00:{number:02}Z"
        facts = {"customer_id": "customer-1", "placed_at": at, "status": "delivered", "currency": "EUR"}
        buying.shop.put("orders", order_id=f"old-{number}", item="ORDER", total_minor=1, line_count=1, **facts)
    first = buying.ask("GET", "/orders").json()
    assert [order["order_id"] for order in first["orders"][:3]] == made[::-1]
    second = buying.ask("GET", f"/orders?cursor={first['cursor']}").json()
    assert ([order["order_id"] for order in second["orders"]], second["cursor"]) == (["old-1", "old-0"], None)
    assert buying.ask("GET", "/orders?cursor=e30").status_code == 400
    with buying.customer("customer-2"):
        assert buying.ask("GET", "/orders").json()["orders"] == []
        assert buying.ask("GET", f"/orders/{made[0]}").status_code == 404
        assert buying.cancel({"order_id": made[0]}).status_code == 404


def test_no_log_holds_what_a_customer_wrote(buying: Buying, logged: Callable[[], list[dict[str, Any]]]) -> None:
    buying.fill("s-1")
    marked = {"name": "Marked-Name", "line_1": "Marked-Street", "city": "Marked-Town"}
    order = buying.check_out(note="Marked-Note", shipping_address={**ADDRESS, **marked}).json()
    buying.pay(order, "tok_approve_Marked-Token", return_url="https://store.test/Marked-Url")
    buying.provider.down = True
    buying.deliver()
    buying.cancel(order)
    assert len(logged()) > 5
    assert "Marked" not in str(logged())
    assert "Marked" not in str(buying.shop.told("orders") + buying.shop.told("payments"))


def test_the_order_management_reads_any_order_by_its_own_token(buying: Buying) -> None:
    order = buying.ordered()
    machine = bearer("orders.read", customer_id="oms", client_id="oms")
    answer = buying.shop["orders"].get(f"/api/orders/{order['order_id']}", headers=machine)
    assert answer.json()["shipping_address"] == {**ADDRESS, "line_2": "", "region": ""}
