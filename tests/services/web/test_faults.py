"""What customers see while parts of the store are down: the truth, and nothing is lost or doubled."""

from collections.abc import Callable
from typing import Any

import pytest

from components.edge.distribution import NOT_ANSWERED
from services.payments import provider
from services.web import session as sessions
from services.web.pages import shop
from services.web.visit import DOWN
from tests.services.web.browser import STORE, Browser, Memory, World
from tests.services.web.test_forms import ADDRESS, csrf, to_checkout


@pytest.mark.parametrize("how", ["refused", "answer", "500", "503", "504"])
def test_shelves_stay_open_while_the_catalogue_is_down(
    browser: Browser, world: World, memory: Memory, how: str
) -> None:
    pages = ("/home", "/categories/kitchen", "/products/mug", "/search?q=mug")
    for path in pages:
        browser.get(path)
    memory.age(3600)
    world.lost["GET /api/catalogue"] = how
    for path in pages:
        browser.get(path)
        assert browser.response.status_code == 200, path
        assert "Stoneware mug" in browser.page.text
        assert "prices and stock may have changed" in browser.page.text
    browser.get("/products/trowel")
    assert browser.response.status_code == DOWN
    assert browser.response.headers["retry-after"]
    assert "Your cart, your orders and your account are kept." in browser.page.text
    memory.values.clear()
    browser.get("/home")
    assert browser.response.status_code == 200
    assert "the catalogue does not answer" in browser.page.text
    world.lost.clear()
    assert "may have changed" not in browser.get("/home").text


