"""Small functions: paths to go on to, segments of paths, sums of money."""

from urllib.parse import unquote, urljoin, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.web.money import money
from services.web.store_api import NotFoundError, path
from services.web.visit import own_path
from tests.services.web.browser import STORE, Browser, World

_PARTS = st.sampled_from(
    ["/", "//", "\\", "..", "@", ":", "evil.test", "https:", "javascript:", "\t", "\n", " ", "%2f", "a", "?"]
)


@given(st.one_of(st.lists(_PARTS, max_size=8).map("".join), st.text(max_size=20)))
def test_whatever_is_asked_for_is_a_path_of_the_store(asked: str) -> None:
    found = own_path(asked)
    target = urlsplit(urljoin(f"{STORE}/auth/callback", found))
    assert (target.scheme, target.netloc) == ("https", "store.test")
    # Browsers take these for slashes, or leave them out.
    assert not found.startswith(("//", "/\\"))
    assert not set("\\\t\r\n") & set(found)


@pytest.mark.parametrize("good", ["/cart", "/orders/1?x=/y", "/categories/a%2Fb", "/search?q=https://x"])
def test_good_paths_stay(good: str) -> None:
    assert own_path(good) == good


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=10), min_size=1, max_size=3))
@example([".."])
@example(["a/../b", "%2e%2e"])
def test_a_part_of_a_path_is_one_segment(parts: list[str]) -> None:
    if {".", ".."} & set(parts):
        with pytest.raises(NotFoundError):
            path(*parts)
    else:
        sent = httpx.Request("GET", f"{STORE}/api{path(*parts)}").url.raw_path.decode()
        assert [unquote(part) for part in sent.split("/")] == ["", "api", *parts]


def test_no_way_up_from_an_address_to_the_customer(browser: Browser, world: World) -> None:
    browser.sign_in()
    browser.get("/account/erasure")
    token = browser.page.form("/account/erasure").fields["csrf"]
    for part in ("%2e%2e", "%2E.", ".%2e", "%2e"):
        assert browser.client.post(f"/account/addresses/{part}/removal", data={"csrf": token}).status_code == 404
        assert browser.client.get(f"/products/{part}").status_code == 404
    assert "customer-1" in world.api.profiles


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "€0.00"),
        (5, "USD", "$0.05"),
        (123456, "GBP", "£1,234.56"),
        (1234, "JPY", "JPY\N{NO-BREAK SPACE}1,234"),
        (1234, "KWD", "KWD\N{NO-BREAK SPACE}1.234"),
        (-150, "EUR", "-€1.50"),
        (100, "CHF", "CHF\N{NO-BREAK SPACE}1.00"),
    ],
)
def test_money(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text
