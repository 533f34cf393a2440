"""The storefront with the services themselves behind it, over the seed catalogue: what one answers the other reads."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from functions.catalogue_feed.handler import ArticleChange
from functions.catalogue_feed.handler import _write as write_article
from functions.common import names
from functions.inventory_feed.handler import StockChange
from functions.inventory_feed.handler import _write as write_stock
from functions.sign_up.handler import _keep, _Request
from services.web.app import app
from services.web.payments import SIMULATED
from tests.services.buying import Buying
from tests.services.conftest import open_shop
from tests.services.shop import Shop
from tests.services.web.browser import STORE, Browser, Memory, World, site_in
from tests.services.web.conftest import TABLES
from tests.services.web.fake_api import seed
from tests.services.web.test_forms import ADDRESS


class Services(World):
    """Calls of the API go to the services, as the API forwards them."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc.decode() != urlsplit(STORE).netloc:
            return await super().handle_async_request(request)
        return await asyncio.to_thread(self._forward, request)

    def _forward(self, request: httpx.Request) -> httpx.Response:
        service = request.url.path.split("/")[2]
        target = request.url.raw_path.decode()
        content = b"".join(request.stream)  # type: ignore[arg-type]
        answer = self._shop[service].request(request.method, target, headers=request.headers, content=content)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture(scope="module")
def buying() -> Iterator[Buying]:
    """The store, open for all tests of this file; each has a customer of its own."""
    with pytest.MonkeyPatch.context() as environment, open_shop(environment) as shop:
        made = Buying(shop, environment)
        environment.setenv(SIMULATED, "true")
        for table, key in TABLES.items():
            environment.setenv(names.table_variable(table), table)
            shop.client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        shop["catalogue"]
        for article in seed("catalogue"):
            assert write_article(ArticleChange.model_validate_json(json.dumps(article)))
        shop["inventory"]
        for count in seed("inventory"):
            write_stock(StockChange.model_validate_json(json.dumps(count)))
        yield made


@pytest.fixture
def browser(buying: Buying) -> Iterator[Browser]:
    world = Services(buying.shop)
    world.pool.customer_id = uuid.uuid4().hex
    buying.shop["customers"]
    attributes = {"sub": world.pool.customer_id, "email": "ada@example.com", "locale": "en"}
    assert _keep(_Request.model_validate({"userAttributes": attributes, "clientMetadata": {}}))
    with TestClient(app(site_in(world, Memory())), base_url=STORE, follow_redirects=False) as client:
        yield Browser(client, world)


def to_payment(browser: Browser) -> str:
    """Path of the order."""
    browser.get("/products/teapot")
    browser.send("/cart/items", sku="TEAPOT-CLAY")
    browser.get("/products/blanket")
    browser.send("/cart/items", quantity="2")
    browser.get("/checkout")
    assert browser.path.startswith("/welcome")
    browser.send("/account/consents", marketing_email="yes")
    assert browser.path == "/checkout"
    browser.send("/checkout", **ADDRESS, save="yes")
    assert browser.path.endswith("/payment")
    return browser.path.removesuffix("/payment")


def test_shelves(browser: Browser) -> None:
    for path in ("/home", "/categories/kitchen", "/search?q=lamp", "/products/teapot", "/products/candle-holder"):
        browser.get(path)
        assert browser.response.status_code == 200, path
    assert "Sold out" in browser.page.text


def test_an_order_is_paid_by_way_of_the_bank(browser: Browser, buying: Buying) -> None:
    order = to_payment(browser)
    browser.send(f"{order}/payment", means="decline")
    assert "does not cover it" in browser.page.text
    browser.send(f"{order}/payment", means="3ds")
    assert browser.path == f"{order}/payment/confirmation"
    (challenge,) = [link["href"] for link in browser.page.all("a") if "/challenge/" in link["href"]]
    browser.get(f"{order}/payment/return")
    assert "Your bank has been asked." in browser.page.text
    answer = buying.provider.http.post(urlsplit(challenge).path, data={"answer": "approve"})
    assert answer.headers["location"] == f"{STORE}{order}/payment/return"
    assert set(buying.notify()) == {204}
    browser.get(f"{order}/payment/return")
    assert "Your payment has arrived." in browser.page.text
    assert "being confirmed" in browser.page.text
    buying.deliver()
    browser.get(order)
    assert "We have your order and your payment." in browser.page.text
    browser.get("/cart")
    assert "Your cart is empty." in browser.page.text
    browser.get("/orders")
    assert "€294.00" in browser.page.text
    browser.get(order)
    browser.send(f"{order}/cancellation", reason="changed-mind")
    assert "Your order is cancelled." in browser.page.text


def test_an_account_is_filled_in_and_erased(browser: Browser, buying: Buying) -> None:
    to_payment(browser)
    browser.get("/account/addresses")
    assert "Ada Byron" in browser.page.text
    browser.get("/account")
    browser.send("/account/profile", given_name="Ada", family_name="Byron")
    assert browser.page.form("/account/profile").fields["given_name"] == "Ada"
    browser.get("/account/erasure")
    browser.send("/account/erasure", sure="yes")
    assert "Your data is erased" in browser.page.text
    assert buying.shop.item("customers", customer_id=browser.world.pool.customer_id, item="PROFILE") is None


def test_a_service_is_down_and_the_bank_is_slow(browser: Browser, buying: Buying) -> None:
    browser.sign_in("/products/mug")
    browser.send("/cart/items", quantity="2")
    browser.get("/checkout")
    buying.shop.down.add("inventory")
    browser.send("/checkout", **ADDRESS)
    assert browser.path == "/checkout"
    assert browser.page.form("/checkout").fields["city"] == "Dublin"
    buying.shop.down.clear()
    browser.send("/checkout")
    assert browser.path.endswith("/payment")
    browser.send(browser.path, means="timeout")
    assert "being checked" in browser.page.text
    buying.later(minutes=5)
    buying.sweep()
    buying.notify()
    buying.deliver()
    browser.get(browser.path)
    assert "We have your order and your payment." in browser.page.text
