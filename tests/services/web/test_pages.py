"""What every page has: one heading, labels, landmarks, a size, nothing inline, and links that lead somewhere."""

from collections import Counter
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest

from tests.services.web.browser import STORE, Browser, Html, Memory, World

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
VISITORS = (
    "/",
    "/home",
    "/categories/kitchen",
    "/search",
    "/search?q=lamp",
    "/search?q=nothing+at+all",
    "/products/mug",
)
VISITORS += (
    "/products/teapot",
    "/products/candle-holder",
    "/cart",
    "/privacy",
    "/stores",
    "/stores?near=Galway",
    "/sign-in/again?next=/cart",
    "/nowhere",
)
MAPS = "https://maps.test/"
CUSTOMERS = ("/checkout", "/orders", "/account", "/account/addresses", "/account/addresses/new", "/account/consents")
CUSTOMERS += ("/account/erasure", "/welcome", "/sign-out/end", "/auth/callback")


def assert_is_well_made(path: str, browser: Browser) -> None:
    page, response = browser.page, browser.response
    assert len(response.content) < 100_000, path
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    # The header comes first and has none; a page's first heading is its own.
    assert levels.count(1) == 1, f"{path}: {levels}"
    assert all(after - before <= 1 for before, after in pairwise(levels)), f"{path}: {levels}"
    for landmark in ("header", "main", "footer", "nav", "title"):
        assert page.all(landmark), f"{path} has no {landmark}"
    assert page.all("html")[0]["lang"] == "en"
    ids = Counter(given["id"] for _, given in page.elements if "id" in given)
    assert not [name for name, count in ids.items() if count > 1], path
    labelled = {given["for"] for given in page.all("label")}
    controls = [one for one in page.all("input", "select", "textarea") if one.get("type") != "hidden"]
    assert not [one for one in controls if one.get("id") not in labelled], path
    described = [part for _, given in page.elements for part in given.get("aria-describedby", "").split()]
    assert set(described) <= ids.keys(), path
    assert all("alt" in image for image in page.all("img")), path
    assert_has_nothing_inline(path, page)
    assert "alert(1)" not in browser.response.text.replace("&lt;script&gt;alert(1)", "").replace(
        "onerror=alert(1)&gt;", ""
    )


def assert_has_nothing_inline(path: str, page: Html) -> None:
    scripts = page.all("script")
    assert [one["type"] for one in scripts] == ["module"], path
    assert all(one["src"].startswith("/static/site.") for one in scripts)
    assert not page.all("style", "base", "iframe", "object"), path
    inline = [name for _, given in page.elements for name in given if name == "style" or name.startswith("on")]
    assert not inline, f"{path}: {inline}"
    # Maps are pictures of another host, which the edge adds to `img-src`.
    elements = [(tag, one) for tag, one in page.elements if not (tag == "img" and one["src"].startswith(MAPS))]
    sources = [given[name] for _, given in elements for name in ("src", "action") if name in given]
    assert all(source.startswith("/") and not source.startswith("//") for source in sources), path


@pytest.fixture
def shopper(browser: Browser, world: World) -> Browser:
    """Has signed in, has an address, an article in the cart and an order that waits for payment."""
    browser.sign_in()
    address = {"name": "Ada", "line_1": "4 Lane", "postal_code": "1", "city": "Cork", "country": "IE"}
    world.api.profiles["customer-1"]["addresses"] = [{**address, "address_id": "home"}]
    for _ in range(2):
        browser.get("/products/mug")
        browser.send("/cart/items")
        browser.get("/checkout")
        browser.send("/checkout")
    browser.get("/products/teapot")
    browser.send("/cart/items")
    return browser


def test_pages_for_everybody(browser: Browser) -> None:
    for path in VISITORS:
        browser.get(path)
        assert browser.response.status_code == (404 if path == "/nowhere" else 200), path
        assert_is_well_made(path, browser)


def test_pages_of_a_customer(shopper: Browser, world: World) -> None:
    order = next(iter(world.api.orders))
    for path in (*VISITORS, *CUSTOMERS, f"/orders/{order}", f"/orders/{order}/payment", "/account/addresses/home"):
        shopper.get(path)
        assert shopper.response.status_code == (404 if path == "/nowhere" else 200), path
        assert_is_well_made(path, shopper)
        personal = path in CUSTOMERS or path.startswith(("/orders", "/account", "/cart", "/sign"))
        assert shopper.response.headers["cache-control"] == ("no-store" if personal else "private, no-cache"), path


