"""The stand-in of OpenSearch: what it does as the engine does, what it refuses, and who gets in."""

from typing import Any

import pytest

from functions.common.search import SearchError
from local.opensearch.analysis import Analyzers, singular, within
from local.opensearch.engine import Domain
from local.opensearch.index import Index
from tests.search_engine import ADMINISTRATOR, InProcess

BODY = {
    "mappings": {
        "dynamic": False,
        "properties": {
            "name": {"type": "text"},
            "kind": {"type": "keyword"},
            "price": {"type": "long"},
            "sold": {"type": "boolean"},
        },
    }
}


@pytest.fixture
def engine() -> InProcess:
    made = InProcess(Domain(ADMINISTRATOR), ADMINISTRATOR)
    made.ask("PUT", "/things-1", BODY)
    documents = [("a", "Red lamp", "light", 3), ("b", "Red rug", "floor", 1), ("c", "Blue lamp lamp", "light", 2)]
    lines: list[Any] = []
    for key, name, kind, price in documents:
        lines += [{"index": {"_id": key}}, {"name": name, "kind": kind, "price": price, "sold": price > 1}]
    assert made.ask("POST", "/things-1/_bulk", lines)["errors"] is False
    return made


def found(engine: InProcess, **body: Any) -> list[str]:
    return [hit["_id"] for hit in engine.ask("POST", "/things-1/_search", body)["hits"]["hits"]]


@pytest.mark.parametrize(
    ("word", "one"),
    [("lamps", "lamp"), ("glass", "glass"), ("berries", "berry"), ("shoes", "shoes"), ("bus", "bus"), ("ties", "ty")],
)
def test_plurals_are_cut_as_lucene_cuts_them(word: str, one: str) -> None:
    assert singular(word) == one


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("ab", "ac", None),
        ("lamp", "lamb", 1),
        ("lamp", "lapm", 1),
        ("lamp", "lmmb", None),
        ("stoneware", "stonewear", 2),
        ("lamp", "tamp", None),
    ],
)
def test_fuzziness_auto_allows_as_many_slips_as_the_word_is_long(one: str, other: str, slips: int | None) -> None:
    assert within(one, other, 1) == slips


def test_synonyms_are_equal_or_stand_in_for_others_also_of_several_words() -> None:
    analyzers = Analyzers(
        {
            "filter": {"same": {"type": "synonym_graph", "synonyms": ["cup, mug", "plant pot, planter", "a => b c"]}},
            "analyzer": {"x": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "same"]}},
        }
    )
    read = [token.readings for token in analyzers.tokens("x", "CUP plant pot a")]
    assert read == [(("cup",), ("mug",)), (("plant", "pot"), ("planter",)), (("b", "c"),)]


def test_queries_match_sort_and_page(engine: InProcess) -> None:
    assert found(engine, query={"match": {"name": "lamp"}}) == ["c", "a"], "what has it more often is first"
    assert sorted(found(engine, query={"match": {"name": {"query": "red lamp", "operator": "and"}}})) == ["a"]
    assert found(engine, query={"match": {"name": {"query": "rugg", "fuzziness": "AUTO"}}}) == ["b"]
    assert found(engine, query={"match": {"name": {"query": "rugg"}}}) == []
    assert found(engine, query={"range": {"price": {"gte": 2}}}, sort=[{"price": "asc"}]) == ["c", "a"]
    assert found(engine, query={"term": {"sold": False}}) == ["b"]
    assert found(engine, sort=[{"price": "desc"}], size=1, **{"from": 1}) == ["c"]
    must, should = [{"match": {"name": "red"}}], [{"term": {"kind": "floor"}}]
    assert found(engine, query={"bool": {"must": must, "should": should}}) == ["b", "a"]
    assert found(
        engine, query={"bool": {"filter": [{"term": {"kind": "light"}}]}}, post_filter={"term": {"price": 3}}
    ) == ["a"]


def test_facets_and_suggestions(engine: InProcess) -> None:
    answer = engine.ask(
        "POST",
        "/things-1/_search",
        {
            "size": 0,
            "aggs": {
                "kinds": {"terms": {"field": "kind"}},
                "sold": {"filter": {"term": {"sold": True}}, "aggs": {"low": {"min": {"field": "price"}}}},
                "none": {"filter": {"term": {"kind": "x"}}, "aggs": {"low": {"min": {"field": "price"}}}},
            },
            "suggest": {"words": {"text": "red lmap", "term": {"field": "name"}}},
        },
    )
    assert answer["aggregations"]["kinds"]["buckets"] == [
        {"key": "light", "doc_count": 2},
        {"key": "floor", "doc_count": 1},
    ]
    assert answer["aggregations"]["sold"] == {"doc_count": 2, "low": {"value": 2.0}}
    assert answer["aggregations"]["none"]["low"] == {"value": None}
    red, lamp = answer["suggest"]["words"]
    assert (red["options"], [one["text"] for one in lamp["options"]], lamp["offset"]) == ([], ["lamp"], 4)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/things-1/_search", {"query": {"wildcard": {"name": "l*"}}}, 400),
        ("POST", "/things-1/_search", {"query": {"match": {"name": {"query": "x", "boost": 2}}}}, 400),
        ("POST", "/things-1/_search", {"query": {"match": {"kind": "x"}}}, 400),
        ("POST", "/things-1/_search", {"query": {"bool": {"must_not": []}}}, 400),
        ("POST", "/things-1/_search", {"highlight": {}}, 400),
        ("POST", "/things-1/_search", {"aggs": {"x": {"avg": {"field": "price"}}}}, 400),
        ("POST", "/things-1/_search", {"from": 9_999, "size": 2}, 400),
        ("POST", "/none/_search", {}, 404),
        ("PUT", "/things-1", BODY, 400),
        ("PUT", "/other", {"settings": {"index": {"codec": "best"}}, **BODY}, 400),
        ("PUT", "/other", {"mappings": {"dynamic": False, "properties": {"at": {"type": "date"}}}}, 400),
        ("POST", "/_reindex", {}, 501),
        ("POST", "/_aliases", {"actions": [{"add": {"index": "none", "alias": "things"}}]}, 404),
    ],
)
def test_what_is_not_known_is_refused_and_never_ignored(
    engine: InProcess, method: str, path: str, body: Any, status: int
) -> None:
    with pytest.raises(SearchError) as refused:
        engine.ask(method, path, body)
    assert refused.value.status == status


def test_a_document_of_another_type_is_refused_alone(engine: InProcess) -> None:
    lines = [{"index": {"_id": "x"}}, {"price": "3"}, {"index": {"_id": "y"}}, {"price": 3}]
    answer = engine.ask("POST", "/things-1/_bulk", lines)
    assert [item["index"]["status"] for item in answer["items"]] == [400, 201]
    assert answer["errors"] is True


@pytest.mark.parametrize(("kind", "again"), [("external", 409), ("external_gte", 200)])
def test_versions_from_outside_let_no_older_document_win(kind: str, again: int) -> None:
    index = Index("x", BODY)

    def write(price: int, version: int) -> int:
        return index.write("a", {"price": price} if price else None, version, kind)

    assert [write(1, 10), write(2, 9), write(3, 10), write(4, 11)] == [201, 409, again, 200]
    assert write(0, 20) == 200
    assert write(5, 15) == 409, "a deletion is remembered"
    assert index.documents == {}
