"""Cancellation, fulfilment, return, erasure: what is owed is given back, once, however often it is tried."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from functions.common.order_status import move
from tests.services.buying import Buying, kind
from tests.services.tokens import SIGNED


def paid(buying: Buying, quantity: int = 2, key: str = "key-1") -> dict[str, Any]:
    order = buying.ordered(quantity=quantity, key=key)
    assert buying.pay(order).status_code == 201
    buying.deliver()
    return order


def fulfil(buying: Buying, order: dict[str, Any], status: str, at: str = "2100-01-01T00:00:00Z", **facts: str) -> Any:
    body = {"status": status, "changed_at": at, **facts}
    path = f"/api/orders/{order['order_id']}/status"
    answer: httpx.Response = buying.shop["orders"].put(path, json=body, headers=SIGNED)
    return answer


def refunded(buying: Buying) -> list[int]:
    return [charge["refunded_minor"] for charge in buying.provider.charges()]


def test_a_cancelled_pending_order_frees_its_stock_at_once_and_cannot_be_paid(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    cancelled = buying.cancel(order)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    shown = cancelled.json()["cancelled"]
    assert (shown["by"], shown["reason"], shown["refund"]) == ("customer", "changed-mind", "none")
    assert buying.available("s-1") == 10
    assert kind(buying.pay(order)) == (409, "not-payable")
    assert (buying.cancel(order).json(), buying.shop.told("orders")) == (cancelled.json(), [])


def test_a_cancelled_paid_order_is_paid_back_and_its_stock_follows_the_event(buying: Buying) -> None:
    order = paid(buying)
    for _ in range(2):
        assert buying.cancel(order).json()["cancelled"]["refund"] == "done"
    assert refunded(buying) == [2000]
    buying.deliver()
    assert buying.available("s-1") == 10
    events = [event["status"] for event in buying.shop.told("orders", "order.status-changed")]
    assert sorted(events) == ["cancelled", "paid"]


def test_a_refund_that_fails_is_told_as_pending_and_repeated_until_it_is_done(buying: Buying) -> None:
    order = paid(buying)
    buying.provider.down = True
    assert buying.cancel(order).json()["cancelled"]["refund"] == "pending"
    buying.sweep()
    buying.provider.down = False
    buying.later(minutes=16)
    buying.sweep()
    buying.later(minutes=16)
    buying.sweep()
    assert buying.order(order)["cancelled"]["refund"] == "done"
    assert refunded(buying) == [2000]


def test_without_payments_a_cancellation_holds_and_the_refund_follows(buying: Buying) -> None:
    order = paid(buying)
    buying.shop.down.add("payments")
    assert buying.cancel(order).json()["cancelled"]["refund"] == "pending"
    buying.shop.down.clear()
    buying.later(minutes=2)
    buying.sweep()
    assert (buying.order(order)["cancelled"]["refund"], refunded(buying)) == ("done", [2000])


def test_a_payment_that_is_heard_of_after_the_cancellation_is_paid_back(buying: Buying) -> None:
    order = buying.ordered()
    buying.pay(order)
    assert buying.cancel(order).json()["cancelled"]["refund"] == "done"
    buying.deliver()
    buying.sweep()
    after = buying.order(order)
    assert (after["status"], after["cancelled"]["refund"], refunded(buying)) == ("cancelled", "done", [1000])
    assert buying.shop.told("orders") == []


def test_whoever_fulfils_moves_the_order_on_and_never_back(buying: Buying) -> None:
    order = paid(buying)
    assert fulfil(buying, order, "accepted").json() == {**_moved(order, "accepted"), "changed": True}
    assert fulfil(buying, order, "accepted", "2100-01-02T00:00:00Z").json()["changed"] is False
    sent = fulfil(buying, order, "shipped", "2100-01-03T00:00:00Z", carrier="Post", tracking_number="T-1")
    assert sent.json()["changed"] is True
    after = buying.order(order)
    assert (after["status"], after["carrier"], after["tracking_number"]) == ("shipped", "Post", "T-1")
    assert kind(fulfil(buying, order, "picked", "2100-01-04T00:00:00Z")) == (409, "no-such-step")
    assert kind(buying.cancel(order)) == (409, "not-cancellable")
    assert kind(fulfil(buying, {"order_id": "none"}, "picked")) == (404, "unknown-order")


def _moved(order: dict[str, Any], status: str) -> dict[str, Any]:
    return {"order_id": order["order_id"], "status": status}


def test_a_pending_order_is_nothing_to_fulfil(buying: Buying) -> None:
    assert kind(fulfil(buying, buying.ordered(), "accepted")) == (409, "no-such-step")


@pytest.mark.parametrize("by_feed", [False, True])
def test_an_order_that_the_fulfilment_cancels_or_takes_back_is_paid_back(buying: Buying, by_feed: bool) -> None:
    order = paid(buying)
    fulfil(buying, order, "shipped")
    if by_feed:
        buying.shop["orders"]
        assert move(order["order_id"], "returned", datetime(2100, 1, 5, tzinfo=UTC))
    else:
        fulfil(buying, order, "returned", "2100-01-05T00:00:00Z", reason="broken")
    assert buying.order(order)["returned"]["refund"] == "pending"
    buying.sweep()
    assert (buying.order(order)["returned"]["refund"], refunded(buying)) == ("done", [2000])


def test_an_erased_customer_leaves_orders_without_contact_data_when_they_have_ended(buying: Buying) -> None:
    done, open_ = paid(buying), paid(buying, 1, "key-2")
    fulfil(buying, done, "delivered")
    buying.shop.hear("orders", "customer.erased", {"customer_id": "customer-1"})
    buying.sweep()
    assert "shipping_address" not in buying.order(done)
    assert "shipping_address" in buying.order(open_), "it is on its way there"
    fulfil(buying, open_, "delivered")
    buying.later(days=1, minutes=1)
    buying.sweep()
    assert "shipping_address" not in buying.order(open_)
    assert (buying.order(open_)["total_minor"], buying.shop.items("orders", "DUTY")) == (1000, [])