def test_a_catalogue_that_hangs_is_left_alone(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.web.answers._PAUSE_SECONDS", 100)
    browser.get("/products/mug")
    world.lost["GET /api/catalogue"] = "answer"
    calls = len(world.api.calls)
    for _ in range(3):
        assert browser.get("/products/trowel").all("h1")
    assert len(world.api.calls) == calls + 2, "one call and its repetition"


def test_a_call_that_failed_once_is_repeated(browser: Browser, world: World) -> None:
    calls: list[str] = []
    handle = world.handle_async_request

    async def once_down(request: Any) -> Any:
        calls.append(request.url.path)
        world.lost = {} if calls.count(request.url.path) > 1 else {"GET": "503"}
        return await handle(request)

    world.handle_async_request = once_down
    browser.get("/products/mug")
    assert "Stoneware mug" in browser.page.text
    assert calls.count("/api/catalogue/products/mug") == 2


def test_a_cache_that_is_down_slows_only(browser: Browser, world: World, memory: Memory) -> None:
    memory.down = True
    for _ in range(2):
        assert "Stoneware mug" in browser.get("/products/mug").text
    assert world.api.calls.count(("GET", "/api/catalogue/products/mug")) == 2
    memory.down = False
    for _ in range(3):
        browser.get("/products/mug")
    assert world.api.calls.count(("GET", "/api/catalogue/products/mug")) == 3


def test_what_anybody_can_make_up_is_kept_for_a_minute(browser: Browser, memory: Memory) -> None:
    for path in ("/search?q=lamp", "/search?q=nothing", "/categories/made-up", "/categories/kitchen?cursor=24"):
        memory.seconds.clear()
        browser.get(path)
        assert 60 in memory.seconds, path
    memory.seconds.clear()
    browser.get("/categories/garden")
    browser.get("/products/trowel")
    assert set(memory.seconds) == {24 * 3600, 600}, "answers, and the tiles that are drawn from them"


def test_what_the_cache_holds_is_not_trusted(browser: Browser, memory: Memory) -> None:
    browser.get("/products/mug")
    for kept in ({"at": "x", "body": {}}, {"at": 1e12}, [], "x", {"at": 1e12, "body": {"products": "x"}}):
        memory.values = dict.fromkeys(memory.values, kept)
        browser.get("/products/mug")
        assert browser.response.status_code in (200, DOWN)
        memory.values = {}
        assert "Stoneware mug" in browser.get("/products/mug").text


@pytest.mark.parametrize(
    "path", ["/cart", "/checkout", "/orders", "/account", "/account/addresses", "/account/consents"]
)
def test_pages_of_a_customer_tell_what_is_down(browser: Browser, world: World, path: str) -> None:
    browser.sign_in()
    world.lost.update({f"GET /api/{service}": "refused" for service in ("carts", "orders", "customers")})
    browser.get(path)
    assert browser.response.status_code == DOWN
    assert "does not answer right now" in browser.page.text
    assert "Sign out" in browser.page.text
    world.lost.clear()
    browser.get(path if path != "/checkout" else "/cart")
    assert browser.response.status_code == 200


@pytest.mark.parametrize(
    ("how", "says"), [("refused", "Nothing was changed"), ("answer", "we do not know"), ("429", "too many requests")]
)
def test_a_change_that_is_lost_is_told(browser: Browser, world: World, how: str, says: str) -> None:
    browser.sign_in()
    token = csrf(browser)
    world.lost["POST /api/carts"] = how
    browser.post("/cart/items", csrf=token, product_id="mug", sku="MUG-CLAY", quantity="1")
    assert browser.path == "/cart"
    assert says in browser.page.text
    assert world.api.carts.get("customer-1", {}).get("MUG-CLAY", 0) == (1 if how == "answer" else 0)


@pytest.mark.parametrize("how", ["refused", "answer", "503"])
def test_an_order_whose_answer_is_lost_is_made_once(browser: Browser, world: World, how: str) -> None:
    browser.sign_in()
    to_checkout(browser)
    world.lost["POST /api/orders"] = how
    browser.send("/checkout", **ADDRESS, note="ring twice")
    if browser.path == "/cart":
        # The order was made, and took the cart with it.
        assert "nothing is ordered twice" in browser.page.text
        assert len(world.api.orders) == 1
        return
    assert browser.path == "/checkout"
    assert ("Nothing was ordered" if how == "refused" else "nothing is ordered twice") in browser.page.text
    form = browser.page.form("/checkout").fields
    assert (form["city"], form["note"]) == ("Dublin", "ring twice")
    world.lost.clear()
    browser.send("/checkout")
    assert len(world.api.orders) == 1
    assert browser.path.endswith("/payment")


@pytest.mark.parametrize("how", ["refused", "answer", "503"])
def test_a_payment_whose_answer_is_lost_is_told(browser: Browser, world: World, how: str) -> None:
    browser.sign_in()
    to_checkout(browser)
    browser.send("/checkout", **ADDRESS)
    (order,) = world.api.orders.values()
    world.lost["POST /api/payments"] = how
    browser.send(f"/orders/{order['order_id']}/payment")
    assert browser.path == f"/orders/{order['order_id']}"
    assert "you are never charged twice" in browser.page.text
    assert "data-moving" in browser.response.text, "the page follows what becomes of it"
    world.lost = {"GET /api/payments": "refused"}
    browser.get(browser.path)
    assert browser.response.status_code == 200
    order["status"] = "paid"
    assert "data-moving" not in browser.get(browser.path).text


def test_a_payment_may_take_longer_than_its_provider(browser: Browser, world: World) -> None:
    browser.sign_in()
    to_checkout(browser)
    browser.send("/checkout", **ADDRESS)
    (order,) = world.api.orders.values()
    patience: list[float] = []
    handle = world.handle_async_request

    async def timed(request: Any) -> Any:
        if (request.method, request.url.path) == ("POST", "/api/payments"):
            patience.append(request.extensions["timeout"]["read"])
        return await handle(request)

    world.handle_async_request = timed
    browser.send(f"/orders/{order['order_id']}/payment")
    (seconds,) = patience
    assert seconds > 2 * (provider._TIMEOUT.read or 0), "scoring, and the provider's answer"
    assert 2 * seconds < 30, "with one repetition CloudFront still waits"


def test_an_address_that_cannot_be_kept_does_not_stop_the_order(browser: Browser, world: World) -> None:
    browser.sign_in()
    to_checkout(browser)
    world.lost["PUT /api/customers"] = "503"
    browser.send("/checkout", **ADDRESS, save="yes")
    assert browser.path.endswith("/payment")
    assert "could not be kept in your account" in browser.page.text


def test_sessions_that_cannot_be_read_lose_nothing(
    browser: Browser, tables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = csrf(browser)
    browser.send("/cart/items")
    cookie = browser.client.cookies["__Host-session"]
    monkeypatch.setenv("STORE_SESSIONS_TABLE", "nowhere")
    browser.get("/products/mug")
    assert browser.response.status_code == 200
    assert "cannot be shown at the moment" in browser.page.text
    for path in ("/cart", "/account", "/sign-in"):
        assert browser.client.get(path).status_code == DOWN, path
    answer = browser.client.post("/cart/items", data={"csrf": token})
    assert answer.status_code == DOWN
    assert 'href="/cart"' in answer.text
    monkeypatch.setenv("STORE_SESSIONS_TABLE", "sessions")
    assert browser.client.cookies["__Host-session"] == cookie
    assert "Stoneware mug" in browser.get("/cart").text
    assert tables


def test_the_edge_leaves_pages_that_tell_what_is_down_as_they_are() -> None:
    assert DOWN not in NOT_ANSWERED


def test_a_cart_that_cannot_be_kept_is_not_said_to_be(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    token = csrf(browser)

    def fail(*_: Any) -> None:
        raise sessions.SessionsDownError

    monkeypatch.setattr(sessions, "save", fail)
    answer = browser.client.post(
        "/cart/items", data={"csrf": token, "product_id": "mug", "sku": "MUG-CLAY", "quantity": "1"}
    )
    assert answer.status_code == DOWN
    assert browser.client.get("/home").status_code == 200


def test_flags(browser: Browser, tables: dict[str, Any], open_browser: Callable[..., Browser]) -> None:
    assert "Announcement" not in str(browser.get("/home").all("aside"))
    tables["flags"].put_item(Item={"flag": "banner", "enabled": True, "text": "Closed on <b>Sunday</b>"})
    tables["flags"].put_item(Item={"flag": "checkout-closed", "enabled": True, "text": "Stocktaking."})
    tables["flags"].put_item(Item={"flag": "other", "enabled": False})
    shopper = open_browser(store_url=STORE)
    assert "Closed on <b>Sunday</b>" in shopper.get("/home").text
    shopper.sign_in()
    shopper.get("/checkout")
    assert "Stocktaking." in shopper.page.text
    tables["flags"].delete()
    assert open_browser(store_url=STORE).get("/home").all("h1")


def test_an_error_nobody_expected_is_a_page_and_a_line_of_log(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("Ada Byron")

    monkeypatch.setattr(shop.shelves, "shelf", fail)
    browser.get("/categories/kitchen")
    assert browser.response.status_code == 500
    assert "This did not work" in browser.page.text
    (line,) = [line for line in logged() if line["message"] == "page failed"]
    assert line["cause"] == "RuntimeError"
    assert "Ada" not in str(logged())


@pytest.mark.parametrize("status", ["400", "403", "409", "422"])
def test_answers_that_the_api_never_gives(browser: Browser, world: World, status: str) -> None:
    browser.sign_in()
    world.lost["GET /api/orders"] = status
    browser.get("/orders")
    assert browser.response.status_code == 500
    world.lost = {"DELETE /api/customers": status}
    browser.get("/account/erasure")
    browser.send("/account/erasure", sure="yes")
    assert "the store did not accept this" in browser.page.text


def test_the_log_holds_nothing_personal(
    browser: Browser, world: World, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    browser.sign_in()
    to_checkout(browser)
    browser.send("/checkout", **ADDRESS)
    browser.get("/search?q=my+secret+wish")
    world.lost["GET /api"] = "503"
    browser.get("/orders")
    browser.get("/search?q=another+secret")
    text = str(logged())
    assert "api call failed" in text
    for secret in (
        *ADDRESS.values(),
        "example.com",
        "secret",
        "eyJ",
        "refresh-",
        browser.client.cookies["__Host-session"],
    ):
        if len(secret) > 2:
            assert secret not in text
