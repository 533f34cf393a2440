"""CloudFormation objects: members in any case, and values at patterns of paths."""

import re
from collections.abc import Mapping
from typing import Any, Final

from policies.library.values import MISSING, UNKNOWN, as_list

EACH: Final = "[]"
"""In a pattern: every item of a list."""
_TOKEN: Final = re.compile(r"[^.\[\]]+|\[\d*\]")


class Folded(dict[str, Any]):
    """An object whose members are found in any case; iteration has them as written."""

    def __init__(self, items: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self._keys: dict[str, str] = {}
        for key, value in (items or {}).items():
            self._keys.setdefault(key.lower(), key)
            super().__setitem__(key, value)

    def key(self, name: str) -> str | None:
        """The member as written."""
        return self._keys.get(name.lower())

    def get(self, name: str, default: Any = None, /) -> Any:
        key = self.key(name)
        return default if key is None else super().__getitem__(key)

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(self._keys[name.lower()])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._keys

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(self._keys.setdefault(name.lower(), name), value)


class Unread(Folded):
    """An object with unknown members only."""

    def get(self, name: str, default: Any = None, /) -> Any:  # noqa: ARG002
        return UNKNOWN

    def __getitem__(self, name: str) -> Any:
        return UNKNOWN


def fold(value: Any) -> Any:
    if isinstance(value, dict):
        return Folded({key: fold(item) for key, item in value.items()})
    return [fold(item) for item in value] if isinstance(value, list) else value


def tokens_of(path: str) -> list[str]:
    return _TOKEN.findall(path)


def extract(node: Any, tokens: list[str]) -> Any:
    """The value at a pattern; below each `[]` a list of what its items have."""
    for position, token in enumerate(tokens):
        if node is UNKNOWN or node is MISSING or node is None:
            return MISSING if node is None else node
        if token == EACH:
            return [extract(item, tokens[position + 1 :]) for item in as_list(node)]
        if token.startswith("["):
            items = as_list(node)
            number = int(token[1:-1])
            node = items[number] if number < len(items) else MISSING
        else:
            node = node.get(token, MISSING) if isinstance(node, dict) else UNKNOWN
    return MISSING if node is None else node


def put(node: Folded, tokens: list[str], value: Any) -> None:
    """Set the value at a pattern, item by item in lists; missing objects on the path are created."""
    if value is MISSING:
        return
    head, rest = tokens[0], tokens[1:]
    if not rest:
        node[head] = value
    elif rest[0] == EACH:
        held = node.get(head)
        if not isinstance(value, list):
            if not isinstance(held, list | dict):
                node[head] = value
            return
        items: list[Any] = list(as_list(held)) if isinstance(held, list | dict) else []
        items += [Folded() for _ in value[len(items) :]]
        for number, item in enumerate(value):
            block = items[number]
            if len(rest) == 1 or (item is UNKNOWN and isinstance(block, Folded) and not block):
                items[number] = item
            elif isinstance(block, Folded):
                put(block, rest[1:], item)
        node[head] = items
    else:
        held = node.get(head)
        if not isinstance(held, Folded):
            if held is UNKNOWN:
                return
            held = Folded()
            node[head] = held
        put(held, rest, value)


def copy_of(value: Any) -> Any:
    if isinstance(value, Folded):
        return Folded({key: copy_of(item) for key, item in value.items()})
    return [copy_of(item) for item in value] if isinstance(value, list) else value
