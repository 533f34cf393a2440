"""Reading the JSON schema of the settings: meanings, and example values for messages."""

from collections.abc import Mapping, Sequence
from typing import Any

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


def node_at(schema: Schema, path: Sequence[str | int], defs: Mapping[str, Schema]) -> Schema | None:
    """The schema of the value at `path`, or None where the schema has no such place."""
    candidates = [schema]
    for part in path:
        candidates = [found for node in candidates for found in _below(node, part, defs)]
        if not candidates:
            return None
    return candidates[0]


def example(node: Schema, defs: Mapping[str, Schema]) -> Any:
    """A value that the schema accepts: its first example, its default, or the simplest of its type."""
    if node.get("examples"):
        return node["examples"][0]
    for name in ("const", "default"):
        if node.get(name) is not None:
            return node[name]
    if node.get("enum"):
        return node["enum"][0]
    for resolved in _resolved(node, defs):
        if resolved.get("type") != "null":
            return example(resolved, defs) if resolved is not node else _of_type(node, defs)
    return NO_EXAMPLE


def required_part(node: Schema, defs: Mapping[str, Schema]) -> dict[str, Any]:
    """The required keys of an object, each with an example, or with its name between angle brackets."""
    properties = node.get("properties", {})
    found = {key: example(properties[key], defs) for key in node.get("required", ())}
    return {key: f"<{key}>" if value is NO_EXAMPLE else value for key, value in found.items()}


def _of_type(node: Schema, defs: Mapping[str, Schema]) -> Any:
    match node.get("type"):
        case "object":
            return required_part(node, defs)
        case "array":
            items = node.get("items") or next(iter(node.get("prefixItems", ())), {})
            item = example(items, defs)
            return [] if item is NO_EXAMPLE else [item]
        case "boolean":
            return True
        case "integer" | "number":
            return node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
        case "string" if "pattern" not in node and "format" not in node:
            return str(node.get("title", "text")).lower()
    return NO_EXAMPLE


def _resolved(node: Schema, defs: Mapping[str, Schema]) -> list[Schema]:
    if "$ref" in node:
        return _resolved(target(node, defs), defs)
    for union in ("anyOf", "oneOf"):
        if union in node:
            return [resolved for option in node[union] for resolved in _resolved(option, defs)]
    return [node]


def _below(node: Schema, part: str | int, defs: Mapping[str, Schema]) -> list[Schema]:
    found: list[Schema] = []
    for resolved in _resolved(node, defs):
        if isinstance(part, int):
            positions = resolved.get("prefixItems", ())
            if part < len(positions):
                found.append(positions[part])
            elif isinstance(resolved.get("items"), Mapping):
                found.append(resolved["items"])
        elif part in resolved.get("properties", {}):
            found.append(resolved["properties"][part])
        elif (entries := entries_of(resolved)) is not None:
            found.append(entries)
    return found


def entries_of(node: Schema) -> Schema | None:
    """The schema of the entries of a mapping whose keys a user chooses, freely or by a pattern; None for others."""
    free = node.get("additionalProperties")
    return free if isinstance(free, Mapping) else next(iter(node.get("patternProperties", {}).values()), None)


def takes_entries(node: Schema, defs: Mapping[str, Schema]) -> bool:
    """Whether a user chooses the keys at this place: services, tables, third parties."""
    return any(entries_of(resolved) is not None and "properties" not in resolved for resolved in _resolved(node, defs))


def variant_key(node: Schema, defs: Mapping[str, Schema]) -> str | None:
    """The key that tells which of several models the object is, such as `kind`."""
    for option in (node, target(node, defs), *node.get("anyOf", ())):
        if "discriminator" in option:
            return option["discriminator"]["propertyName"]
    return None


def strings(node: Schema, defs: Mapping[str, Schema]) -> list[Schema]:
    """The schemas of texts that may stand at this place."""
    return [resolved for resolved in _resolved(node, defs) if resolved.get("type") == "string"]
