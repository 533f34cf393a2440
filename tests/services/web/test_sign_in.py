"""Sign-in: what counts, what does not, and what happens to the session and the cart."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from services.web.visit import DOWN
from tests.services.tokens import KEY
from tests.services.web.browser import API_KEY, POOL, STORE, Browser, World

COOKIE = "__Host-session"


def cookie(browser: Browser) -> str:
    return browser.client.cookies[COOKIE]


def begin(browser: Browser, following: str = "/orders") -> str:
    """The address at the user pool that a browser is sent to."""
    answer = browser.client.get(f"/sign-in?next={following}")
    assert answer.status_code == 302
    return answer.headers["location"]


def fill_cart(browser: Browser, product: str = "mug", quantity: str = "2") -> None:
    browser.get(f"/products/{product}")
    browser.send("/cart/items", quantity=quantity)


def test_the_user_pool_is_asked_for_a_code_with_pkce(browser: Browser) -> None:
    first, second = (urlsplit(begin(browser)) for _ in range(2))
    query = parse_qs(first.query)
    assert f"{first.scheme}://{first.netloc}{first.path}" == f"{POOL}/oauth2/authorize"
    assert query["redirect_uri"] == [f"{STORE}/auth/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert {"openid", "store/carts.write", "store/orders.write"} <= set(query["scope"][0].split())
    for name in ("state", "nonce", "code_challenge"):
        assert len(query[name][0]) >= 32
        assert query[name] != parse_qs(second.query)[name]
    assert browser.client.get("/sign-up").headers["location"].startswith(f"{POOL}/signup?")


def test_a_sign_in_changes_the_cookie_and_voids_the_old_one(
    browser: Browser, open_browser: Callable[..., Browser]
) -> None:
    fill_cart(browser)
    before = cookie(browser)
    browser.sign_in("/orders")
    after = cookie(browser)
    assert after != before
    assert browser.path == "/orders"
    thief = open_browser()
    thief.client.cookies.set(COOKIE, before)
    assert "Sign out" not in thief.get("/home").text
    assert "(2 articles)" not in thief.page.text
    browser.send("/sign-out")
    assert cookie(browser) not in (before, after)
    thief.client.cookies.set(COOKIE, after)
    assert "Sign out" not in thief.get("/home").text


def test_a_cookie_that_somebody_else_chose_signs_nobody_else_in(
    browser: Browser, open_browser: Callable[..., Browser]
) -> None:
    planted = "A" * 43
    browser.client.cookies.set(COOKIE, planted)
    browser.sign_in()
    attacker = open_browser()
    attacker.client.cookies.set(COOKIE, planted)
    assert "Sign out" not in attacker.get("/home").text


def test_cookies_are_safe_and_tokens_stay_on_the_server(browser: Browser, tables: dict[str, Any]) -> None:
    header = browser.client.get("/home").headers["set-cookie"]
    assert header.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
        assert attribute in header
    assert "Domain" not in header
    page = browser.sign_in()
    (item,) = [one for one in tables["sessions"].scan()["Items"] if "access_token" in one["data"]]
    assert item["session_id"] == hashlib.sha256(cookie(browser).encode()).hexdigest()
    assert item["expires_at"] > 0
    for secret in ("eyJ", "refresh-", cookie(browser)):
        assert secret not in browser.response.text
        assert secret not in page.text
    assert len(browser.client.cookies) == 1


def test_cookies_of_answers_do_not_go_with_the_next_customers_call(
    browser: Browser, world: World, open_browser: Callable[..., Browser]
) -> None:
    world.cookie = "account=customer-1; Path=/"
    browser.sign_in("/orders")
    other = open_browser()
    other.get("/products/trowel")
    other.sign_in("/orders")
    assert world.api.headers
    assert not [headers for headers in (*world.api.headers, *world.pool.headers) if "cookie" in headers]


def test_calls_of_the_api_bear_the_key_and_the_customers_address(browser: Browser, world: World) -> None:
    browser.sign_in()
    world.api.headers.clear()
    browser.get("/orders", **{"X-Store-Client": "203.0.113.7"})
    assert {headers["x-api-key"] for headers in world.api.headers} == {API_KEY}
    of_the_customer = [headers for headers in world.api.headers if "authorization" in headers]
    assert {headers["x-store-client"] for headers in of_the_customer} == {"203.0.113.7"}
    assert not [headers for headers in world.pool.headers if "x-api-key" in headers]


def test_plain_http_has_no_prefix(open_browser: Callable[..., Browser]) -> None:
    header = open_browser(store_url="http://localhost:8080").client.get("/home").headers["set-cookie"]
    assert header.startswith("session=")
    assert "Secure" not in header
    assert "HttpOnly" in header


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"iss": "https://evil.test"},
        {"aud": "client-2"},
        {"exp": 1_000_000_000},
        {"token_use": "access"},
        {"sub": None},
    ],
    ids=str,
)
def test_a_wrong_id_token_signs_nobody_in(browser: Browser, world: World, change: dict[str, Any]) -> None:
    world.pool.claims = change
    browser.get("/sign-in")
    assert browser.response.status_code == 400
    assert "You are not signed in" in browser.page.text
    assert "Sign out" not in browser.get("/home").text


def test_an_id_token_of_another_key_signs_nobody_in(browser: Browser, world: World) -> None:
    world.pool.key = RSAKey.generate_key(2048, {"kid": KEY.kid, "alg": "RS256", "use": "sig"})
    browser.get("/sign-in")
    assert browser.response.status_code == 400


def test_an_answer_belongs_to_the_browser_that_asked(
    browser: Browser, world: World, open_browser: Callable[..., Browser]
) -> None:
    back = world.pool.authorize(begin(browser)).removeprefix(STORE)
    # Somebody is lured into the attacker's account.
    victim = open_browser()
    victim.get(back)
    assert victim.response.status_code == 400
    browser.get(back)
    assert "Sign out" in browser.get("/home").text
    # The code counts once; loading the page again changes nothing.
    assert browser.get(back).all("h1")
    assert browser.path == "/account"


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied&state=x"])
def test_answers_that_nobody_asked_for_are_refused(browser: Browser, query: str) -> None:
    browser.get(f"/auth/callback{query}")
    assert browser.response.status_code == 400


def test_a_sign_in_page_that_was_open_for_too_long(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = world.pool.authorize(begin(browser)).removeprefix(STORE)
    monkeypatch.setattr("services.web.sign_in._PENDING_SECONDS", -1)
    browser.get(back)
    assert browser.response.status_code == 400
    for _ in range(8):
        begin(browser)
    assert "Sign out" not in browser.get("/home").text


def test_who_changes_the_mind_is_told_so(browser: Browser) -> None:
    fill_cart(browser)
    state = parse_qs(urlsplit(begin(browser, "/checkout")).query)["state"][0]
    browser.get(f"/auth/callback?error=access_denied&state={state}")
    assert "You did not sign in." in browser.page.text
    assert browser.path == "/cart"
    assert "Stoneware mug" in browser.get("/cart").text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "/%0d%0aSet-Cookie:x=1",
        "javascript:alert(1)",
        "evil.test",
        "/\t/evil.test",
        "",
    ],
)
def test_nobody_is_led_elsewhere(browser: Browser, target: str) -> None:
    browser.client.get("/sign-in", params={"next": target})
    browser.get("/sign-in?next=/account")
    answer = browser.client.get("/sign-in", params={"next": target})
    location = answer.headers["location"]
    assert location.startswith("/")
    assert urlsplit(location).netloc == ""
    assert not location.startswith(("//", "/\\"))
    assert not location.startswith(("/\r", "/\n", "/\t"))
    browser.get("/welcome")
    browser.post("/account/consents", **{**browser.page.form("/account/consents").fields, "next": target})
    assert urlsplit(str(browser.response.url)).netloc == urlsplit(STORE).netloc


def test_tokens_are_renewed_before_they_end(browser: Browser, world: World) -> None:
    world.pool.lifetime = 30
    browser.sign_in("/orders")
    used = set(world.pool.refresh)
    browser.get("/orders")
    assert browser.response.status_code == 200
    assert len(world.pool.refresh) == 1
    assert set(world.pool.refresh) != used


def test_a_sign_in_that_is_over_keeps_what_was_entered(browser: Browser, world: World) -> None:
    world.pool.lifetime = 30
    browser.sign_in("/account")
    world.pool.refresh.clear()
    form = browser.page.form("/account/profile")
    browser.post("/account/profile", **{**form.fields, "given_name": "Ada"})
    assert browser.path == "/sign-in/again?next=%2Faccount"
    assert "Nothing was changed" in browser.page.text
    assert "/sign-in?next=%2Faccount" in [link["href"] for link in browser.page.all("a")]
    browser.get("/account")
    assert browser.path == "/account"
    assert "Sign out" in browser.page.text


def test_an_api_that_does_not_take_the_token_leads_to_the_sign_in(browser: Browser, world: World) -> None:
    browser.sign_in()
    world.lost["GET /api/orders"] = "401"
    answer = browser.client.get("/orders")
    assert answer.headers["location"] == "/sign-in?next=%2Forders"


def test_a_user_pool_that_is_down_is_told_and_loses_nothing(browser: Browser, world: World) -> None:
    fill_cart(browser)
    world.lost["POST /oauth2/token"] = "503"
    browser.get("/sign-in?next=/cart")
    assert browser.response.status_code == DOWN
    assert "Signing in does not work right now." in browser.page.text
    assert "Stoneware mug" in browser.get("/cart").text


def test_sign_out_ends_it_everywhere(browser: Browser, world: World, tables: dict[str, Any]) -> None:
    browser.sign_in()
    (refresh,) = world.pool.refresh
    browser.send("/sign-out")
    assert world.pool.revoked == [refresh]
    assert browser.path == "/sign-out/end"
    (refresh_tag,) = [one for one in browser.page.all("meta") if one.get("http-equiv") == "refresh"]
    assert refresh_tag["content"].startswith(f"0; url={POOL}/logout?client_id=")
    assert not [one for one in tables["sessions"].scan()["Items"] if "access_token" in one["data"]]
    assert browser.get("/account").all("h1")
    assert browser.path == "/account", "signed in anew by the user pool"


def test_the_carts_become_one(browser: Browser, world: World) -> None:
    world.api.carts["customer-1"] = {"MUG-CLAY": 1, "BOARD-OAK": 1}
    fill_cart(browser, "mug", "2")
    fill_cart(browser, "trowel", "1")
    browser.sign_in("/cart")
    assert world.api.carts["customer-1"] == {"MUG-CLAY": 3, "BOARD-OAK": 1, "TROWEL-ASH": 1}
    assert "(5 articles)" in browser.page.text
    browser.get("/cart")
    assert world.api.carts["customer-1"]["MUG-CLAY"] == 3


@pytest.mark.parametrize("how", ["refused", "answer", "503"])
def test_a_cart_that_cannot_be_merged_waits(browser: Browser, world: World, how: str) -> None:
    fill_cart(browser)
    world.lost["POST /api/carts/items"] = how
    browser.sign_in("/orders")
    assert "Sign out" in browser.page.text
    browser.get("/cart")
    # If only the answer was lost, the next look finds what was moved.
    assert ("not here yet" in browser.page.text) == (how != "answer")
    world.lost.clear()
    browser.get("/cart")
    assert world.api.carts["customer-1"] == {"MUG-CLAY": 2}, "once, though an answer was lost"
    assert "not here yet" not in browser.page.text


def test_what_the_cart_does_not_take_is_told(browser: Browser, world: World) -> None:
    fill_cart(browser, "blanket", "6")
    fill_cart(browser, "mug")
    world.api.stock["BLANKET-HEATHER"] = 1
    world.api.sign_up("customer-1", policy_version="2026-11")
    browser.sign_in("/cart")
    assert world.api.carts["customer-1"] == {"MUG-CLAY": 2}
    assert "could not be added: Of this article only 1 can be ordered." in browser.page.text


def test_who_was_never_asked_about_consents_is_asked_once(browser: Browser, world: World) -> None:
    browser.get("/sign-in?next=/orders")
    assert browser.path.startswith("/welcome")
    assert not [one for one in browser.page.all("input") if "checked" in one]
    browser.send("/account/consents", profiling="yes")
    assert browser.path == "/orders"
    given = world.api.profiles["customer-1"]["consents"]
    assert {purpose: one["given"] for purpose, one in given.items()} == {
        "marketing_email": False,
        "marketing_sms": False,
        "profiling": True,
    }
    assert {one["policy_version"] for one in given.values()} == {"2026-11"}
    browser.send("/sign-out")
    browser.get("/sign-in?next=/orders")
    assert browser.path == "/orders"
