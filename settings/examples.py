"""Reading the JSON schema of the settings: meanings, places, and example values for messages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from settings.problems import NOTHING

Schema = Mapping[str, Any]
NO_EXAMPLE = object()
"""The schema at this place says too little for an example."""


def target(node: Schema, defs: Mapping[str, Schema]) -> Schema:
    """The schema itself where `node` only refers to it."""
    return defs[node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node


def meaning(node: Schema, defs: Mapping[str, Schema]) -> str:
    """Description of a field, or of the model that it holds, on one line; empty where neither says anything."""
    # pydantic leaves a field's description out where it equals its model's.
    models = [option for option in node.get("anyOf", (node,)) if option.get("type") != "null"]
    of_model = target(models[0], defs).get("description", "") if len(models) == 1 else ""
    return " ".join((node.get("description") or of_model).split())


def options(node: Schema, defs: Mapping[str, Schema]) -> list[Schema]:
    """What a value may be: the members of a union, or the schema itself; without `null`."""
    if "$ref" in node:
        return options(target(node, defs), defs)
    for union in ("anyOf", "oneOf"):
        if union in node:
            return [found for option in node[union] for found in options(option, defs)]
    return [] if node.get("type") == "null" else [node]


def said(node: Schema, name: str, defs: Mapping[str, Schema]) -> Any:
    """What a field's schema, or that of what it may hold, says under a keyword; None where none says it."""
    if name in node:
        return node[name]
    return next((option[name] for option in options(node, defs) if name in option), None)


def variant_key(node: Schema, defs: Mapping[str, Schema]) -> str | None:
    """The key by which members of a union are told apart, if the value is such a union."""
    node = target(node, defs)
    if "discriminator" in node:
        return node["discriminator"]["propertyName"]
    found = [variant_key(option, defs) for option in node.get("anyOf", ())]
    return next((name for name in found if name is not None), None)


def tag_of(member: Schema, key: str) -> Any:
    return member.get("properties", {}).get(key, {}).get("const")


def keys_of(node: Schema | None, data: Any, defs: Mapping[str, Schema]) -> list[str]:
    """The keys that a mapping may have; of a union those of the member that the data has chosen."""
    found = [key for option in _chosen(node, data, defs) for key in option.get("properties", {})] if node else []
    return list(dict.fromkeys(found))


def node_at(schema: Schema, path: Sequence[str | int], defs: Mapping[str, Schema], data: Any = None) -> Schema | None:
    """The schema of the value at `path`, or None where the schema has no such place.

    Args:
        data: The value of the whole schema: it tells which member of a union is meant.
    """
    candidates = [schema]
    for part in path:
        candidates = [found for node in candidates for found in _below(node, part, data, defs)]
        if not candidates:
            return None
        data = child(data, part)
    return candidates[0]


def place_of(loc: Sequence[str | int], schema: Schema, defs: Mapping[str, Schema], data: Any) -> tuple[str | int, ...]:
    """The place of one of pydantic's errors, without what it adds: the tags of unions, and `[key]`."""
    path: list[str | int] = []
    nodes = [schema]
    skip = False
    for part in loc:
        if skip or part == "[key]":
            skip = False
            continue
        path.append(part)
        nodes = [found for node in nodes for found in _below(node, part, data, defs)]
        data = child(data, part)
        skip = any(variant_key(node, defs) is not None for node in nodes)
    return tuple(path)


def child(data: Any, part: str | int) -> Any:
    """The value below a key or list position; NOTHING where there is none."""
    if isinstance(data, dict):
        return data.get(part, NOTHING)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return NOTHING


def value_at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        data = child(data, part)
    return data


def example(node: Schema, defs: Mapping[str, Schema]) -> Any:
    """A value that the schema accepts: its first example, its default, or the simplest of its type."""
    return next(examples(node, defs), NO_EXAMPLE)


