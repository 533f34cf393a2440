"""A purchase in Chromium on the stack as deployed: its own edge, API, user pool and services.

With WEBSTORE_SCREENSHOTS set to a folder the pictures of docs/running.md are written there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.chromium import ARGUMENTS, CHROMIUM, needs_chromium
from tests.journeys.shop import Shop, until
from tests.journeys.test_journeys import PASSWORD, status_of

pytestmark = needs_chromium
_PICTURES = os.environ.get("WEBSTORE_SCREENSHOTS")
_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
_EMAIL = "browser@example.com"


@pytest.fixture
def page(shop: Shop) -> Iterator[Page]:
    errors: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, base_url=shop.url)
        page.set_default_timeout(60_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        chromium.close()
    assert errors == [], "the console is empty, and nothing breaks the content security policy"


def see(page: Page, name: str) -> None:
    """Judge the page by axe, and keep its picture."""
    violations = Axe().run(page, options=_RULES).response["violations"]
    found = [f"{one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]
    assert not found, f"{name}: {found}"
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES) / f"{name}.png")


def test_a_purchase_in_a_browser(shop: Shop, page: Page) -> None:
    page.goto("/")
    see(page, "home")
    page.goto("/products/teapot")
    see(page, "product")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("status").get_by_text("is in your cart").wait_for()
    page.goto("/sign-up?next=/checkout")
    page.get_by_label("Email address").fill(_EMAIL)
    page.get_by_label("Password").first.fill(PASSWORD)
    see(page, "sign-up")
    page.locator("form button[type=submit], form button:not([type])").first.click()
    page.get_by_label("Code").fill(shop.code_for(_EMAIL))
    page.locator("form button[type=submit], form button:not([type])").first.click()
    page.get_by_role("heading", name="Welcome").wait_for()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("heading", name="Checkout").wait_for()
    for label, text in {
        "Name of the recipient": "Ada Byron",
        "Street and number": "4 Harbour Lane",
        "Postal code": "D01 X2Y3",
        "City": "Dublin",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Country").select_option("IE")
    see(page, "checkout")
    # The total with delivery and tax is shown first.
    for then in (page.get_by_text("Nothing is ordered yet"), page.get_by_role("heading", name="Payment")):
        page.get_by_role("button", name="Continue to payment").click()
        then.wait_for()
    order = page.url.split("/orders/")[1].split("/")[0]
    see(page, "payment")
    page.get_by_role("button", name="Pay").click()
    # On a busy machine the answer may come too late to be shown; the page follows the order all the same.
    page.locator("[data-status=paid], [data-status=accepted]").wait_for()
    until(lambda: status_of(shop, order) == "accepted")
    page.goto(f"/orders/{order}")
    see(page, "order")
    page.goto(shop.run.page_url)
    page.get_by_text("order.placed").first.wait_for()
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES) / "run.png")
