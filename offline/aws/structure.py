"""The shape of inputs: required, unknown and wrongly typed properties at any depth, all at once.

The real provider silently ignores unknown nested properties. Here they are refused: each is a typing mistake that
would leave a protection off.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from offline.checks.problem import Problem, shown
from offline.schema import Fields, Node, TypeSchema
from offline.wire import UNKNOWN, File, Properties, Secret, has_secret, has_unknown, plain

_BOOLEANS = frozenset({"true", "false", "1", "0"})
_EXPECTED = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a mapping",
    "object": "a mapping",
    "file": "an asset or archive",
    "document": "JSON text or a mapping",
}


def structural_problems(schema: TypeSchema, inputs: Mapping[str, Any]) -> list[Problem]:
    return list(_object(schema, schema.inputs, inputs, ""))


def _object(
    schema: TypeSchema, fields: Fields, value: Mapping[str, Any], path: str, *, hidden: bool = False
) -> Iterator[Problem]:
    prefix = f"{path}." if path else ""
    for key, item in value.items():
        node = fields.types.get(key)
        if node is None:
            if key != "__defaults" and item is not None:
                yield Problem(prefix + key, f"unknown property '{key}'{suggestion(key, fields.types)}")
        elif item is not None:
            yield from _value(schema, node, item, prefix + key, hidden=hidden)
    for key in fields.types:
        if key in fields.required and value.get(key) is None:
            yield Problem(prefix + key, f"missing required property '{key}'")


def _value(schema: TypeSchema, node: Node, value: Any, path: str, *, hidden: bool) -> Iterator[Problem]:
    """`hidden`: the value is part of a secret, so no message may show it."""
    if isinstance(value, Secret):
        value, hidden = value.value, True
    if value is UNKNOWN or value is None or node.kind == "any":
        return
    if not _fits(node.kind, value):
        received = "[hidden]" if hidden or has_secret(value) else shown(path, value)
        yield Problem(path, f"expected {_EXPECTED[node.kind]}, got {received}")
    elif node.element and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _value(schema, node.element, item, f"{path}[{index}]", hidden=hidden)
    elif node.element and isinstance(value, dict):
        for key, item in value.items():
            yield from _value(schema, node.element, item, _member(path, key), hidden=hidden)
    elif node.kind == "object" and isinstance(value, dict):
        yield from _object(schema, schema.object(node.name), value, path, hidden=hidden)


def _member(path: str, key: str) -> str:
    return f"{path}.{key}" if re.fullmatch(r"\w+", key) else f'{path}["{key}"]'


def _fits(kind: str, value: Any) -> bool:
    """As lenient as the bridge of the real provider: it turns texts and numbers into one another."""
    match kind:
        case "string":
            return isinstance(value, str | int | float)
        case "boolean":
            return isinstance(value, bool) or (isinstance(value, str) and value in _BOOLEANS)
        case "integer":
            return _is_number(value) and float(value).is_integer()
        case "number":
            return _is_number(value)
        case "list":
            return isinstance(value, list)
        case "map" | "object":
            return isinstance(value, dict)
        case "document":
            return isinstance(value, dict | str)
        case "file":
            return isinstance(value, File)
    return True


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def suggestion(key: str, known: Iterable[str]) -> str:
    """A similar known name, or the known ones if they are few; in the spelling of `key`, camelCase or snake_case."""
    names = {_snake(name) if "_" in key else name: name for name in known}
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    if close:
        return f": did you mean '{close[0]}'?"
    return f": must be one of {', '.join(sorted(names))}" if len(names) <= 12 else ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def write_documents(schema: TypeSchema, inputs: Properties) -> None:
    """Turns policy documents that were given as objects into JSON text, as pulumi-aws does."""
    for key, node in schema.inputs.types.items():
        value = inputs.get(key)
        if node.kind != "document" or not isinstance(plain(value), dict):
            continue
        text = UNKNOWN if has_unknown(value) else json.dumps(plain(value), sort_keys=True)
        inputs[key] = Secret(text) if has_secret(value) else text


def mark_nested(schema: TypeSchema, inputs: Properties) -> Properties:
    """The inputs with the bridge's `__defaults` list in every nested object, where policies meet it too."""
    return {key: _marked(schema, schema.inputs.types.get(key), value) for key, value in inputs.items()}


def _marked(schema: TypeSchema, node: Node | None, value: Any) -> Any:
    if node is None or node.kind not in {"object", "list", "map"}:
        return value
    if isinstance(value, Secret):
        return Secret(_marked(schema, node, value.value))
    if isinstance(value, list):
        return [_marked(schema, node.element, item) for item in value]
    if not isinstance(value, dict) or node.kind != "object":
        return value
    types = schema.object(node.name).types
    return {"__defaults": [], **{key: _marked(schema, types.get(key), item) for key, item in value.items()}}


def without_marks(value: Any) -> Any:
    """The reverse of `mark_nested`."""
    if isinstance(value, dict):
        return {key: without_marks(item) for key, item in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [without_marks(item) for item in value]
    return Secret(without_marks(value.value)) if isinstance(value, Secret) else value
