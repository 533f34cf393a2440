"""The page of a search: results, filters, another spelling, and who answered."""

from urllib.parse import parse_qs, urlsplit

import pytest

from services.web.searches import Search
from tests.services.web.browser import Browser, World


def asked(browser: Browser) -> dict[str, list[str]]:
    return parse_qs(urlsplit(browser.path).query)


def test_filters_are_a_form_that_keeps_what_was_asked(browser: Browser) -> None:
    page = browser.get("/search?q=stoneware&from=10&to=20&category=kitchen&in_stock=yes")
    assert "Stoneware mug" in page.text
    assert "Stoneware teapot" not in page.text
    (form,) = [one for one in page.forms if one.action == "/search" and "from" in one.fields]
    given = {name: form.fields[name] for name in ("q", "from", "to", "category", "in_stock")}
    assert given == {"q": "stoneware", "from": "10", "to": "20", "category": "kitchen", "in_stock": "yes"}
    legends = list(page.all("legend"))
    assert len(legends) == 2, "a screen reader hears what each group of choices is about"


def test_the_api_is_asked_for_sums_in_the_smallest_unit(browser: Browser, world: World) -> None:
    browser.get("/search?q=stoneware&from=17.5&to=18,00&in_stock=yes")
    assert "Stoneware mug" in browser.page.text
    assert world.api.filtered_by_stock
    browser.get("/search?q=stoneware&from=18.01")
    assert "Stoneware mug" not in browser.page.text


@pytest.mark.parametrize("made_up", ["-1", "1e9", "abc", "1.234", "<b>", "9" * 12])
def test_what_is_no_sum_filters_nothing(browser: Browser, made_up: str) -> None:
    page = browser.get(f"/search?q=mug&from={made_up}&to={made_up}")
    assert "Stoneware mug" in page.text


def test_another_spelling_is_a_link_that_keeps_the_filters(browser: Browser) -> None:
    page = browser.get("/search?q=lmap&in_stock=yes")
    assert "Did you mean lamp" in " ".join(page.text.split())
    assert "/search?q=lamp&in_stock=yes" in [one.get("href", "").replace("&amp;", "&") for one in page.all("a")]
    assert "Did you mean" not in browser.get("/search?q=lamp").text


def test_customers_are_told_when_the_table_answers(browser: Browser, world: World) -> None:
    assert "simpler than usual" not in browser.get("/search?q=mug").text
    world.api.source = "table"
    assert "simpler than usual" in browser.get("/search?q=teapot").text


def test_filters_can_be_cleared_at_once(browser: Browser) -> None:
    links = [one.get("href") for one in browser.get("/search?q=mug&category=kitchen").all("a")]
    assert "/search?q=mug" in links
    assert "Clear filters" not in browser.get("/search?q=mug").text


def test_pages_of_a_search_keep_its_filters() -> None:
    given = {"from": "1", "to": "", "category": "kitchen", "in_stock": "yes", "cursor": "abc"}
    search = Search.of("oak board", given.__getitem__)
    assert search.query == {
        "q": "oak board",
        "category": "kitchen",
        "price_from": "100",
        "in_stock": "true",
        "cursor": "abc",
    }
    assert search.page({"cursor": "def"}) == "q=oak+board&category=kitchen&from=1&in_stock=yes&cursor=def"
