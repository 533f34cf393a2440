"""Searches: what the engine finds, and what the table finds in its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.common import names
from functions.common.product import Product
from functions.common.search import document
from functions.search_index.handler import _template
from local.opensearch.engine import Domain
from services.catalogue import app, search
from tests.search_engine import ADMINISTRATOR, READER, InProcess
from tests.services.catalogue.test_catalogue import article, get, stock
from tests.services.shop import Shop

Logged = Callable[[], list[dict[str, Any]]]


class Engine:
    """The shop's index, filled from its table."""

    def __init__(self, shop: Shop, environment: pytest.MonkeyPatch) -> None:
        self._shop = shop
        environment.setenv(names.SEARCH_SIGNED_FOR, "es")
        environment.setenv(names.SEARCH_COPIES, "0")
        environment.setenv(names.SEARCH_ENDPOINT, "https://search.test")
        environment.setenv(names.METRICS_NAMESPACE, "web-store/test")
        self.domain = Domain(ADMINISTRATOR)
        administrator = InProcess(self.domain, ADMINISTRATOR)
        administrator.ask("PUT", "/products-1", _template())
        administrator.ask("POST", "/_aliases", {"actions": [{"add": {"index": "products-1", "alias": "products"}}]})
        allowed = [{"index_patterns": ["products*"], "allowed_actions": ["indices:data/read/search*"]}]
        self.domain.roles["products-reader"] = {"index_permissions": allowed}
        self.domain.mapped["products-reader"] = [READER]
        self.reader = InProcess(self.domain, READER)
        environment.setattr(search, "engine", lambda *_: self.reader)
        app.search._down_until = float("-inf")
        app.search.forget()

    def fill(self) -> None:
        for item in self._shop.items("products", "CATEGORY#*"):
            assert self.domain.indices["products-1"].write(item["product_id"], document(item), None, "internal") < 300


