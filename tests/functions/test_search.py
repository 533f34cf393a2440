"""The index of products: how it is made, filled, switched and followed."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.catalogue_feed import handler as catalogue
from functions.common import names
from functions.common.product import Product
from functions.common.search import SearchError
from functions.search_feed import handler as feed
from functions.search_index import handler as indexer
from local.opensearch.collection import Collection
from local.opensearch.engine import Domain
from tests.functions.cloud import Cloud
from tests.search_engine import ADMINISTRATOR, READER, WRITER, InProcess

FIRST, SECOND = "products-aaaa", "products-bbbb"


class Index:
    """The functions around one domain, and the table of products."""

    def __init__(self, cloud: Cloud, environment: pytest.MonkeyPatch) -> None:
        self.cloud, self.environment = cloud, environment
        self.domain = Domain(ADMINISTRATOR)
        self.administrator = InProcess(self.domain, ADMINISTRATOR)
        self.reader = InProcess(self.domain, READER)
        self.writer = InProcess(self.domain, WRITER)
        environment.setattr(indexer, "engine", lambda *_: self.administrator)
        environment.setattr(feed, "engine", lambda *_: self.writer)
        environment.setenv(names.SEARCH_SIGNED_FOR, "es")
        environment.setenv(names.SEARCH_COPIES, "2")
        environment.setenv(names.SEARCH_FILLS, "true")
        environment.setenv(names.SEARCH_ROLES, json.dumps({"reader": [READER], "writer": [WRITER]}))
        environment.setattr(indexer.metrics.provider, "service", "search-index")
        environment.setattr(indexer.metrics.provider, "namespace", "web-store/test")
        environment.setenv(names.EVENT_SOURCE, "store.catalogue")
        environment.setenv(names.table_variable("products"), cloud.table_name("products"))
        self.use(FIRST)

    def serverless(self) -> None:
        """A collection in place of the domain."""
        everything = ["index/store/products*", "collection/store"]
        rules = [
            {"Principal": [ADMINISTRATOR], "Rules": [{"Resource": everything, "Permission": ["aoss:*"]}]},
            {"Principal": [READER], "Rules": [{"Resource": everything, "Permission": ["aoss:ReadDocument"]}]},
        ]
        self.domain = Collection("store", rules)
        self.administrator, self.reader = InProcess(self.domain, ADMINISTRATOR), InProcess(self.domain, READER)
        self.environment.setenv(names.SEARCH_SIGNED_FOR, "aoss")

    def use(self, name: str) -> None:
        self.environment.setenv(names.SEARCH_INDEX, name)

    def run(self) -> dict[str, Any]:
        return indexer.handler({}, CONTEXT)

    def article(self, product_id: str, hour: int = 8, **facts: Any) -> None:
        change = {"product_id": product_id, "sku": product_id.upper(), "change": "created"}
        about = {"name": f"Name {product_id}", "category": "kitchen", "price_minor": 1999, "currency": "EUR"}
        record = {**change, "changed_at": f"2026-01-31T{hour:02}:00:00Z", **about, **facts}
        assert catalogue._write(catalogue.ArticleChange.model_validate_json(json.dumps(record)))

    def follow(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        return feed.handler({"Records": records}, CONTEXT)

    def documents(self, name: str) -> dict[str, Any]:
        return {key: one.source for key, one in self.domain.indices[name].documents.items()}


CONTEXT: Any = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:f", aws_request_id="1"
)


class Clock:
    """Time that passes while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(indexer.time, "monotonic", made.monotonic)
    monkeypatch.setattr(indexer.time, "sleep", made.sleep)
    return made


