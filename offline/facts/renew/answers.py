"""Reads limits out of the provider's words."""

import re
from collections.abc import Iterable
from typing import Any

from offline.facts.renew.bridge import Failure

_MOST_WORDS = 3
_NUMBER = r"(-?[\d.]+)"
_LIMITS = (
    ("enum", re.compile(r"to be one of \[(.*?)\]", re.DOTALL)),
    ("enum", re.compile(r"value must be one of: \[(.*?)\]", re.DOTALL)),
    ("length", re.compile(r"length of .*? to be in the range \((\d+) - (\d+)\)")),
    ("length", re.compile(r"string length must be between (\d+) and (\d+)")),
    ("range", re.compile(rf"to be in the range \({_NUMBER} - {_NUMBER}\)")),
    ("range", re.compile(rf"value must be between {_NUMBER} and {_NUMBER}")),
    ("min", re.compile(rf"to be at least \({_NUMBER}\)")),
    ("min", re.compile(rf"value must be at least {_NUMBER}")),
    ("max", re.compile(rf"to be at most \({_NUMBER}\)")),
)
_SENT = re.compile(
    r"'(?:aaaa|12345)'|\((?:aaaa|12345)\)|\"(?:aaaa|12345)\"|(?<=got: )(?:aaaa|12345)|(?<=got )(?:aaaa|12345)"
)
_LONG = re.compile(r"a{40,}")
_NAMED = re.compile(r"'x\.([^']*)'")
_INDEX = re.compile(r"\[\d+\]")


def limits_of(leaf: str, top: str, failures: Iterable[Failure], found: dict[str, Any]) -> None:
    """Adds to `found` the limits that these failures state for one input, the leaf of a path below the property `top`.

    A failure that names another input (a sibling that the question left out) says nothing of this one. Below lists the
    bridge may name the top property only; the words then hold the provider's own path (`rule.0.action.0.type`).
    """
    own_path = re.compile(rf"\.{_snake(leaf)}(\.\d+)?\b")
    for failure in failures:
        if f"'x.{top}" not in failure.reason and failure.property != top:
            continue
        named = _NAMED.search(failure.reason)
        if named and _INDEX.sub("", named[1]).rsplit(".", 1)[-1] != leaf and not own_path.search(failure.reason):
            continue
        for kind, pattern in _LIMITS:
            match = pattern.search(failure.reason)
            # `*` alone is said beside another form of the value, such as an ARN.
            if match and not (kind == "enum" and _enum(match[1]) == ["*"]):
                found[kind] = _enum(match[1]) if kind == "enum" else [float(number) for number in match.groups()]
                break
        else:
            words = found.setdefault("says", [])
            said = without_values(re.sub(r"Examine values at.*", "", failure.reason, flags=re.DOTALL)).strip()
            if len(words) < _MOST_WORDS and said not in words:
                words.append(said[:400])


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def without_values(text: str) -> str:
    """The provider's words with `<value>` for what was sent."""
    text = (
        _LONG.sub("<value>", text).replace("\u00a7 bad value!", "<value>").replace("\\xc2\\xa7 bad value!", "<value>")
    )
    return _SENT.sub("<value>", text[:1200])


def _enum(listed: str) -> list[str]:
    return re.findall(r'"([^"]*)"', listed) or listed.split()
