"""What customers see of the catalogue, and what changes it."""

import json
from typing import Any

import pytest

from functions.catalogue_feed import handler as feed
from services.catalogue.app import search
from tests.services.shop import Shop
from tests.services.tokens import bearer

WRITE = bearer("catalogue.write")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    search.forget()


def article(shop: Shop, product_id: str, sku: str, hour: int = 8, **facts: Any) -> None:
    """A record of the catalogue feed, written as the feed writes it."""
    record = {"name": f"Product {product_id}", "category": "shirts", "price_minor": 1999, "currency": "EUR", **facts}
    change = {"product_id": product_id, "sku": sku, "change": "created", "changed_at": f"2026-01-31T{hour:02}:00:00Z"}
    shop["catalogue"]
    assert feed._write(feed.ArticleChange.model_validate_json(json.dumps({**change, **record})))


def stock(shop: Shop, sku: str, available: int) -> None:
    shop.put("inventory", sku=sku, item="LOCATION#l-1", location_id="l-1", available=available)


def get(shop: Shop, path: str, **query: str) -> Any:
    answer = shop["catalogue"].get(f"/api/catalogue{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(shop: Shop, product_id: str, **change: Any) -> Any:
    return shop["catalogue"].put(f"/api/catalogue/products/{product_id}", json=change, headers=WRITE)


def test_a_product_shows_what_is_for_sale_of_it_and_how_much_there_is(shop: Shop) -> None:
    article(shop, "p-1", "s-1", description="Soft")
    article(shop, "p-1", "s-2", price_minor=999)
    article(shop, "p-1", "s-3", change="withdrawn")
    stock(shop, "s-1", 3)
    seen = get(shop, "/products/p-1")
    assert (seen["product_id"], seen["description"]) == ("p-1", "Soft")
    variants = [(variant["sku"], variant["price_minor"], variant["available"]) for variant in seen["variants"]]
    assert variants == [("s-2", 999, None), ("s-1", 1999, 3)]


@pytest.mark.parametrize("path", ["/products/none", f"/products/{'x' * 65}", "/products/%00", "/products/%C3%28"])
def test_what_is_not_for_sale_is_not_found(shop: Shop, path: str) -> None:
    assert shop["catalogue"].get(f"/api/catalogue{path}").status_code == 404


def test_lists_go_on_by_their_cursor_cheapest_first(shop: Shop) -> None:
    for number in range(30):
        article(shop, f"p-{number}", f"s-{number}", price_minor=3000 - number, category=("a", "b")[number % 2])
    first = get(shop, "/products")
    second = get(shop, "/products", cursor=first["cursor"])
    found = [product["price_minor"] for product in first["products"] + second["products"]]
    assert found == sorted(found)
    assert (len(first["products"]), len(found), second["cursor"]) == (24, 30, None)
    assert [product["category_id"] for product in get(shop, "/products", category="a")["products"]] == ["a"] * 15
    assert get(shop, "/categories/b/products") == get(shop, "/products", category="b")
    assert get(shop, "/products", category="none") == {"products": [], "cursor": None, "search": None}
    assert get(shop, "/categories") == {"categories": [{"category_id": "a"}, {"category_id": "b"}]}
    foreign = shop["catalogue"].get("/api/catalogue/products", params={"category": "a", "cursor": first["cursor"]})
    assert (foreign.status_code, foreign.json()["type"]) == (400, "urn:store:problem:bad-cursor")


@pytest.mark.parametrize(
    "cursor", ["", "x", "e30", "W10", "WyIqIiwgInAiLCAidGVuIl0", "WyIqIiwgIiIsIDFd", "é", "a" * 2000]
)
def test_made_up_cursors_are_refused(shop: Shop, cursor: str) -> None:
    answer = shop["catalogue"].get("/api/catalogue/products", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:store:problem:bad-cursor")


def test_a_search_finds_every_word_in_name_or_category(shop: Shop) -> None:
    article(shop, "p-1", "s-1", name="Linen shirt, WHITE")
    article(shop, "p-2", "s-2", name="Linen coat", category="coats")
    assert [product["product_id"] for product in get(shop, "/products", q="white SHIRT")["products"]] == ["p-1"]
    assert len(get(shop, "/products", q="linen")["products"]) == 2
    assert get(shop, "/products", q="wool")["products"] == []


def test_a_change_reaches_all_variants_and_is_told_of_each(shop: Shop) -> None:
    article(shop, "p-1", "s-1")
    article(shop, "p-1", "s-2", price_minor=999)
    before = len(shop.told("products"))
    answer = put(
        shop, "p-1", price_minor=500, currency="EUR", description="New", attributes=[{"name": "a", "value": ""}]
    )
    assert answer.json() == {
        "product_id": "p-1",
        "active": True,
        "name": "Product p-1",
        "description": "New",
        "attributes": [{"name": "a", "value": ""}],
        "skus": ["s-1", "s-2"],
    }
    assert len(shop.told("products")) == before + 2
    assert [variant["price_minor"] for variant in get(shop, "/products/p-1")["variants"]] == [500, 500]
    assert put(shop, "p-1", description="Newer").status_code == 200
    assert len(shop.told("products")) == before + 2, "no article is different"


def test_a_product_is_taken_away_and_brought_back(shop: Shop) -> None:
    article(shop, "p-1", "s-1")
    assert put(shop, "p-1", active=False).json()["skus"] == []
    assert shop["catalogue"].get("/api/catalogue/products/p-1").status_code == 404
    assert get(shop, "/products")["products"] == []
    assert put(shop, "p-1", active=True).json()["skus"] == ["s-1"]
    assert get(shop, "/products/p-1")["variants"][0]["price_minor"] == 1999
    changes = [event["change"] for event in shop.told("products", "catalogue.changed")]
    assert sorted(changes) == ["created", "updated", "withdrawn"]


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"price_minor": 5}, 400, "half-a-price"),
        ({"currency": "EUR"}, 400, "half-a-price"),
        ({"category": "*"}, 400, "reserved-category"),
        ({"active": True}, 409, "incomplete-product"),
    ],
)
def test_a_change_that_makes_no_product_is_refused(shop: Shop, change: Any, status: int, kind: str) -> None:
    article(shop, "p-1", "s-1", change="withdrawn")
    item = shop.item("products", product_id="p-1", item="SKU#s-1")
    answer = put(shop, "p-1", **change)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:store:problem:{kind}")
    assert shop.item("products", product_id="p-1", item="SKU#s-1") == item


def test_nobody_changes_a_product_that_no_feed_has_told_of(shop: Shop) -> None:
    assert put(shop, "none", name="x").status_code == 404
    assert shop["catalogue"].put("/api/catalogue/products/p-1", json={"name": "x"}).status_code == 401