@pytest.fixture
def index(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Index:
    return Index(cloud, monkeypatch)


def change(product_id: str, second: int, **item: Any) -> dict[str, Any]:
    """Record of the stream; without an item the product is gone."""
    keys = {"product_id": {"S": product_id}, "item": {"S": "CATEGORY#*"}}
    facts = {"Keys": keys, "SequenceNumber": f"{second}1", "ApproximateCreationDateTime": float(second)}
    if not item:
        return {"eventName": "REMOVE", "dynamodb": facts}
    image = {**keys, "category_id": {"S": "*"}, **item}
    return {"eventName": "MODIFY", "dynamodb": {**facts, "NewImage": image}}


def test_an_empty_table_has_an_index_that_serves_at_once(index: Index) -> None:
    assert index.run() == {"index": FIRST, "serves": True}
    assert index.domain.aliases == {"products": {FIRST}}
    settings = index.domain.indices[FIRST].body["settings"]["index"]
    assert settings["number_of_replicas"] == 2
    assert "mug, cup" in settings["analysis"]["filter"]["synonyms"]["synonyms"]
    assert not any(one.startswith("#") for one in settings["analysis"]["filter"]["synonyms"]["synonyms"])


def test_documents_are_what_shelves_show_of_each_product_with_its_words(index: Index) -> None:
    index.article("mug", description="Thrown by hand")
    index.article("board", category="garden")
    Product.read("mug").stocked(True)
    index.run()
    assert index.documents(FIRST)["mug"] == {
        "product_id": "mug",
        "sku": "MUG",
        "name": "Name mug",
        "category": "kitchen",
        "price": 1999,
        "currency": "EUR",
        "description": "Thrown by hand",
        "in_stock": True,
    }
    assert index.documents(FIRST).keys() == {"mug", "board"}


def test_stock_stays_in_the_document_when_the_product_changes(index: Index) -> None:
    index.article("mug")
    Product.read("mug").stocked(False)
    index.article("mug", hour=9, price_minor=2500)
    index.run()
    assert (index.documents(FIRST)["mug"]["price"], index.documents(FIRST)["mug"]["in_stock"]) == (2500, False)


def test_readers_are_answered_by_the_former_index_until_the_new_one_is_whole(
    index: Index, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    index.article("mug")
    index.run()
    index.use(SECOND)
    index.environment.setenv(names.SEARCH_FILLS, "false")  # a pipeline does, and is slow
    assert index.run() == {"index": SECOND, "serves": False}
    assert index.domain.aliases == {"products": {FIRST}}
    assert [line["products"] for line in logged() if line["message"] == "index is not filled yet"] == [1]
    index.writer.ask("POST", f"/{SECOND}/_bulk", [{"index": {"_id": "mug"}}, {"product_id": "mug", "name": "Mug"}])
    assert index.run() == {"index": SECOND, "serves": True}
    assert index.domain.aliases == {"products": {SECOND}}
    assert set(index.domain.indices) == {SECOND}, "the former index is deleted"


def test_an_interrupted_fill_goes_on_with_the_next_run(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_PAGE", 2)
    for number in range(5):
        index.article(f"p-{number}")
    pages = indexer._pages()
    broken = iter([next(pages)])
    with monkeypatch.context() as patched:

        def some() -> Any:
            yield from broken
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")

        patched.setattr(indexer, "_pages", some)
        with pytest.raises(ClientError):
            index.run()
    assert index.domain.aliases == {}
    assert index.run()["serves"]
    assert len(index.documents(FIRST)) == 5


def test_whatever_somebody_deletes_comes_back(index: Index) -> None:
    index.article("mug")
    index.run()
    index.domain.indices.clear()
    index.domain.aliases.clear()
    index.domain.mapped.clear()
    assert index.run()["serves"]
    assert index.documents(FIRST).keys() == {"mug"}
    assert index.domain.mapped == {"products-reader": [READER], "products-writer": [WRITER]}


def test_an_index_that_came_about_without_the_template_is_made_anew(index: Index) -> None:
    index.article("mug")
    index.administrator.ask("PUT", f"/{FIRST}", {"mappings": {"dynamic": False}})
    assert index.run()["serves"]
    assert "price" in index.domain.indices[FIRST].fields
    assert index.documents(FIRST).keys() == {"mug"}
    kept = index.domain.indices[FIRST]
    index.run()
    assert index.domain.indices[FIRST] is kept


def test_the_domain_audits_without_what_customers_write(index: Index) -> None:
    index.run()
    assert index.domain.audit["enabled"]
    assert index.domain.audit["audit"]["log_request_body"] is False
    # A later version tells of more than was asked.
    index.domain.audit["audit"] |= {"ignore_headers": []}
    kept = index.domain.audit
    index.run()
    assert index.domain.audit is kept
    index.domain.audit["audit"]["log_request_body"] = True
    index.run()
    assert index.domain.audit["audit"]["log_request_body"] is False


def test_roles_of_the_domain_let_readers_search_and_writers_write_and_no_more(index: Index) -> None:
    index.run()
    reader = InProcess(index.domain, READER)
    assert reader.ask("POST", "/products/_search", {})["hits"]["hits"] == []
    for engine, method, path, body in (
        (reader, "POST", f"/{FIRST}/_bulk", [{"delete": {"_id": "mug"}}]),
        (reader, "DELETE", f"/{FIRST}", None),
        (index.writer, "POST", "/products/_search", {}),
        (index.writer, "DELETE", f"/{FIRST}", None),
        (InProcess(index.domain, "arn:aws:iam::111111111111:role/other"), "POST", "/products/_search", {}),
    ):
        with pytest.raises(SearchError) as refused:
            engine.ask(method, path, body)
        assert refused.value.status == 403


def test_changes_follow_the_stream_and_old_ones_overwrite_nothing(index: Index) -> None:
    index.run()
    item = {"name": {"S": "Mug"}, "price": {"N": "1800"}, "in_stock": {"BOOL": True}}
    assert index.follow([change("mug", 10, **item), change("board", 11, **item)]) == {"batchItemFailures": []}
    assert index.documents(FIRST)["mug"] == {"product_id": "mug", "name": "Mug", "price": 1800, "in_stock": True}
    newer = {**item, "price": {"N": "900"}}
    index.follow([change("mug", 20, **newer)])
    index.follow([change("mug", 10, **item)])
    assert index.documents(FIRST)["mug"]["price"] == 900
    index.follow([change("mug", 30)])
    index.follow([change("mug", 20, **newer)])
    assert index.documents(FIRST).keys() == {"board"}, "what is gone stays gone"


def test_a_fill_does_not_undo_a_change_that_came_by_the_stream_meanwhile(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.article("mug")
    monkeypatch.setattr(indexer.time, "time", lambda: 100.5)
    index.run()
    index.follow([change("mug", 100, name={"S": "Mug"}, price={"N": "1"})])
    index.domain.aliases.clear()
    index.run()
    assert index.documents(FIRST)["mug"]["price"] == 1


def test_a_document_that_is_refused_holds_up_its_batch_from_there(index: Index) -> None:
    index.run()
    records = [change("a", 1, price={"N": "1"}), change("b", 2, price={"S": "cheap"}), change("c", 3, price={"N": "3"})]
    assert index.follow(records) == {"batchItemFailures": [{"itemIdentifier": "21"}]}
    assert index.documents(FIRST).keys() == {"a", "c"}


def test_an_engine_that_is_down_fails_the_run_and_the_batch(index: Index) -> None:
    index.run()
    index.administrator.is_down = index.writer.is_down = True
    with pytest.raises(SearchError):
        index.run()
    with pytest.raises(SearchError):
        index.follow([change("a", 1, price={"N": "1"})])


def test_a_collection_has_no_roles_and_sizes_itself(index: Index) -> None:
    index.serverless()
    index.article("mug")
    assert index.run()["serves"]
    asked = {path for _, path in index.administrator.asked}
    assert not {path for path in asked if path.startswith("/_plugins") or path.endswith("_refresh")}
    settings = index.domain.indices[FIRST].body["settings"]["index"]
    assert settings.keys() == {"analysis"}, "no shards, no copies, no slow logs"
    assert index.documents(FIRST).keys() == {"mug"}
    with pytest.raises(SearchError) as refused:
        index.reader.ask("DELETE", f"/{FIRST}")
    assert refused.value.status == 403
    assert index.reader.ask("POST", "/products/_search", {})["hits"]["hits"]


@pytest.mark.parametrize("status", [None, 403, 429, 503])
def test_a_collection_that_sleeps_or_does_not_know_its_policy_yet_is_waited_for(
    index: Index, clock: Clock, status: int | None
) -> None:
    index.serverless()
    ask, late = index.administrator.ask, iter(range(3))

    def asked(*request: Any, **how: Any) -> Any:
        if next(late, None) is not None:
            raise SearchError("not yet", status)
        return ask(*request, **how)

    index.environment.setattr(index.administrator, "ask", asked)
    assert index.run()["serves"]
    assert clock.slept == [5, 5, 5]


def test_a_collection_is_not_waited_for_without_end_nor_when_the_request_is_wrong(index: Index, clock: Clock) -> None:
    index.serverless()
    index.administrator.is_down = True
    with pytest.raises(SearchError):
        index.run()
    assert 90 <= sum(clock.slept) <= 95
    clock.slept.clear()

    def wrong(*_: Any, **__: Any) -> Any:
        raise SearchError("wrong", 400)

    index.environment.setattr(index.administrator, "ask", wrong)
    with pytest.raises(SearchError):
        index.run()
    assert clock.slept == []


def test_what_a_collection_does_not_show_yet_is_waited_for(index: Index, clock: Clock) -> None:
    index.serverless()
    index.article("mug")
    ask, early = index.administrator.ask, iter(range(2))

    def asked(method: str, path: str, *rest: Any, **how: Any) -> Any:
        if path.endswith("/_count") and next(early, None) is not None:
            return {"count": 0}
        return ask(method, path, *rest, **how)

    index.environment.setattr(index.administrator, "ask", asked)
    assert index.run() == {"index": FIRST, "serves": True}
    assert clock.slept == [5, 5]
