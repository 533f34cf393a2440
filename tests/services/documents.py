"""Documents by the API's models, right ones and wrong ones. The models have a small vocabulary: `api/catalogue.py`."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

MOMENTS = ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00.123456+02:00", "1999-12-31T23:59:59-11:30")
_WEIRD = (None, True, 0, -1, 1.5, 2**70, "", "\0", "\n", "x" * 3000, "é\u202e", "{{7*7}}", [], {}, [[]], {"a": None})


Known = Mapping[str, Sequence[Any]]


def right(schema: dict[str, Any], known: Known = MappingProxyType({})) -> st.SearchStrategy[Any]:
    """Documents that fit the schema.

    Args:
        known: Property to values that mean something to the service; they are taken as often as others.
    """
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            properties = {name: _property(name, of, known) for name, of in schema["properties"].items()}
            required = {name: properties.pop(name) for name in schema.get("required", ())}
            few = schema.get("minProperties", 0)
            found = st.fixed_dictionaries(required, optional=properties)
            return found.filter(lambda document: len(document) >= few) if few else found
        case "array":
            unique = repr if schema.get("uniqueItems") else None
            sizes = {"min_size": schema.get("minItems", 0), "max_size": min(schema["maxItems"], 4)}
            return st.lists(right(schema["items"], known), unique_by=unique, **sizes)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case _:
            return _text(schema)


def _property(name: str, schema: dict[str, Any], known: Known) -> st.SearchStrategy[Any]:
    found = right(schema, known)
    return st.sampled_from(known[name]) | found if known.get(name) else found


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.sampled_from(MOMENTS)
    low, high = schema.get("minLength", 0), schema["maxLength"]
    if "pattern" not in schema:
        letters = st.characters(exclude_categories=["Cs"])
        return st.text(letters, min_size=low, max_size=min(high, 40)) | st.just("y" * high)
    found = st.from_regex(schema["pattern"].replace("$", r"\Z"))
    return found.filter(lambda text: low <= len(text) <= high)


def near(schema: dict[str, Any], known: Known = MappingProxyType({})) -> st.SearchStrategy[Any]:
    """Documents that fit but for one part that is taken away, added or replaced; a few of them still fit."""
    return right(schema, known).flatmap(_changed)


def _changed(document: Any) -> st.SearchStrategy[Any]:
    if isinstance(document, list) and document:
        return _changed(document[0]).map(lambda first: [first, *document[1:]]) | st.just(document * 2)
    if not isinstance(document, dict):
        return st.sampled_from(_WEIRD)
    keys = st.sampled_from([*document, "unknown"])
    inside = keys.flatmap(
        lambda key: st.one_of(st.sampled_from(_WEIRD), _changed(document.get(key))).map(
            lambda value: {**document, key: value}
        )
    )
    gone = keys.map(lambda key: {name: value for name, value in document.items() if name != key})
    return st.one_of(inside, gone)
