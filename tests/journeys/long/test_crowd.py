"""Many customers at once, while processes crash and messages come twice.

A customer pays more often than the scoring lets pass, so that payments are held until a reviewer releases them.
"""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.journeys.shop import Shop, Visitor, until
from tests.journeys.test_journeys import ADDRESS, PASSWORD

CUSTOMERS = 20
ORDERS_EACH = 10
SKU = "TEAPOT-SAGE"
AT_ONCE = 8


class Client:
    """An application of a customer, which calls the API and asks again when it is told to.

    Args:
        address: Where the customer is, of 127.0.0.0/8 (Linux has all of them): web ACLs limit the requests of each, and
            payments of one network (24 bits) are counted.
    """

    def __init__(self, shop: Shop, token: str, address: str) -> None:
        transport = httpx.HTTPTransport(local_address=address)
        self._client = httpx.Client(base_url=f"{shop.url}/api", timeout=60, transport=transport)
        self._client.headers.update({"authorization": f"Bearer {token}", "user-agent": "journey"})
        self._shop = shop

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answers: list[httpx.Response] = []

        def answered() -> bool:
            try:
                answers.append(self._client.request(method, path, **options))
            except httpx.TransportError:
                return False
            # Limits of the API, services that are starting again, and what a crashed one has left undone.
            answer = answers[-1]
            return answer.status_code not in (429, 502, 503, 504) and "Retry-After" not in answer.headers

        # On a slow machine one waits long: as long as orders of others reach the OMS.
        until(answered, progress=lambda: len(self._shop.written("app-oms")))
        return answers[-1]

    def buy(self, number: int) -> str:
        """Order one piece and pay for it; every request is sent twice, as an impatient application does."""
        key = {"Idempotency-Key": f"crowd-{number}"}
        assert self.ask("PUT", f"/carts/items/{SKU}", json={"sku": SKU, "quantity": 1}).status_code == 200
        cart = self.ask("GET", "/carts").json()
        # Many payments for one address would be blocked.
        address = {**ADDRESS, "line_1": f"{number} Harbour Lane"}
        body = {"cart_id": cart["cart_id"], "delivery": "standard", "shipping_address": address}
        first, second = (self.ask("POST", "/orders", json=body, headers=key) for _ in range(2))
        assert first.status_code in (200, 201), first.text
        assert second.json()["order_id"] == first.json()["order_id"]
        order = first.json()
        payment = {
            "order_id": order["order_id"],
            "method": "card",
            "payment_token": "tok_webhook_twice" if number % 3 == 0 else "tok_approve",
            "amount_minor": order["total_minor"],
            "currency": order["currency"],
        }
        for _ in range(2):
            paid = self.ask("POST", "/payments", json=payment, headers=key)
            assert paid.status_code in (200, 201, 409), paid.text
        return order["order_id"]


@pytest.fixture(scope="module")
def clients(shop: Shop) -> list[Client]:
    found = []
    for number in range(CUSTOMERS):
        visitor = Visitor(shop)
        visitor.sign_up(f"crowd-{number}@example.com", PASSWORD)
        found.append(Client(shop, visitor.token(), f"127.0.{number + 2}.1"))
    return found


@contextmanager
def reviewer(shop: Shop) -> Iterator[set[str]]:
    """Somebody of staff who releases each held payment; the keys of those that they released."""
    released: set[str] = set()
    home = threading.Event()

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """None if it was not answered: services crash, and the payment stays in the list."""
        try:
            answer = shop.ask_as_reviewer(method, path, body)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    def work() -> None:
        while not home.wait(0.5):
            for held in (ask("GET", "") or {"reviews": ()})["reviews"]:
                verdict = {"verdict": "release", "reviewer": "grace", "reason": "looks-genuine"}
                if ask("PUT", f"/{held['payment_id']}", verdict):
                    released.add(held["payment_id"])

    with ThreadPoolExecutor(1) as staff:
        shift = staff.submit(work)
        try:
            yield released
        finally:
            home.set()
        shift.result()


@pytest.mark.skipif(sys.platform != "linux", reason="customers have addresses of their own in 127.0.0.0/8")
def test_two_hundred_orders_reach_the_oms_once_each(shop: Shop, clients: list[Client]) -> None:
    total = CUSTOMERS * ORDERS_EACH
    heard = shop.written("app-oms").count("order ")
    counted = {"sku": SKU, "location_id": "warehouse", "available": total, "changed_at": datetime.now(UTC).isoformat()}
    shop.put("inventory", [counted])
    until(lambda: _stock(shop) >= total)

    def all_orders_of(number: int) -> list[str]:
        return [clients[number].buy(number * ORDERS_EACH + turn) for turn in range(ORDERS_EACH)]

    def handed_over() -> int:
        return shop.written("app-oms").count("order ") - heard

    with reviewer(shop) as released, ThreadPoolExecutor(AT_ONCE) as crowd:
        waiting = [crowd.submit(all_orders_of, number) for number in range(CUSTOMERS)]
        for number, label in enumerate(("orders", "payments", "inventory", "carts"), 1):
            until(lambda so_many=20 * number: handed_over() > so_many, progress=handed_over)
            shop.wait(shop.run.context.processes.kill(label))
            shop.wait(shop.run.context.functions.kill("app-order-relay"))
        bought = [order for customer in waiting for order in customer.result()]
        assert len(set(bought)) == total
        until(lambda: handed_over() >= total, progress=handed_over)
        until(
            lambda: set(bought) <= _with_status(shop, "accepted"),
            progress=lambda: len(_with_status(shop, "accepted")),
        )
    assert len(released) > total // 4, "customers who pay often are held"
    assert handed_over() == total, "each order is one message"
    assert _stock(shop) >= 0
    captured = [one for one in shop.charges() if one["captured_minor"] > 0]
    orders = {one["order_id"]: int(one["total_minor"]) for one in shop.items("data-orders") if one["item"] == "ORDER"}
    collected = Counter(dict.fromkeys(bought, 0))
    for charge in captured:
        collected[charge["order_id"]] += charge["captured_minor"] - charge["refunded_minor"]
    assert {order: collected[order] for order in bought} == {order: orders[order] for order in bought}
    assert shop.run.context.journal.denied() == []


def _stock(shop: Shop) -> int:
    """Pieces that are left; below zero if any place has less than none."""
    places = [one for one in shop.items("data-inventory") if one["sku"] == SKU and one["item"].startswith("LOCATION#")]
    pieces = [int(one["available"]) for one in places]
    return sum(pieces) if min(pieces) >= 0 else min(pieces)


def _with_status(shop: Shop, status: str) -> set[str]:
    return {
        one["order_id"] for one in shop.items("data-orders") if one["item"] == "ORDER" and one.get("status") == status
    }
