"""Queries, facets and suggestions over one index.

https://docs.opensearch.org/latest/query-dsl/ . Scores follow BM25, so that documents come in the engine's order; their
values differ from the engine's.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.opensearch.analysis import Phrase, Token, slips, within
from local.opensearch.index import Document, Index
from local.opensearch.refusal import RefusalError, only

Score = Callable[[Document], float | None]
"""Score of a document; None if it does not match."""
_K1, _B = 1.2, 0.75
_WINDOW = 10_000


def search(index: Index, body: Mapping[str, Any]) -> dict[str, Any]:
    """
    Raises:
        RefusalError: something that is not known here, or that the engine refuses.
    """
    known = "_source aggs from post_filter query size sort suggest track_total_hits"
    only("a search", dict(body), *known.split())
    start, size = body.get("from", 0), body.get("size", 10)
    if start + size > _WINDOW:
        raise RefusalError("Result window is too large", kind="illegal_argument_exception")
    matches = _query(index, body.get("query", {"match_all": {}}))
    found = [(key, one, score) for key, one in index.documents.items() if (score := matches(one)) is not None]
    kept = _query(index, body["post_filter"]) if "post_filter" in body else lambda _: 0.0
    shown = [hit for hit in found if kept(hit[1]) is not None]
    for order in reversed(body.get("sort", ["_score"])):
        shown.sort(key=_sort_key(order), reverse=_descends(order))
    names = body.get("_source")
    answer: dict[str, Any] = {
        "timed_out": False,
        "hits": {
            "total": {"value": len(shown), "relation": "eq"},
            "hits": [
                {
                    "_index": index.name,
                    "_id": key,
                    "_score": score,
                    "_source": {n: v for n, v in one.source.items() if names is None or n in names},
                }
                for key, one, score in shown[start : start + size]
            ],
        },
    }
    if "aggs" in body:
        answer["aggregations"] = _facets(index, body["aggs"], [one for _, one, _ in found])
    if "suggest" in body:
        answer["suggest"] = {name: _suggest(index, of) for name, of in body["suggest"].items()}
    return answer


def _query(index: Index, query: Mapping[str, Any]) -> Score:
    kind, of = _single("a query", query)
    kinds: Mapping[str, Callable[[Index, Mapping[str, Any]], Score]] = {
        "match_all": lambda _, __: lambda _: 1.0,
        "bool": _bool,
        "match": _match,
        "multi_match": _multi_match,
        "term": _term,
        "range": _range,
    }
    if kind not in kinds:
        raise RefusalError(f"query {kind} is not known here: it must be one of {', '.join(kinds)}")
    return kinds[kind](index, of)


def _single(what: str, of: Mapping[str, Any]) -> tuple[str, Any]:
    if len(of) != 1:
        raise RefusalError(f"{what} must have one key; got {', '.join(of) or 'none'}")
    return next(iter(of.items()))


def _bool(index: Index, of: Mapping[str, Any]) -> Score:
    only("bool", dict(of), "filter", "must", "should")
    must, should, filters = ([_query(index, one) for one in of.get(part, ())] for part in ("must", "should", "filter"))

    def score(document: Document) -> float | None:
        needed = [one(document) for one in must]
        if None in needed or any(one(document) is None for one in filters):
            return None
        wanted = [found for one in should if (found := one(document)) is not None]
        if should and not wanted and not must and not filters:
            return None
        return sum(found or 0.0 for found in needed) + sum(wanted)

    return score


def _match(index: Index, of: Mapping[str, Any]) -> Score:
    name, given = _single("match", of)
    asked = given if isinstance(given, Mapping) else {"query": given}
    only("match", dict(asked), "fuzziness", "operator", "prefix_length", "query")
    if asked.get("fuzziness", "AUTO") != "AUTO":
        raise RefusalError("fuzziness must be AUTO here")
    tokens = index.analyzers.tokens(index.text_field(name).search_analyzer, asked["query"])
    prefix = asked.get("prefix_length", 0) if "fuzziness" in asked else None
    return _words(index, name, tokens, all_of=asked.get("operator", "or").lower() == "and", prefix=prefix)


def _multi_match(index: Index, of: Mapping[str, Any]) -> Score:
    only("multi_match", dict(of), "fields", "query")
    parts: list[tuple[Score, float]] = []
    for named in of["fields"]:
        name, _, boost = named.partition("^")
        parts.append((_match(index, {name: {"query": of["query"]}}), float(boost or 1)))

    def score(document: Document) -> float | None:
        return max((found * boost for one, boost in parts if (found := one(document)) is not None), default=None)

    return score


def _words(index: Index, name: str, tokens: Sequence[Token], *, all_of: bool, prefix: int | None) -> Score:
    """
    Args:
        prefix: Letters that must be right where the others may have slips; None for no slips.
    """
    counts, total = index.frequencies(name), len(index.documents)
    lengths = [len(one.terms.get(name, ())) for one in index.documents.values()]
    average = sum(lengths) / len(lengths) if lengths else 1.0
    readings = [_read(one, counts, prefix) for one in tokens]

    def weight(phrase: Phrase, document: Document) -> float:
        terms = document.terms.get(name, ())
        often = sum(terms[at : at + len(phrase)] == phrase for at in range(len(terms)))
        if not often:
            return 0.0
        seen = counts[phrase[0]]
        rare = math.log(1 + (total - seen + 0.5) / (seen + 0.5))
        return rare * often / (often + _K1 * (1 - _B + _B * len(terms) / (average or 1)))

    def score(document: Document) -> float | None:
        found = [max((weight(p, document) * b for p, b in reading.items()), default=0.0) for reading in readings]
        hits = sum(one > 0 for one in found)
        return sum(found) if found and (hits == len(found) if all_of else hits) else None

    return score


def _read(token: Token, counts: Counter[str], prefix: int | None) -> dict[Phrase, float]:
    """Phrases that a word may stand for, each with its weight. The engine allows slips in single terms only."""
    first, *others = token.readings
    if prefix is None or others or len(first) > 1:
        return dict.fromkeys(token.readings, 1.0)
    term = token.term
    near = {other: within(term, other, prefix) for other in counts}
    return {
        (term,): 1.0,
        **{
            (other,): 1 - found / max(1, min(len(term), len(other)))
            for other, found in near.items()
            if found is not None
        },
    }


def _term(index: Index, of: Mapping[str, Any]) -> Score:
    name, value = _single("term", of)
    _known(index, name)
    return lambda document: 1.0 if document.source.get(name) == value else None


def _range(index: Index, of: Mapping[str, Any]) -> Score:
    name, bounds = _single("range", of)
    _known(index, name)
    only("range", dict(bounds), "gte", "lte")

    def score(document: Document) -> float | None:
        value = document.source.get(name)
        if value is None or value < bounds.get("gte", value) or value > bounds.get("lte", value):
            return None
        return 1.0

    return score


def _known(index: Index, name: str) -> None:
    if name not in index.fields or index.fields[name].type == "text":
        raise RefusalError(f"field {name} must be a keyword, number or boolean of the mapping")


def _sort_key(order: Any) -> Callable[[tuple[str, Document, float]], Any]:
    if order == "_score":
        return lambda hit: hit[2]
    name, _ = _single("sort", order)
    return lambda hit: hit[1].source[name]


def _descends(order: Any) -> bool:
    if order == "_score":
        return True
    _, direction = _single("sort", order)
    if direction not in ("asc", "desc"):
        raise RefusalError("sort must be asc or desc here")
    return direction == "desc"


def _facets(index: Index, aggs: Mapping[str, Any], documents: Sequence[Document]) -> dict[str, Any]:
    return {name: _facet(index, of, documents) for name, of in aggs.items()}


def _facet(index: Index, of: Mapping[str, Any], documents: Sequence[Document]) -> dict[str, Any]:
    inner = of.get("aggs", {})
    kind, asked = _single("an aggregation", {name: value for name, value in of.items() if name != "aggs"})
    if kind == "filter":
        matches = _query(index, asked)
        kept = [one for one in documents if matches(one) is not None]
        return {"doc_count": len(kept), **_facets(index, inner, kept)}
    if inner:
        raise RefusalError(f"aggregation {kind} must have no others in it here")
    _known(index, asked["field"])
    values = [one.source[asked["field"]] for one in documents if one.source.get(asked["field"]) is not None]
    if kind in ("min", "max"):
        only(kind, dict(asked), "field")
        ends = {"min": min, "max": max}
        return {"value": float(ends[kind](values)) if values else None}
    if kind == "terms":
        only(kind, dict(asked), "field", "size")
        ranked = sorted(Counter(values).items(), key=lambda one: (-one[1], one[0]))[: asked.get("size", 10)]
        return {"buckets": [{"key": key, "doc_count": count} for key, count in ranked]}
    raise RefusalError(f"aggregation {kind} must be filter, max, min or terms here")


def _suggest(index: Index, of: Mapping[str, Any]) -> list[dict[str, Any]]:
    """https://docs.opensearch.org/latest/search-plugins/searching-data/did-you-mean/ : suggest_mode `missing`."""
    only("a suggestion", dict(of), "term", "text")
    asked = of["term"]
    only("term", dict(asked), "field", "prefix_length", "size")
    counts = index.frequencies(asked["field"])
    tokens = index.analyzers.tokens(index.text_field(asked["field"]).analyzer, of["text"])
    return [
        {
            "text": one.term,
            "offset": one.offset,
            "length": one.length,
            "options": _options(one.term, counts, asked.get("prefix_length", 1))[: asked.get("size", 5)],
        }
        for one in tokens
    ]


def _options(term: str, counts: Counter[str], prefix: int) -> list[dict[str, Any]]:
    if term in counts or len(term) < 4:
        return []
    near = [(slips(term, other), -count, other) for other, count in counts.items() if term[:prefix] == other[:prefix]]
    return [
        {"text": other, "score": 1 - found / max(1, min(len(term), len(other))), "freq": -less}
        for found, less, other in sorted(near)
        if found <= 2
    ]
