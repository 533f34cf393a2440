"""The storefront in Chromium: accessible (axe, WCAG 2.2 AA), without console errors, within its security policy.

Skipped where there is no Chromium.
"""

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from services.web.app import app
from tests.chromium import ARGUMENTS, CHROMIUM, needs_chromium
from tests.services.web.browser import Memory, World, site_in

SHOTS = os.environ.get("STOREFRONT_SHOTS")
"""Folder for pictures of the pages, if any."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

pytestmark = needs_chromium


class Server(uvicorn.Server):
    """On a free port of 127.0.0.1, in a thread."""

    def __init__(self, app: Any, listener: socket.socket) -> None:
        super().__init__(uvicorn.Config(app, log_level="error"))
        self._thread = threading.Thread(target=self.run, kwargs={"sockets": [listener]})
        self._thread.start()

    def stop(self) -> None:
        self.should_exit = True
        self._thread.join()


def listener() -> tuple[socket.socket, str]:
    made = socket.create_server(("127.0.0.1", 0))
    return made, f"http://127.0.0.1:{made.getsockname()[1]}"


@dataclass
class Sight:
    page: Page
    address: str
    world: World
    errors: list[str] = field(default_factory=list)
    axe: Axe = field(default_factory=Axe)

    def see(self, name: str) -> None:
        """Judge the page, and keep its picture."""
        violations = self.axe.run(self.page, options=RULES).response["violations"]
        found = [f"{one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]
        assert not found, f"{name}: {found}"
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)

    def go(self, path: str) -> None:
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None
        assert answer.status == 200


@pytest.fixture
def sight(tables: dict[str, Any], world: World, memory: Memory) -> Iterator[Sight]:
    assert tables
    world.api.sign_up("customer-1")
    (store_socket, store), (pool_socket, pool) = listener(), listener()
    world.move(store, pool)
    servers = [
        Server(app(site_in(world, memory, store_url=store, api_url=f"{store}/api", sign_in_url=pool)), store_socket),
        Server(world.pool.app, pool_socket),
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        seen = Sight(page, store, world)
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        yield seen
        chromium.close()
    for server in servers:
        server.stop()


def test_a_real_browser(sight: Sight) -> None:
    look_at_a_small_screen(sight)
    look_around(sight)
    fill_the_cart(sight)
    check_out(sight)
    pay(sight)
    for name in ("orders", "account", "account/addresses", "account/addresses/new", "account/consents", "privacy"):
        sight.go(f"/{name}")
        sight.see(name.replace("/", "-"))
    sight.go("/account/erasure")
    sight.see("account-erasure")
    # Of the form that was sent with mistakes.
    assert sight.errors == ["Failed to load resource: the server responded with a status of 400 (Bad Request)"]
    sight.page.get_by_role("button", name="Sign out").click()
    sight.page.wait_for_url(f"{sight.address}/")
    assert sight.page.get_by_role("link", name="Sign in").is_visible()


def look_at_a_small_screen(sight: Sight) -> None:
    page = sight.page
    page.set_viewport_size({"width": 320, "height": 640})
    for path, name in (("/home", "home"), ("/products/mug", "product"), ("/cart", "cart")):
        sight.go(path)
        sight.see(f"small-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        if name == "product":
            page.get_by_role("button", name="Add to cart").click()
            page.get_by_role("status").get_by_text("is in your cart").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("Your cart is empty.").wait_for()
    page.set_viewport_size({"width": 1280, "height": 900})


def look_around(sight: Sight) -> None:
    for path, name in {
        "/home": "home",
        "/categories/kitchen": "category",
        "/search?q=lamp": "search",
        "/products/candle-holder": "sold-out",
        "/products/teapot": "product",
    }.items():
        sight.go(path)
        sight.see(name)


def fill_the_cart(sight: Sight) -> None:
    page = sight.page
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("status").get_by_text("is in your cart").wait_for()
    assert page.url == f"{sight.address}/products/teapot"
    sight.see("product-added")
    page.get_by_role("link", name="Cart (1 article)").click()
    sight.see("cart")
    page.get_by_role("link", name="Go to checkout").click()
    page.get_by_role("heading", name="Welcome").wait_for()
    sight.see("welcome")
    page.get_by_role("button", name="Save and go on").click()


def check_out(sight: Sight) -> None:
    page = sight.page
    page.get_by_role("heading", name="Checkout").wait_for()
    sight.see("checkout")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("heading", name="Please correct this").wait_for()
    sight.see("checkout-wrong")
    page.get_by_label("Pick up in the store").check()
    assert not page.get_by_label("Street and number").is_visible()
    page.get_by_label("Standard delivery").check()
    for label, text in {
        "Name of the recipient": "Ada Byron",
        "Street and number": "4 Harbour Lane",
        "Postal code": "D01 X2Y3",
        "City": "Dublin",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Country").select_option("IE")
    page.get_by_label("Keep this address").check()
    page.get_by_role("button", name="Continue to payment").click()


def pay(sight: Sight) -> None:
    page = sight.page
    page.get_by_role("heading", name="Payment", exact=True).wait_for()
    sight.see("payment")
    page.get_by_role("button", name="Pay €").click()
    page.get_by_text("the order is being confirmed").wait_for()
    sight.see("order-confirmed")
    next(iter(sight.world.api.orders.values()))["status"] = "paid"
    # The page finds out by itself.
    page.get_by_text("We have your order and your payment.").wait_for()
    sight.see("order")
