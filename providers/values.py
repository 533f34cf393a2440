"""Values as the engine, the program and AWS write them, compared by what they mean."""

import json
from collections.abc import Mapping
from typing import Any


def whole(value: Any) -> Any:
    """A value as AWS's models want it: the engine knows no whole numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: whole(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [whole(entry) for entry in value]
    return value


def same(one: Any, other: Any) -> bool:
    return _plain(one) == _plain(other)


def holds(found: Any, wanted: Any) -> bool:
    """Whether what AWS says is what was given; AWS adds defaults."""
    found, wanted = _plain(found), _plain(wanted)
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(holds(found.get(name), value) for name, value in wanted.items())
    return found == wanted


def of_given(found: Any, given: Any) -> Any:
    """What AWS says of the members that were given: its defaults of others are no change of them."""
    if not isinstance(given, Mapping) or not isinstance(found, Mapping):
        return given if same(found, given) else found
    return {name: of_given(found[name], value) for name, value in given.items() if name in found}


def _plain(value: Any) -> Any:
    """A JSON document by its content; other values as they are, without members that say nothing."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        members = {name: _plain(entry) for name, entry in value.items()}
        return {name: entry for name, entry in members.items() if entry not in (None, {}, [])}
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else whole(value)
