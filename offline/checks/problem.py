"""The problem that a check reports, and how it shows values."""

from dataclasses import dataclass
from typing import Any

from secret_names import suggests_secret

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One input that AWS would reject: its path (`rules[0].ruleName`) and the reason with value received and rule."""

    path: str
    reason: str


def shown(path: str, value: Any) -> str:
    """The value for a message: shortened, and never that of a property whose name suggests a secret."""
    if suggests_secret(path.rsplit(".", 1)[-1]):
        return "[hidden]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
