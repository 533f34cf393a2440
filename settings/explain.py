"""pydantic's errors in the words of a stack file."""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from settings.examples import NO_EXAMPLE, Schema, example, meaning, node_at, required_part, target
from settings.problems import NOTHING, Problem, in_yaml, presentable, shown
from settings.renamed import renamed

_TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false, without quotes",
    "string_type": "text; put digits and words such as yes or no between quotes",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}
_BOUNDS = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "string_pattern_mismatch": "must have the form {pattern}",
    "literal_error": "must be one of {expected}",
    "union_tag_invalid": "`{discriminator}` must be one of {expected_tags}",
    "union_tag_not_found": "must have the key `{discriminator}`",
}
_BEGINNING = 3
"""Letters from which on the beginning of a key tells which one is meant."""


def explain(error: ErrorDetails, data: Any, schema: Schema) -> Problem:
    """Describe one validation error of the whole settings.

    Args:
        error: As pydantic reports it.
        data: What the stack file says, section by section.
        schema: JSON schema of the whole settings.
    """
    kind, context = error["type"], error.get("ctx", {})
    path = _in_file(error["loc"], data, missing=kind == "missing")
    defs: Mapping[str, Schema] = schema.get("$defs", {})
    if kind == "store_rule":
        path = (*path, *context["at"])
    node = node_at(schema, path, defs)
    received = NOTHING if kind == "missing" else _value_at(data, path)
    if kind == "extra_forbidden":
        return renamed(path, received) or _unknown_key(path, node_at(schema, path[:-1], defs), defs)
    about = meaning(node, defs).rstrip(".") if node else ""
    description = f" ({about})" if about else ""
    if kind == "missing":
        rule = f"is required{description}"
    elif kind == "store_rule":
        rule = context["rule"]
    elif kind == "value_error":
        rule = str(context["error"])
    elif kind in _TYPES:
        rule = f"must be {_TYPES[kind]}{description}"
    elif kind in _BOUNDS:
        rule = _BOUNDS[kind].format_map(_plain(context)) + description
    else:
        rule = error["msg"][:1].lower() + error["msg"][1:]
    fix = context.get("fix") or _fix(kind, context, path, data, node, defs)
    return Problem(path=path, received=shown(received, path), rule=rule, fix=fix)


def _fix(
    kind: str,
    context: Mapping[str, Any],
    path: tuple[str | int, ...],
    data: Any,
    node: Schema | None,
    defs: Mapping[str, Schema],
) -> str:
    received = _value_at(data, path)
    if kind == "string_type" and isinstance(received, bool):
        return "put the word between quotes: without them YAML may read it as true or false"
    value = _meant(kind, context, received)
    if node is not None and (value is NO_EXAMPLE or not _has_form(value, target(node, defs))):
        value = example(node, defs)
    if value is NO_EXAMPLE or value == received:
        return f"see {path[0]} in docs/settings.md"
    entries = _value_at(data, path[:-1])
    if isinstance(path[-1], int) and value in entries:
        return f"see {path[0]} in docs/settings.md"
    if isinstance(path[-1], int) and all(isinstance(entry, str | int) for entry in entries):
        # The whole list: the entry alone would read as if it were to replace it.
        others = [value if position == path[-1] else entry for position, entry in enumerate(entries)]
        return in_yaml(path[:-1], others) if presentable(others, path) else in_yaml(path, value)
    return in_yaml(path, value)


def _meant(kind: str, context: Mapping[str, Any], received: Any) -> Any:
    """The value of the right type that was probably meant, or the nearest allowed one."""
    if kind == "string_type" and isinstance(received, int | float):
        return str(received)
    if kind in ("int_type", "float_type", "bool_type") and isinstance(received, str):
        try:
            value = json.loads(received.strip().lower())
        except ValueError:
            return NO_EXAMPLE
        wanted = {"int_type": int, "float_type": (int, float), "bool_type": bool}[kind]
        return value if isinstance(value, wanted) and (kind == "bool_type") == isinstance(value, bool) else NO_EXAMPLE
    if kind in ("tuple_type", "list_type") and isinstance(received, str):
        return [received]
    if kind == "literal_error" and isinstance(received, str):
        allowed = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return next(iter(get_close_matches(received.lower(), allowed, n=1, cutoff=0.5)), NO_EXAMPLE)
    if kind == "literal_error" and isinstance(received, int) and "'" not in context["expected"]:
        numbers = [int(word) for word in re.findall(r"\d+", context["expected"])]
        return min(numbers, key=lambda number: abs(number - received), default=NO_EXAMPLE)
    for name in ("ge", "le"):
        if name in context:
            return context[name]
    return NO_EXAMPLE


def _has_form(value: Any, node: Schema) -> bool:
    """YAML reads digits after a zero as an octal number: written as text that is not what was meant."""
    return not isinstance(value, str) or re.search(node.get("pattern", ""), value) is not None


def _unknown_key(path: tuple[str | int, ...], parent: Schema | None, defs: Mapping[str, Schema]) -> Problem:
    known = _keys(parent, defs)
    near = _near(str(path[-1]), known)
    whole = len(path) == 1
    rule = f"must be one of the known {'sections' if whole else 'keys'}: {', '.join(known)}"
    fix = f"did you mean {' or '.join(f'`{key}`' for key in near)}?" if near else "remove it"
    # What an unknown key holds is unknown too, so it could be a secret.
    return Problem(path=path, received="a key that the settings do not have", rule=rule, fix=fix)


def _near(key: str, known: Sequence[str]) -> Sequence[str]:
    """Keys that begin with the given one, or that it begins with; else the one that is spelled most alike."""
    begun = [name for name in known if name.startswith(key)] if len(key) >= _BEGINNING else []
    longer = [name for name in known if len(name) >= _BEGINNING and key.startswith(name)]
    return begun[:3] or longer[-1:] or get_close_matches(key, known, n=1, cutoff=0.6)


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip("'") if name == "discriminator" else value for name, value in context.items()}


def _keys(node: Schema | None, defs: Mapping[str, Schema]) -> list[str]:
    if node is None:
        return []
    node = target(node, defs)
    found = list(node.get("properties", {}))
    for option in [*node.get("anyOf", ()), *node.get("oneOf", ())]:
        found += [key for key in _keys(option, defs) if key not in found]
    return found


def _in_file(loc: Sequence[str | int], data: Any, *, missing: bool) -> tuple[str | int, ...]:
    """The error's place without what pydantic adds to it (names of union members)."""
    path: list[str | int] = []
    for position, part in enumerate(loc):
        below = _child(data, part)
        if below is not NOTHING:
            data = below
        elif not (missing and position == len(loc) - 1):
            continue
        path.append(part)
    return tuple(path)


def _value_at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        data = _child(data, part)
    return data


def _child(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part, NOTHING)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return NOTHING


def missing_section(name: str, schema: Schema) -> Problem:
    """A section that has no defaults to stand in for it."""
    defs = schema.get("$defs", {})
    node = schema["properties"][name]
    return Problem(
        path=(name,),
        received="nothing",
        rule=f"the section is required ({meaning(node, defs).rstrip('.')})",
        fix=in_yaml((name,), required_part(target(node, defs), defs)),
    )