@pytest.mark.parametrize(
    "status", ["placed", "paid", "accepted", "picked", "shipped", "delivered", "cancelled", "returned"]
)
def test_an_order_in_every_status(shopper: Browser, world: World, status: str) -> None:
    order = next(iter(world.api.orders.values()))
    order.update(status=status, tracking_number="T-1", carrier="Post")
    page = shopper.get(f"/orders/{order['order_id']}")
    assert_is_well_made("order", shopper)
    cancels = [form for form in page.forms if form.action.endswith("/cancellation")]
    assert bool(cancels) == (status in ("placed", "paid", "accepted", "picked"))
    assert not [link for link in page.all("a") if link["href"].endswith("/payment")]
    assert shopper.get(f"/orders/{order['order_id']}/payment").forms
    assert shopper.path == f"/orders/{order['order_id']}"


@pytest.mark.parametrize(
    ("courier", "said"),
    [
        ({"where": "near", "at": "2026-11-03T10:00:00.531000Z"}, "Your delivery is near"),
        ({"where": "left", "at": "2026-11-03T10:20:00Z"}, "The courier has left your area"),
        ({"where": "a word of a later release", "at": "2026-11-03T10:20:00Z"}, ""),
        (None, ""),
    ],
)
def test_an_order_on_its_way_says_whether_the_courier_is_near(
    shopper: Browser, world: World, courier: dict[str, str] | None, said: str
) -> None:
    order = next(iter(world.api.orders.values()))
    order.update(status="shipped", courier=courier)
    page = shopper.get(f"/orders/{order['order_id']}")
    assert_is_well_made("order", shopper)
    assert said in page.text
    assert ("Seen 3 November 2026" in page.text) is bool(said)


def test_every_link_leads_to_a_page(shopper: Browser) -> None:
    seen: set[str] = set()
    waiting = ["/home"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = shopper.get(path)
        assert shopper.response.status_code == 200, path
        for link in page.all("a"):
            target = urlsplit(urljoin(f"{STORE}{path}", link["href"]))
            if target.netloc == urlsplit(STORE).netloc:
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    assert len(seen) > 30


def test_hostile_texts_are_shown_as_texts(shopper: Browser, world: World, memory: Memory) -> None:
    for article in world.api.articles.values():
        article.update(name=HOSTILE, description=HOSTILE, category=HOSTILE)
    profile = world.api.profiles["customer-1"]
    profile.update(given_name=HOSTILE, family_name=HOSTILE, phone_number=HOSTILE)
    profile["addresses"] = [{**dict.fromkeys(("name", "line_1", "line_2", "postal_code", "city", "region"), HOSTILE)}]
    profile["addresses"][0].update(country="IE", address_id="home")
    order = next(iter(world.api.orders.values()))
    order.update(shipping_address={**profile["addresses"][0], "name": HOSTILE}, status="shipped", carrier=HOSTILE)
    order.update(tracking_number=HOSTILE)
    order["lines"][0]["name"] = HOSTILE
    memory.values.clear()
    for path in ("/products/teapot", "/cart", "/checkout", "/account", "/account/addresses", "/account/addresses/home"):
        assert_shows_hostile_text(path, shopper)
    for path in (f"/orders/{order['order_id']}", f"/search?q={quote(HOSTILE)}", f"/categories/{quote(HOSTILE)}"):
        assert_shows_hostile_text(path, shopper)


def assert_shows_hostile_text(path: str, browser: Browser) -> None:
    browser.get(path)
    assert browser.response.status_code == 200, path
    assert_is_well_made(path, browser)
    assert HOSTILE[:20] in browser.page.text
    assert "{{7*7}}" in browser.page.text


def test_what_is_not_there_is_a_page(browser: Browser) -> None:
    for path in ("/products/nothing", "/categories/nothing", f"/categories/{'x' * 200}", "/orders/x/y/z", "/static-x"):
        browser.get(path)
        assert browser.response.status_code == 404, path
        assert "There is nothing here" in browser.page.text
    assert browser.client.delete("/home").status_code == 405
    assert browser.client.head("/home").status_code == 200


def test_headers_keep_browsers_careful(browser: Browser, tables: dict[str, Any]) -> None:
    assert tables
    for path in ("/home", "/static/x.css", "/health/live", "/nowhere"):
        headers = browser.client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_health(browser: Browser, tables: dict[str, Any]) -> None:
    assert browser.client.get("/health/live").json() == {"status": "live"}
    assert browser.client.get("/health/ready").status_code == 200
    tables["flags"].delete()
    answer = browser.client.get("/health/ready")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["flags"])
    assert browser.client.get("/health/live").status_code == 200
