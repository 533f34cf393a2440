"""Searches by words: by the engine, and by the table where the environment has no engine or it fails."""

import time
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from functions.common import names
from functions.common.log import cause, logger
from functions.common.search import ALIAS, SearchError, engine
from services.catalogue.answers import CategoryCount, Found, Listing, Shelf
from services.catalogue.shelves import PAGE, Products
from services.common import cursors
from services.common.metrics import count_one
from services.common.settings import optional

# Who waits for the search waits for the customer: connect, answer.
_TIMEOUTS = (0.3, 1.0)
_PAUSE_SECONDS = 5
# An engine goes no deeper than 10,000 documents, and nobody does.
_DEEPEST = 2_000
_CATEGORIES = 20
_SHOWN = ["product_id", "sku", "name", "category", "price", "currency"]


@dataclass(frozen=True)
class Asked:
    """What is looked for; prices in the currency's smallest unit, both ends included."""

    words: str
    category: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False

    @cached_property
    def key(self) -> str:
        """Tells searches apart in their cursors."""
        facts = (self.words, self.category, self.price_from, self.price_to, self.in_stock)
        return sha256(repr(facts).encode()).hexdigest()[:16]

    def filters(self, *without: str) -> list[dict[str, Any]]:
        """Conditions of the engine, but those of a facet by itself."""
        prices = {"gte": self.price_from, "lte": self.price_to}
        bounds = {bound: price for bound, price in prices.items() if price is not None}
        found = {
            "category": {"term": {"category": self.category}} if self.category else None,
            "price": {"range": {"price": bounds}} if bounds else None,
            "in_stock": {"term": {"in_stock": True}} if self.in_stock else None,
        }
        return [condition for name, condition in found.items() if condition is not None and name not in without]

    def takes(self, item: dict[str, Any], *without: str) -> bool:
        """As `filters`, of an item of the table."""
        price = int(item["price"])
        kept = {
            "category": self.category is None or item["category"] == self.category,
            "price": (self.price_from is None or price >= self.price_from)
            and (self.price_to is None or price <= self.price_to),
            "in_stock": not self.in_stock or item.get("in_stock") is True,
        }
        return all(holds for name, holds in kept.items() if name not in without)


class Search:
    """Asks the engine; when that fails, the next seconds go without it."""

    def __init__(self) -> None:
        self._products = Products()
        self._down_until = float("-inf")

    def find(self, asked: Asked, cursor: str | None) -> Shelf:
        """
        Raises:
            ProblemError: 400, the cursor is of another search.
        """
        start = _start(asked, cursor)
        if optional(names.SEARCH_ENDPOINT) is None:
            return self._in_table(asked, start)
        if time.monotonic() >= self._down_until:
            try:
                return _in_index(asked, start)
            except SearchError as error:
                self._down_until = time.monotonic() + _PAUSE_SECONDS
                logger.warning("search fails", extra={"cause": cause(error), "status": error.status})
        count_one("SearchFallbacks", "search")
        return self._in_table(asked, start)

    def forget(self) -> None:
        """The catalogue has changed: the next search by the table reads it."""
        self._products.forget()

    def _in_table(self, asked: Asked, start: int) -> Shelf:
        named = self._products.with_words(asked.words)
        found = [item for item in named if asked.takes(item)]
        counts: dict[str, int] = {}
        for item in named:
            if asked.takes(item, "category"):
                counts[item["category"]] = counts.get(item["category"], 0) + 1
        prices = [int(item["price"]) for item in named if asked.takes(item, "price")]
        facts = Found(
            source="table",
            total=len(found),
            categories=[
                CategoryCount(category_id=name, products=count)
                for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_CATEGORIES]
            ],
            in_stock=sum(item.get("in_stock") is True for item in named if asked.takes(item, "in_stock")),
            cheapest_minor=min(prices, default=None),
            dearest_minor=max(prices, default=None),
            did_you_mean=None,
        )
        return _shelf(asked, start, [Listing.of(item) for item in found[start : start + PAGE]], facts)


def _in_index(asked: Asked, start: int) -> Shelf:
    """
    Raises:
        SearchError: the engine does not answer, or refuses.
    """
    answer = engine(*_TIMEOUTS).ask("POST", f"/{ALIAS}/_search", _query(asked, start))
    try:
        facets = answer["aggregations"]
        facts = Found(
            source="search",
            total=answer["hits"]["total"]["value"],
            categories=[
                CategoryCount(category_id=bucket["key"], products=bucket["doc_count"])
                for bucket in facets["categories"]["values"]["buckets"]
            ],
            in_stock=facets["in_stock"]["doc_count"],
            cheapest_minor=_whole(facets["prices"]["cheapest"]["value"]),
            dearest_minor=_whole(facets["prices"]["dearest"]["value"]),
            did_you_mean=_meant(asked.words, answer["suggest"]["words"]),
        )
        listings = [Listing.of(hit["_source"]) for hit in answer["hits"]["hits"]]
    except (KeyError, TypeError) as error:
        raise SearchError(f"the answer has another form: {type(error).__name__}") from None
    return _shelf(asked, start, listings, facts)


def _query(asked: Asked, start: int) -> dict[str, Any]:
    """https://docs.opensearch.org/latest/query-dsl/ : all words, each with a slip or two; those that are written right
    and in the name come first."""
    every = {"query": asked.words, "operator": "and", "fuzziness": "AUTO", "prefix_length": 1}
    return {
        "from": start,
        "size": PAGE,
        "track_total_hits": True,
        "_source": _SHOWN,
        "query": {
            "bool": {
                "must": [{"match": {"words": every}}],
                "should": [{"multi_match": {"query": asked.words, "fields": ["name^3", "words"]}}],
            }
        },
        # After the facets, which count what each other choice would find.
        "post_filter": {"bool": {"filter": asked.filters()}},
        "aggs": {
            "categories": {
                "filter": {"bool": {"filter": asked.filters("category")}},
                "aggs": {"values": {"terms": {"field": "category", "size": _CATEGORIES}}},
            },
            "in_stock": {"filter": {"bool": {"filter": [*asked.filters("in_stock"), {"term": {"in_stock": True}}]}}},
            "prices": {
                "filter": {"bool": {"filter": asked.filters("price")}},
                "aggs": {"cheapest": {"min": {"field": "price"}}, "dearest": {"max": {"field": "price"}}},
            },
        },
        "sort": ["_score", {"price": "asc"}, {"product_id": "asc"}],
        "suggest": {"words": {"text": asked.words, "term": {"field": "spelling", "prefix_length": 1, "size": 1}}},
    }


def _meant(words: str, suggested: list[dict[str, Any]]) -> str | None:
    """The words with those replaced that the index has in another spelling only; None if it has all of them."""
    meant, end = "", 0
    for word in suggested:
        if word["options"]:
            meant += words[end : word["offset"]] + word["options"][0]["text"]
            end = word["offset"] + word["length"]
    return meant + words[end:] if end else None


def _shelf(asked: Asked, start: int, listings: list[Listing], facts: Found) -> Shelf:
    after = start + PAGE
    more = after < min(facts.total, _DEEPEST)
    return Shelf(products=listings, cursor=cursors.encode(asked.key, after) if more else None, search=facts)


def _start(asked: Asked, cursor: str | None) -> int:
    if cursor is None:
        return 0
    key, start = cursors.decode(cursor, str, int)
    if key != asked.key or not 0 < start < _DEEPEST:
        raise cursors.bad_cursor()
    return start


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
