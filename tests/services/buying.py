"""A customer who buys: cart, checkout, payment at the simulated provider, and events on their way between services."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any

import httpx
import pytest

from functions.common import names
from functions.common import stock as stocks
from functions.common.names import CLIENT_HEADER
from services.common.app import make
from services.orders import duties
from services.payment_provider.notices import Notice
from services.payment_provider.server import Simulation, for_tests, routes
from services.payment_provider.shelves import Memory
from services.payments import progress
from services.payments import provider as provider_module
from tests.services.shop import InProcess, Shop
from tests.services.tokens import answer_keys, bearer

PROVIDER = "https://provider.test"
PROVIDER_KEY = "the-key"
ADDRESS = {"name": "Ada", "line_1": "1 Street", "postal_code": "12345", "city": "Town", "country": "DE"}
SENT = {"delivery": "standard", "shipping_address": ADDRESS}
# Who hears what, as Pulumi.yaml says.
_OUTBOXES = {
    "orders": {"order.placed": ("carts", "inventory"), "order.status-changed": ("inventory",)},
    "payments": {f"payment.{what}": ("orders",) for what in ("settled", "authorised", "held", "refused")},
}
_SCOPES = ("carts.read", "carts.write", "orders.read", "orders.write", "payments.read", "payments.write")


def kind(answer: httpx.Response) -> tuple[int, str]:
    """Status of a refusal and what kind of problem it names."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


