"""The checkout as a whole, in whatever order things happen: customers, the provider, lost answers, crashes between two
steps, events twice and in any order. In the end every paid order is told once, no stock is below zero, and the money
that the provider has kept is that of the paid orders.
"""

import random
from typing import Any

import pytest
from botocore.client import BaseClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.common.model import now
from functions.common.order_status import NoSuchStepError, move
from services.payment_provider.held import TOKENS
from tests.services.buying import Buying
from tests.services.conftest import open_shop

STOCK = {"s-1": 4, "s-2": 2}
PRICE = {"s-1": 700, "s-2": 1100}
CUSTOMERS = ("customer-1", "customer-2")


class CrashError(Exception):
    """The process has ended between two steps."""


class Saga(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.environment = pytest.MonkeyPatch()
        self.opened = open_shop(self.environment)
        self.buying = Buying(self.opened.__enter__(), self.environment)
        for sku, stock in STOCK.items():
            self.buying.article(sku, PRICE[sku], stock=stock)
        self.orders: dict[str, dict[str, Any]] = {}
        self.tries = 0
        self.left: int | None = None
        """Calls of AWS by services until the process crashes."""
        call = BaseClient._make_api_call

        def counted(*args: Any) -> Any:
            if self.left is not None and args[0] is not self.buying.shop.client:
                self.left -= 1
                if self.left < 0:
                    self.left = None
                    raise CrashError
            return call(*args)

        self.environment.setattr(BaseClient, "_make_api_call", counted)

    def teardown(self) -> None:
        try:
            self._come_to_rest()
            self._judge()
        finally:
            self.opened.__exit__(None, None, None)
            self.environment.undo()

    # What may happen

    @rule(customer=st.sampled_from(CUSTOMERS), sku=st.sampled_from(sorted(STOCK)), quantity=st.integers(1, 3))
    def buy(self, customer: str, sku: str, quantity: int) -> None:
        self.tries += 1
        with self.buying.customer(customer):
            self.buying.fill(sku, quantity)
            self._check_out(customer, f"key-{self.tries}")

    @precondition(lambda self: self.tries)
    @rule(customer=st.sampled_from(CUSTOMERS))
    def check_out_again(self, customer: str) -> None:
        with self.buying.customer(customer):
            self._check_out(customer, f"key-{self.tries}")

    def _check_out(self, customer: str, key: str) -> None:
        answer = self.buying.check_out(key)
        if answer.is_success:
            self.orders[answer.json()["order_id"]] = {**answer.json(), "customer_id": customer}

    @precondition(lambda self: self.orders)
    @rule(
        chance=st.randoms(),
        token=st.sampled_from(TOKENS),
        again=st.booleans(),
        method=st.sampled_from(["card", "invoice"]),
    )
    def pay(self, chance: random.Random, token: str, again: bool, method: str) -> None:
        order = self._any(chance)
        self.tries += not again
        with self.buying.customer(order["customer_id"]):
            self.buying.pay(order, f"{token}_{self.tries}", method)

    @precondition(lambda self: self.orders)
    @rule(chance=st.randoms())
    def cancel(self, chance: random.Random) -> None:
        order = self._any(chance)
        with self.buying.customer(order["customer_id"]):
            self.buying.cancel(order)

    @precondition(lambda self: self.orders)
    @rule(chance=st.randoms(), status=st.sampled_from(["accepted", "shipped", "cancelled", "returned"]))
    def fulfil(self, chance: random.Random, status: str) -> None:
        self.buying.shop["orders"]
        try:
            move(self._any(chance)["order_id"], status, now())
        except (NoSuchStepError, CrashError):
            return

    @rule(chance=st.randoms(), approved=st.booleans())
    def answer_the_bank(self, chance: random.Random, approved: bool) -> None:
        waiting = [held for held in self.buying.provider.charges() if held["status"] == "requires_action"]
        if waiting:
            url = self.buying.provider.action_url(chance.choice(waiting)["reference"])
            self.buying.provider.http.post(url, data={"answer": "approve" if approved else "refuse"})

    @rule()
    def invoices_are_paid(self) -> None:
        self.buying.provider.pay_invoices()

    @rule(chance=st.randoms(), kept=st.booleans())
    def notices_come(self, chance: random.Random, kept: bool) -> None:
        notices = list(self.buying.provider.notices)
        self.buying.notify(chance)
        if kept:  # they come once more
            self.buying.provider.notices += notices[:4]

    @rule(chance=st.randoms(), again=st.booleans())
    def an_event_comes(self, chance: random.Random, again: bool) -> None:
        events = self.buying.events() if again else self.buying.undelivered()
        if events:
            try:
                self.buying.hear(*chance.choice(events))
            except CrashError:
                return

    @rule(minutes=st.sampled_from([1, 6, 31]))
    def time_goes_by(self, minutes: int) -> None:
        self.buying.later(minutes=minutes)

    @rule()
    def duties_are_seen_to(self) -> None:
        try:
            self.buying.sweep()
        except CrashError:
            return

    @rule(down=st.booleans(), lost=st.sampled_from(["", "/charges", "/capture", "/void", "/refunds"]))
    def the_provider_changes(self, down: bool, lost: str) -> None:
        self.buying.provider.down, self.buying.provider.lost = down, lost

    @rule(service=st.sampled_from(["", "inventory", "payments", "carts"]))
    def a_service_is_down(self, service: str) -> None:
        self.buying.shop.down.clear()
        if service:
            self.buying.shop.down.add(service)

    @rule(calls=st.integers(0, 12))
    def a_process_will_crash(self, calls: int) -> None:
        self.left = calls

    @invariant()
    def no_stock_is_below_zero(self) -> None:
        assert all(item["available"] >= 0 for item in self.buying.shop.items("inventory", "LOCATION#"))

    # What must be in the end

    def _come_to_rest(self) -> None:
        self.left = None
        self.buying.provider.down, self.buying.provider.lost = False, ""
        self.buying.shop.down.clear()
        for _ in range(4):
            self.buying.later(minutes=31)
            self.buying.notify()
            self.buying.deliver()
            self.buying.sweep()
        self.buying.deliver()

    def _judge(self) -> None:
        orders = {item["order_id"]: item for item in self.buying.shop.items("orders", "ORDER")}
        placed = [event["order_id"] for event in self.buying.shop.told("orders", "order.placed")]
        assert sorted(placed) == sorted(order_id for order_id, order in orders.items() if order.get("was_placed"))
        kept = dict.fromkeys(orders, 0)
        for charge in self.buying.provider.charges():
            if "order_id" in charge:
                kept[charge["order_id"]] += charge["captured_minor"] - charge["refunded_minor"]
        ended = ("cancelled", "returned")
        for order_id, order in orders.items():
            live = order["status"] not in ended
            assert order["status"] != "pending"
            assert live <= (order_id in placed)
            assert kept[order_id] == (order["total_minor"] if live and "paid_at" in order else 0)
            assert live or order["refund"] in ("none", "done")
        assert not self.buying.shop.items("orders", "DUTY")
        self._judge_stock(orders)

    def _judge_stock(self, orders: dict[str, dict[str, Any]]) -> None:
        sold = dict.fromkeys(STOCK, 0)
        for line in self.buying.shop.items("orders", "LINE#"):
            order = orders[line["order_id"]]
            if order.get("was_placed") and order["status"] != "cancelled":
                sold[line["sku"]] += int(line["quantity"])
        assert {sku: self.buying.available(sku) for sku in STOCK} == {sku: STOCK[sku] - sold[sku] for sku in STOCK}

    def _any(self, chance: random.Random) -> dict[str, Any]:
        return self.orders[chance.choice(sorted(self.orders))]


Saga.TestCase.settings = settings(max_examples=4, stateful_step_count=20, deadline=None)
test_the_saga = Saga.TestCase
