"""A stack file in which every setting is written, and mistakes at each of them."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from settings.examples import (
    Schema,
    entries_of,
    examples,
    name_schema,
    node_at,
    options,
    tag_of,
    target,
    variant_key,
)
from settings.problems import Place, Problem
from settings.store import StoreSettings

SCHEMA: Schema = StoreSettings.model_json_schema()
DEFS: Mapping[str, Schema] = SCHEMA["$defs"]
UNION_MEMBERS = max(len(options(node, DEFS)) for node in DEFS.values() for node in node.get("properties", {}).values())


def whole_file(pick: int) -> dict[str, Any]:
    """All sections with all their keys; of each union the member `pick`."""
    return {name: _value(node, pick) for name, node in SCHEMA["properties"].items()}


def _value(node: Schema, pick: int) -> Any:
    key = variant_key(node, DEFS)
    found = options(node, DEFS)
    option = found[pick % len(found)]
    if key is not None or option.get("type") == "object":
        return _mapping(option, pick)
    if option.get("type") == "array" and isinstance(option["items"], Mapping) and "examples" not in node:
        items = options(option["items"], DEFS)
        if items and items[0].get("type") == "object":
            return [_value(option["items"], pick)]
    for value in examples(target(node, DEFS), DEFS):
        if not isinstance(value, list | tuple) or value:
            return list(value) if isinstance(value, tuple) else copy.deepcopy(value)
    raise AssertionError(f"{node}: it needs an example")


def _mapping(node: Schema, pick: int) -> dict[str, Any]:
    entries = entries_of(node)
    if entries is not None:
        names = name_schema(node, DEFS) or {}
        name = next(iter([*names.get("examples", ()), *names.get("enum", ()), "some-name"]))
        return {name: _value(entries, pick)}
    return {key: value.get("const", None) or _value(value, pick) for key, value in node["properties"].items()}


def places(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place with its value, the outermost first."""
    if place:
        yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, below in items:
        yield from places(below, (*place, part))


def is_tag(place: Place, data: Any) -> bool:
    """Whether the value tells members of a union apart: another one makes another union member."""
    around = node_at(SCHEMA, place[:-1], DEFS, data)
    return around is not None and variant_key(around, DEFS) == place[-1]


def model_at(place: Place, data: Any) -> Schema | None:
    """The schema of a mapping with keys of its own, if the place has one."""
    node = node_at(SCHEMA, place, DEFS, data)
    if node is None:
        return None
    key = variant_key(node, DEFS)
    found: Any = data
    for part in place:
        found = found[part]
    chosen = [o for o in options(node, DEFS) if key is None or tag_of(o, key) == found.get(key)]
    return chosen[0] if chosen and "properties" in chosen[0] else None


def paste(data: dict[str, Any], problem: Problem) -> bool:
    """Put the fix over the mistake, as a user does; False where it is a sentence."""
    try:
        written = yaml.safe_load(problem.fix)
    except yaml.YAMLError:
        return False
    if not isinstance(written, dict) or not all(str(key).startswith("web-store:") for key in written):
        return False
    _merge(data, {key.removeprefix("web-store:"): value for key, value in written.items()})
    return True


def _merge(data: dict[str, Any], written: dict[str, Any]) -> None:
    for key, value in written.items():
        if isinstance(value, dict) and isinstance(data.get(key), dict):
            _merge(data[key], value)
        else:
            data[key] = copy.deepcopy(value)