@pytest.fixture
def engine(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(shop, monkeypatch)
    article(shop, "mug", "MUG", name="Stoneware mug", category="kitchen", price_minor=1800, description="Warm clay")
    article(shop, "teapot", "TEAPOT", name="Stoneware teapot", category="kitchen", price_minor=5400)
    article(shop, "lamp", "LAMP", name="Linen table lamp", category="lighting", price_minor=12900)
    article(shop, "cushion", "CUSHION", name="Linen cushion", category="textiles", price_minor=4500)
    article(shop, "planter", "PLANTER", name="Terracotta planter", category="garden", price_minor=2200)
    Product.read("mug").stocked(True)
    Product.read("teapot").stocked(False)
    made.fill()
    return made


def ids(answer: Any) -> list[str]:
    return [product["product_id"] for product in answer["products"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("stoneware", ["mug", "teapot"]),
        ("STONEWARE mug", ["mug"]),
        ("stonewear mgu", ["mug"]),  # a slip in each word
        ("mugs", ["mug"]),  # the plural
        ("cup", ["mug"]),  # another word for it
        ("flowerpot", ["planter"]),
        ("clay", ["mug"]),  # only in the description
        ("linnen", ["cushion", "lamp"]),
        ("lighting", ["lamp"]),  # the category
        ("linen mug", []),  # every word must be there
        ("mug-xyz wool", []),
    ],
)
@pytest.mark.usefixtures("engine")
def test_products_are_found_by_all_words_slips_plurals_and_synonyms(shop: Shop, words: str, found: list[str]) -> None:
    answer = get(shop, "/products", q=words)
    assert (sorted(ids(answer)), answer["search"]["source"]) == (sorted(found), "search")
    assert answer["search"]["total"] == len(found)


def test_the_word_as_it_is_written_comes_before_those_that_are_near(shop: Shop, engine: Engine) -> None:
    article(shop, "linem", "LINEM", name="Linem vase", category="kitchen", price_minor=100)
    engine.fill()
    assert ids(get(shop, "/products", q="linen"))[-1] == "linem"
    assert ids(get(shop, "/products", q="linem"))[0] == "linem"


@pytest.mark.usefixtures("engine")
def test_facets_count_what_each_other_choice_would_find(shop: Shop) -> None:
    answer = get(shop, "/products", q="linen", category="lighting")
    assert ids(answer) == ["lamp"]
    facts = answer["search"]
    assert facts["categories"] == [
        {"category_id": "lighting", "products": 1},
        {"category_id": "textiles", "products": 1},
    ]
    assert (facts["total"], facts["in_stock"], facts["cheapest_minor"]) == (1, 0, 12900)
    answer = get(shop, "/products", q="stoneware", price_to="2000")
    assert (ids(answer), answer["search"]["dearest_minor"]) == (["mug"], 5400)
    assert ids(get(shop, "/products", q="stoneware", price_from="1800", price_to="1800")) == ["mug"]
    answer = get(shop, "/products", q="stoneware", in_stock="true")
    assert (ids(answer), answer["search"]["in_stock"]) == (["mug"], 1)


@pytest.mark.usefixtures("engine")
def test_a_word_that_the_store_spells_otherwise_is_offered(shop: Shop) -> None:
    assert get(shop, "/products", q="stonewear mug")["search"]["did_you_mean"] == "stoneware mug"
    assert get(shop, "/products", q="stoneware mugs")["search"]["did_you_mean"] is None


def test_searches_go_on_by_their_cursor_and_no_other(shop: Shop, engine: Engine) -> None:
    for number in range(30):
        article(shop, f"p-{number}", f"s-{number}", name="Wool blanket", price_minor=1000 + number)
    engine.fill()
    first = get(shop, "/products", q="wool")
    second = get(shop, "/products", q="wool", cursor=first["cursor"])
    assert (len(first["products"]), len(second["products"]), second["cursor"]) == (24, 6, None)
    assert not set(ids(first)) & set(ids(second))
    for query in ({"q": "linen", "cursor": first["cursor"]}, {"q": "wool", "cursor": "WyJ4IiwgMjRd"}):
        answer = shop["catalogue"].get("/api/catalogue/products", params=query)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:store:problem:bad-cursor")


def test_without_words_there_is_nothing_to_filter(shop: Shop) -> None:
    for query in ({"price_from": "1"}, {"price_to": "1"}, {"in_stock": "true"}):
        answer = shop["catalogue"].get("/api/catalogue/products", params=query)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:store:problem:filter-alone")


def test_while_the_engine_is_down_the_table_answers_and_says_so(
    shop: Shop, engine: Engine, logged: Logged, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a function a service has a name of its own, which must be no further dimension.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "app-catalogue")
    engine.reader.is_down = True
    answer = get(shop, "/products", q="stoneware", in_stock="true")
    assert (ids(answer), answer["search"]["source"]) == (["mug"], "table")
    assert answer["search"]["categories"] == [{"category_id": "kitchen", "products": 1}]
    assert get(shop, "/products", q="stonewear")["products"] == [], "no slips"
    assert [line["cause"] for line in logged() if line["message"] == "search fails"] == ["SearchError"]
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "SearchFallbacks" in line]
    assert [(metric["service"], metric["SearchFallbacks"]) for metric in metrics] == [("search", [1])] * 2
    assert {str(one["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) for one in metrics} == {"[['service']]"}
    assert engine.reader.asked == [("POST", "/products/_search")], "for some seconds the engine is left alone"


def test_a_role_that_is_not_mapped_falls_back_too(shop: Shop, engine: Engine, logged: Logged) -> None:
    engine.domain.mapped.clear()
    assert get(shop, "/products", q="mug")["search"]["source"] == "table"
    assert [line["status"] for line in logged() if line["message"] == "search fails"] == [403]


def test_an_answer_of_another_form_is_no_answer(shop: Shop, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.reader, "ask", lambda *_: {"hits": {"total": 3}})
    assert get(shop, "/products", q="mug")["search"]["source"] == "table"


def test_an_environment_without_engine_answers_from_the_table_in_silence(
    shop: Shop, engine: Engine, monkeypatch: pytest.MonkeyPatch, logged: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(names.SEARCH_ENDPOINT)
    assert get(shop, "/products", q="mug")["search"]["source"] == "table"
    assert engine.reader.asked == []
    assert "SearchFallbacks" not in capsys.readouterr().out
    assert [line for line in logged() if line["message"] == "search fails"] == []


@pytest.mark.usefixtures("engine")
def test_stock_that_comes_or_goes_is_written_to_the_product_once(shop: Shop) -> None:
    def in_stock() -> Any:
        (item,) = (one for one in shop.items("products", "CATEGORY#*") if one["product_id"] == "lamp")
        return item.get("in_stock")

    def changed() -> None:
        event = {"event_id": "0" * 36, "sku": "LAMP", "location_id": "l-1", "available": 0}
        shop.hear("catalogue", "inventory.changed", {**event, "changed_at": "2026-01-31T08:00:00.000000Z"})

    changed()
    assert in_stock() is None, "nobody has counted"
    stock(shop, "LAMP", 3)
    changed()
    assert in_stock() is True
    version = Product.read("lamp").version
    changed()
    assert Product.read("lamp").version == version, "nothing new"
    stock(shop, "LAMP", 0)
    changed()
    assert in_stock() is False
