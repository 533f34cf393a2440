"""The resources at the beginning of a finding's text, written by the packs and read by what shows the text."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_LISTED: Final = re.compile(r'\A(?P<kind>[^\s"]+) (?P<names>"[^"]*"(?:, "[^"]*")*): (?P<rest>.*)', re.DOTALL)


class Listed(NamedTuple):
    kind: str
    names: list[str]
    rest: str


def listed(kind: str, names: Sequence[str]) -> str:
    """`sqs/queue "orders", "mail"`."""
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"{kind} {quoted}"


def read(text: str) -> Listed | None:
    """Kind, names and the rest of a text that begins with `listed` and a colon; None of any other."""
    match = _LISTED.fullmatch(text)
    return Listed(match["kind"], re.findall(r'"([^"]*)"', match["names"]), match["rest"]) if match else None