class Provider:
    """The simulated provider behind a network that loses answers."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.down = False
        self.lost = ""
        """Part of a path: what is asked there is done, and the answer is lost."""
        simulation = Simulation.on(Memory(), PROVIDER, self.notices.append, key=PROVIDER_KEY, late_seconds=0)
        self.app = make("payment-provider", {"": routes(lambda: simulation), "/admin": for_tests(lambda: simulation)})
        self._transport = InProcess(self.app)
        self.http = httpx.Client(transport=self._transport, base_url=PROVIDER)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down", request=request)
        answer = self._transport.handle_request(request)
        late = request.url.path == "/charges" and b"tok_timeout" in request.content
        if late or (self.lost and self.lost in request.url.path):
            raise httpx.ReadTimeout("late", request=request)
        return answer

    def action_url(self, reference: str) -> str:
        """Where the customer answers for a charge."""
        charge = self.http.get(f"/charges/{reference}", headers={"Authorization": f"Bearer {PROVIDER_KEY}"})
        return charge.json()["action_url"]

    def pay_invoices(self) -> None:
        """All customers pay what they have an invoice of."""
        for charge in self.charges():
            if charge.get("method") == "invoice" and charge["status"] == "authorised":
                self.http.post(f"/admin/charges/{charge['reference']}/pay")

    def charges(self) -> list[dict[str, Any]]:
        return self.http.get("/admin/charges").json()["charges"]


class Buying:
    """
    Args:
        customer_id: Whoever buys, if nobody else is named.
    """

    def __init__(self, shop: Shop, environment: pytest.MonkeyPatch, customer_id: str = "customer-1") -> None:
        self.shop, self.customer_id, self.provider = shop, customer_id, Provider()
        environment.setenv(names.PAYMENT_PROVIDER_URL, PROVIDER)
        environment.setenv(names.PAYMENT_PROVIDER_KEY, PROVIDER_KEY)
        store = httpx.Client(transport=httpx.MockTransport(self.provider.answer))
        environment.setattr(provider_module, "client", lambda: store)
        keys = httpx.Client(transport=httpx.MockTransport(self._keys))
        environment.setattr(httpx, "get", keys.get)
        self.client: str | None = None
        """Address of the customer's device, if the edge gives one."""
        self._clock = _Clock(environment)
        self._heard: set[tuple[str, str, str]] = set()

    def _keys(self, request: httpx.Request) -> httpx.Response:
        return self.provider.answer(request) if request.url.host == "provider.test" else answer_keys(request)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request through the API, such as `/carts/items`."""
        service = path.split("/")[1].partition("?")[0]
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        token = bearer(*_SCOPES, customer_id=self.customer_id)
        return self.shop[service].request(method, f"/api{path}", json=body, headers={**headers, **token})

    @contextmanager
    def customer(self, customer_id: str) -> Iterator[None]:
        before, self.customer_id = self.customer_id, customer_id
        yield
        self.customer_id = before

    def article(self, sku: str, price_minor: int = 1000, stock: int = 10, **facts: Any) -> None:
        item = {"name": f"Article {sku}", "currency": "EUR", "withdrawn": False, **facts}
        self.shop.put("products", product_id=f"p-{sku}", item=f"SKU#{sku}", sku=sku, price_minor=price_minor, **item)
        self.shop["inventory"]
        stocks.count(sku, "l-1", stock, "2026-01-31T08:00:00.000000Z")

    def available(self, sku: str) -> int:
        return self.shop["inventory"].get("/internal/stock", params={"sku": sku}).json()["stock"][sku]

    def fill(self, sku: str, quantity: int = 1) -> httpx.Response:
        return self.ask("POST", "/carts/items", {"sku": sku, "quantity": quantity})

    def check_out(self, key: str = "key-1", **facts: Any) -> httpx.Response:
        cart_id = self.ask("GET", "/carts").json().get("cart_id") or "none"
        return self.ask("POST", "/orders", {"cart_id": cart_id, **SENT, **facts}, Idempotency_Key=key)

    def ordered(self, sku: str = "s-1", quantity: int = 1, key: str = "key-1") -> dict[str, Any]:
        """A pending order of an article."""
        assert self.fill(sku, quantity).status_code == 201
        answer = self.check_out(key)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def pay(
        self, order: dict[str, Any], token: str = "tok_approve", method: str = "card", **facts: Any
    ) -> httpx.Response:
        money = {"amount_minor": order["total_minor"], "currency": order["currency"]}
        headers = {key: facts.pop(key) for key in ("Idempotency_Key",) if key in facts}
        asked = {"order_id": order["order_id"], "method": method, "payment_token": token, **money, **facts}
        return self.ask("POST", "/payments", asked, **headers, **({CLIENT_HEADER: self.client} if self.client else {}))

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        answer = self.ask("GET", f"/orders/{order['order_id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cancel(self, order: dict[str, Any]) -> httpx.Response:
        return self.ask("POST", f"/orders/{order['order_id']}/cancellation", {"reason": "changed-mind"})

    # What goes on between the services

    def undelivered(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Consumer, name, id and detail of each event that a service has not heard."""
        return [event for event in self.events() if event[:3] not in self._heard]

    def events(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        return [
            (consumer, detail_type, detail["event_id"], detail)
            for table, consumers in _OUTBOXES.items()
            for detail_type, detail in self.shop.outbox(table)
            for consumer in consumers[detail_type]
        ]

    def hear(self, consumer: str, name: str, event_id: str, detail: dict[str, Any]) -> None:
        self.shop.hear(consumer, name, detail)
        self._heard.add((consumer, name, event_id))

    def deliver(self) -> None:
        """All events reach all who hear them."""
        while waiting := self.undelivered():
            for event in waiting:
                self.hear(*event)

    def notify(self, chance: random.Random | None = None) -> list[int]:
        """The provider's notices reach the store. Returns what it answers."""
        notices, self.provider.notices[:] = list(self.provider.notices), []
        if chance:
            chance.shuffle(notices)
        return [self.tell(notice) for notice in notices]

    def tell(self, notice: Notice) -> int:
        answer = self.shop["payments"].post("/api/payments/notices", content=notice.body, headers=dict(notice.headers))
        return answer.status_code

    def later(self, **delta: float) -> None:
        """Time goes by."""
        self._clock.ahead += timedelta(**delta)

    def clock(self) -> float:
        """Epoch second of the services."""
        return time.time()

    def sweep(self) -> None:
        """Duties whose time has come are seen to."""
        self.shop["orders"]
        duties.DUTIES.sweep()
        self.shop["payments"]
        progress.DUTIES.sweep()


class _Clock:
    """All clocks of the services, as far ahead as it says."""

    def __init__(self, environment: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        clock, seconds = self, time.time

        class Ahead(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> "Ahead":
                return super().now(tz) + clock.ahead

        environment.setattr("functions.common.model.datetime", Ahead)
        environment.setattr(time, "time", lambda: seconds() + clock.ahead.total_seconds())
