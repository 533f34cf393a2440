"""pydantic's errors in the words of a stack file."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from settings.examples import (
    Schema,
    keys_of,
    meaning,
    name_schema,
    node_at,
    required_part,
    said,
    target,
    value_at,
    variant_key,
)
from settings.form import IN_PLACE_OF_TEXT
from settings.meant import meant as candidates
from settings.problems import NOTHING, Place, Problem, in_yaml, shown

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
    "literal_error": "must be one of {expected}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "must have the key `{discriminator}`",
}
_BEGINNING = 3
"""Letters from which on the beginning of a key tells which one is meant."""


def explain(error: ErrorDetails, place: Place, data: Any, schema: Schema) -> Problem:
    """Describe one validation error of the whole settings; its fix is left open.

    Args:
        error: As pydantic reports it.
        place: Where the stack file has the value.
        data: What the stack file says, section by section.
        schema: JSON schema of the whole settings.
    """
    kind = error["type"]
    defs: Mapping[str, Schema] = schema.get("$defs", {})
    node = node_at(schema, place, defs, data)
    if kind == "union_tag_invalid" and node is not None:
        place = (*place, str(variant_key(node, defs)))
    received = shown(NOTHING if kind == "missing" else value_at(data, place), place)
    about = meaning(node, defs).rstrip(".") if node else ""
    rule = _rule(kind, error, node, f" ({about})" if about else "", defs)
    return Problem(place, received, rule, error.get("ctx", {}).get("fix", ""))


def _rule(kind: str, error: ErrorDetails, node: Schema | None, about: str, defs: Mapping[str, Schema]) -> str:
    context = error.get("ctx", {})
    form = said(node, "patternErrorMessage", defs) if node is not None else None
    if kind == "string_pattern_mismatch":
        return f"must have the form of {form or context['pattern']}{about}"
    if kind == "missing":
        return f"is required{about}"
    if kind == "store_rule":
        return context["rule"]
    if kind in _TYPES:
        in_place = said(node, IN_PLACE_OF_TEXT, defs) if node is not None and "mapping" in _TYPES[kind] else None
        return in_place or f"must be {_TYPES[kind]}{about}"
    if kind in _BOUNDS:
        return _BOUNDS[kind].format_map(_plain(context)) + about
    return error["msg"][:1].lower() + error["msg"][1:]


def unknown_key(
    place: Place, parent: Schema | None, data: Any, defs: Mapping[str, Schema]
) -> tuple[Problem, list[str]]:
    """The problem of a key that the settings do not have, and the known keys that it may stand for.

    Args:
        place: Of the key.
        parent: Schema of the mapping that has it.
        data: That mapping.
    """
    names = name_schema(parent, defs) if parent is not None else None
    known = [*names.get("enum", ())] if names else keys_of(parent, data, defs)
    near = _near(str(place[-1]), known)
    whole = len(place) == 1
    rule = f"must be one of the known {'sections' if whole else 'keys'}: {', '.join(known)}"
    fix = f"did you mean {' or '.join(f'`{key}`' for key in near)}?" if near else "remove it"
    # What an unknown key holds is unknown too, so it could be a secret.
    return Problem(place, "a key that the settings do not have", rule, fix), list(near)


def wrong_name(
    place: Place, error: ErrorDetails, name: Schema, defs: Mapping[str, Schema]
) -> tuple[Problem, str | None]:
    """The problem of a name that a user may choose, but not so; and the name that was probably meant.

    Args:
        place: Of the entry.
        name: Schema of the names.
    """
    context = error.get("ctx", {})
    meant = next(candidates(place[-1], name, defs), None)
    fix = context.get("fix") or (f"rename it to `{meant}`" if meant else "rename it")
    rule = _rule(error["type"], error, name, "", defs)
    return Problem(place, shown(str(place[-1]), place[:-1]), rule, fix), meant


def _near(key: str, known: Sequence[str]) -> Sequence[str]:
    """Keys that begin with the given one, or that it begins with; else the one that is spelled most alike."""
    begun = [name for name in known if name.startswith(key)] if len(key) >= _BEGINNING else []
    longer = [name for name in known if len(name) >= _BEGINNING and key.startswith(name)]
    return begun[:3] or longer[-1:] or get_close_matches(key, known, n=1, cutoff=0.6)


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip("'") if name == "discriminator" else value for name, value in context.items()}


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
