"""IAM and resource policy documents, given as text or object, with one statement or many."""

import fnmatch
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from policies.library.values import MISSING, UNKNOWN, UNKNOWN_TEXTS, as_list, leaves, plain
from policies.library.yaml_text import DEPTH_MAX

_OPERATOR_QUALIFIERS: Final = ("forallvalues:", "foranyvalue:")
_KINDS_IN_ARNS: Final = (
    "cluster|event-bus|function|group|key|log-group|parameter|policy|role|rule|secret|service|state-?machine|stream"
    "|table|task|topic|user"
)
_EVERY_ONE: Final = re.compile(rf"((?:{_KINDS_IN_ARNS})[:/])?\*+([:/]\*+)*", re.I)
_WORLD_BITS: Final = {4: 7, 6: 15}
"""Longest prefix, by IP version, that counts as the world: 0.0.0.0/1 and 128.0.0.0/1 together are the internet."""


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    if any(marker in text for marker in UNKNOWN_TEXTS):
        return UNKNOWN
    try:
        found = plain(json.loads(text))
    except (ValueError, RecursionError):
        return UNKNOWN
    return found if _depth(found) <= DEPTH_MAX else UNKNOWN


def _depth(value: Any) -> int:
    """How deep a structure is nested."""
    depth, level = 0, [value]
    while level := [item for held in level if isinstance(held, dict | list) for item in _items(held)]:
        depth += 1
    return depth


def _items(held: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return held.values() if isinstance(held, dict) else held


def parse(value: Any) -> Any:
    """A JSON document as plain structures; `UNKNOWN` for text that is not JSON, nested too deep, or in part unknown."""
    if value is MISSING or value == "":
        return MISSING
    return _parsed(value) if isinstance(value, str) else value


def is_unreadable(value: Any, found: Any) -> bool:
    """Whether `found` is what was made of a text that is known, but is no document: no later step will know more."""
    return found is UNKNOWN and isinstance(value, str) and not any(marker in value for marker in UNKNOWN_TEXTS)


def _texts(value: Any) -> tuple[str, ...] | None:
    items = as_list(value)
    return tuple(items) if all(isinstance(item, str) for item in items) else None


class Statement(NamedTuple):
    """One statement of a policy document, every member a tuple; `None` if not known."""

    effect: str
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: tuple[tuple[str, str], ...] | None
    not_principals: tuple[tuple[str, str], ...] | None
    conditions: tuple[tuple[str, str, tuple[str, ...] | None], ...] | None
    """Operator and key in lower case, values."""

    @property
    def allows(self) -> bool:
        return self.effect == "allow"

    @property
    def denies(self) -> bool:
        return self.effect == "deny"

    def is_public(self) -> bool:
        """Whether the statement names any AWS account as principal."""
        return any(kind in ("*", "AWS") and name == "*" for kind, name in self.principals or ())

    def condition(self, key: str) -> tuple[str, ...] | None:
        """Values required of a condition key; empty without a condition on the key, `None` if not known."""
        if self.conditions is None:
            return None
        found: list[str] = []
        for _, name, values in self.conditions:
            if name == key.lower():
                if values is None:
                    return None
                found += values
        return tuple(found)

    def conditions_on(self, *keys: str) -> bool:
        """Whether the statement has a condition on one of the keys, whatever its value."""
        wanted = {key.lower() for key in keys}
        return self.conditions is None or any(name in wanted for _, name, _ in self.conditions)


def _principals(value: Any) -> tuple[tuple[str, str], ...] | None:
    if value is UNKNOWN:
        return None
    if value is MISSING or value is None:
        return ()
    if isinstance(value, str):
        return (("*", value),)
    if not isinstance(value, dict):
        return None
    found: list[tuple[str, str]] = []
    for kind, names in value.items():
        texts = _texts(names)
        if texts is None:
            return None
        found += [(str(kind), name) for name in texts]
    return tuple(found)


def _conditions(value: Any) -> tuple[tuple[str, str, tuple[str, ...] | None], ...] | None:
    if value is MISSING or value is None:
        return ()
    if not isinstance(value, dict):
        return None
    found: list[tuple[str, str, tuple[str, ...] | None]] = []
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            return None
        name = str(operator).lower()
        for qualifier in _OPERATOR_QUALIFIERS:
            name = name.removeprefix(qualifier)
        for key, values in keys.items():
            items = as_list(values)
            known = all(isinstance(item, str | bool | int | float) for item in items)
            truth = name.startswith("bool")
            texts = tuple(str(item).lower() if truth or isinstance(item, bool) else str(item) for item in items)
            found.append((name, str(key).lower(), texts if known else None))
    return tuple(found)


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a document given as text or object; unknown statements are left out."""
    document = parse(document)
    if not isinstance(document, dict):
        return
    keys = {str(key).lower(): value for key, value in document.items()}
    for item in as_list(keys.get("statement", MISSING)):
        if not isinstance(item, dict):
            continue
        parts = {str(key).lower(): value for key, value in item.items()}
        effect = parts.get("effect")

        def texts(name: str, parts: dict[str, Any] = parts) -> tuple[str, ...] | None:
            return _texts(parts.get(name, MISSING))

        yield Statement(
            effect=effect.lower() if isinstance(effect, str) else "",
            actions=texts("action"),
            not_actions=texts("notaction"),
            resources=texts("resource"),
            not_resources=texts("notresource"),
            principals=_principals(parts.get("principal", MISSING)),
            not_principals=_principals(parts.get("notprincipal", MISSING)),
            conditions=_conditions(parts.get("condition", MISSING)),
        )


def is_complete(document: Any) -> bool:
    """Whether every statement of the document is known."""
    document = parse(document)
    if not isinstance(document, dict):
        return False
    keys = {str(key).lower(): value for key, value in document.items()}
    return all(value is not UNKNOWN for _, value in leaves(keys.get("statement", UNKNOWN)))


def is_world(cidr: str) -> bool:
    """Whether a CIDR block is the internet, or a large part of it."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen <= _WORLD_BITS[network.version]


def names_everything(arn: str) -> bool:
    """Whether a pattern of ARNs names every resource, or every one of a kind: `*`, `arn:aws:dynamodb:*:*:table/*`."""
    if not arn.strip("*"):
        return bool(arn)
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return False
    return parts[5] in ("*", "*/*") if parts[2] == "s3" else bool(_EVERY_ONE.fullmatch(parts[5]))


def names_anybody(value: str) -> bool:
    """Whether a value of a condition restricts nothing: any account, any resource, any address."""
    if not value.strip("*") or is_world(value):
        return True
    parts = value.split(":", 5)
    return len(parts) == 6 and not parts[4].strip("*") and names_everything(value)


def covers(pattern: str, name: str) -> bool:
    """Whether an action or resource pattern with `*` and `?` covers a name, in any case."""
    literal = pattern.lower().replace("[", "[[]")
    return fnmatch.fnmatchcase(name.lower(), literal)
