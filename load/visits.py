"""Visitors of a store, for Locust: `make load URL=... [ENV=dev] [RATE=20] [SECONDS=60] [TOKENS=file]`.

Half of the requests are pages, as browsers ask for them; the other half are routes of the API, each as often as its
limit allows in comparison with the others (`throttle` of the route, else of the API): a shop sells less often than it
shows. Routes of customers need access tokens, one a line in TOKENS; without them they are left out. Nobody orders.
"""

import os
import random
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust import HttpUser, constant_throughput, events, task  # pyright: ignore[reportMissingImports]

from load import TASKS_A_SECOND
from settings.stack_files import stack_settings

_READS = ("GET /catalogue/products", "GET /catalogue/products/{product_id}", "GET /inventory/stock/{sku}", "GET /carts")
_WRITES = ("POST /carts/items",)
_FAILED_PERCENT = 1
_SLOW_MS = 2_000
"""95th percentile that fails a run."""


def rates(env: str) -> Mapping[str, float]:
    """Route to the requests a second that the stack accepts of it.

    Raises:
        LookupError: there is no such stack.
    """
    stacks = stack_settings()
    if env not in stacks:
        raise LookupError(f"ENV must be one of {', '.join(stacks)}, not {env!r}")
    settings = stacks[env]
    found: dict[str, float] = {}
    for label, service in settings.app_tier.services.items():
        for route in service.routes:
            throttle = route.throttle or settings.api.throttle
            for method in route.methods:
                found[f"{method} /{label}{route.path.rstrip('/')}"] = float(throttle.requests_per_second)
    return found


def _tokens() -> list[str]:
    path = os.environ.get("LOAD_TOKENS")
    return Path(path).read_text().split() if path else []


_TOKENS = _tokens()
_RATES = rates(os.environ.get("LOAD_ENV", "dev"))
_CHOSEN = [route for route in (*_READS, *_WRITES) if _TOKENS or "/catalogue/" in route]


class Visitor(HttpUser):
    wait_time = constant_throughput(TASKS_A_SECOND)

    def on_start(self) -> None:
        self.client.headers["user-agent"] = "store-load"
        self.products: list[Mapping[str, Any]] = []
        self.token = random.choice(_TOKENS) if _TOKENS else None

    @task
    def page(self) -> None:
        """The home page, a product that it shows, and the product in the visitor's cart."""
        home = self.client.get("/", name="page /")
        links = re.findall(r'href="(/products/[^"?#]+)"', home.text)
        if not links:
            return
        product = self.client.get(random.choice(links), name="page /products/{product_id}")
        form = _form(product.text, "/cart/items")
        if form:
            self.client.post("/cart/items", data=form, name="page POST /cart/items")

    @task
    def api(self) -> None:
        route = random.choices(_CHOSEN, weights=[_RATES[one] for one in _CHOSEN])[0]
        method, _, path = route.partition(" ")
        if "{" in path or method == "POST":
            if not self.products:
                self.products = self._call("GET", "/catalogue/products", "GET /catalogue/products").json()["products"]
            if not self.products:
                return
            product = random.choice(self.products)
            path = path.format_map(product)
            body = {"sku": product["sku"], "quantity": 1} if method == "POST" else None
            self._call(method, path, route, json=body)
        else:
            self._call(method, path, route)

    def _call(self, method: str, path: str, name: str, **options: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.request(method, f"/api{path}", name=name, headers=headers, **options)


def _form(page: str, action: str) -> dict[str, str]:
    """Hidden and preset fields of the form with this action."""
    for form in re.findall(r"<form[^>]*>.*?</form>", page, re.S):
        if re.search(rf'action="{re.escape(action)}"', form):
            fields = re.findall(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"', form)
            return dict(fields)
    return {}


@events.quitting.add_listener
def _judge(environment: Any, **_: Any) -> None:
    """Fails a run in which too many requests failed, or most were slow."""
    total = environment.stats.total
    failed = 100 * total.fail_ratio
    slow = total.get_response_time_percentile(0.95) or 0
    if not total.num_requests or failed > _FAILED_PERCENT or slow > _SLOW_MS:
        sys.stderr.write(
            f"load: {total.num_requests} requests, {failed:.1f} % failed (at most {_FAILED_PERCENT}), 95th percentile"
            f" {slow:.0f} ms (at most {_SLOW_MS})\n"
        )
        environment.process_exit_code = 1