def examples(node: Schema, defs: Mapping[str, Schema]) -> Iterator[Any]:
    """Values that the schema accepts, each at least once, the best to offer first."""
    node = target(node, defs)
    if "const" in node:
        yield node["const"]
        return
    yield from node.get("examples", ())
    default = node.get("default")
    if default is not None and not isinstance(default, dict):
        yield default
    yield from node.get("enum", ())
    found = options(node, defs)
    if isinstance(default, dict):
        # Members of a union, the default one first; only the keys that it must have.
        key = variant_key(node, defs)
        found = sorted(found, key=lambda option: key is not None and tag_of(option, key) != default.get(key))
    for option in found:
        yield from _of_type(option, defs) if option is node else examples(option, defs)


def required_part(node: Schema, defs: Mapping[str, Schema]) -> dict[str, Any]:
    """The required keys of an object, each with an example, or with its name between angle brackets."""
    properties = node.get("properties", {})
    found = {key: example(properties[key], defs) for key in node.get("required", ())}
    return {key: f"<{key}>" if value is NO_EXAMPLE else value for key, value in found.items()}


def _of_type(node: Schema, defs: Mapping[str, Schema]) -> Iterator[Any]:
    match node.get("type"):
        case "object" if (entries := entries_of(node)) is not None and node.get("minProperties"):
            names = name_schema(node, defs) or {}
            for entry in examples(entries, defs):
                yield dict.fromkeys([*names.get("examples", ()), *names.get("enum", ())][:1], entry)
        case "object":
            tags = {key: value["const"] for key, value in node.get("properties", {}).items() if "const" in value}
            yield {**tags, **required_part(node, defs)}
        case "array":
            items = node.get("items") or next(iter(node.get("prefixItems", ())), {})
            for item in examples(items, defs):
                yield [item]
        case "boolean":
            yield from (True, False)
        case "integer" | "number":
            least = node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
            yield from (least, node.get("maximum", least + 1))
        case "string" if "pattern" not in node and "format" not in node:
            yield str(node.get("title", "text")).lower()
        case _:
            return


def _chosen(node: Schema, data: Any, defs: Mapping[str, Schema]) -> list[Schema]:
    """What the value may be; of a union told apart by a key, the member that the data names."""
    found = options(node, defs)
    key = variant_key(node, defs)
    tag = child(data, key) if key is not None else NOTHING
    return [option for option in found if key is not None and tag_of(option, key) == tag] or found


def _below(node: Schema, part: str | int, data: Any, defs: Mapping[str, Schema]) -> list[Schema]:
    found: list[Schema] = []
    for option in _chosen(node, data, defs):
        if isinstance(part, int):
            positions = option.get("prefixItems", ())
            if part < len(positions):
                found.append(positions[part])
            elif isinstance(option.get("items"), Mapping):
                found.append(option["items"])
        elif part in option.get("properties", {}):
            found.append(option["properties"][part])
        elif (entries := entries_of(option)) is not None:
            found.append(entries)
    return found


def entries_of(node: Schema) -> Schema | None:
    """The schema of the entries of a mapping whose keys a user chooses, freely or by a pattern; None for others."""
    free = node.get("additionalProperties")
    return free if isinstance(free, Mapping) else next(iter(node.get("patternProperties", {}).values()), None)


def takes_entries(node: Schema, defs: Mapping[str, Schema]) -> bool:
    """Whether a user chooses the keys at this place: services, tables, third parties."""
    return any(entries_of(resolved) is not None and "properties" not in resolved for resolved in options(node, defs))


def strings(node: Schema, defs: Mapping[str, Schema]) -> list[Schema]:
    """The schemas of texts that may stand at this place."""
    return [resolved for resolved in options(node, defs) if resolved.get("type") == "string"]


def name_schema(node: Schema, defs: Mapping[str, Schema]) -> Schema | None:
    """The schema of the names in a mapping whose keys a user chooses; None for other mappings."""
    for option in options(node, defs):
        if entries_of(option) is not None:
            patterns = [{"pattern": pattern} for pattern in option.get("patternProperties", {})]
            return {"type": "string", **option.get("propertyNames", {}), **(patterns[0] if patterns else {})}
    return None
