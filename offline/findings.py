"""Findings of policies in the engine's output: those of one rule, which it tells one by one, told once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from offline.process import Lines
from policies.library import listing

COLORS: Final = re.compile(r"\x1b\[[0-9;]*m")
_HEADING: Final = " " * 8 + "- "
_BODY: Final = " " * 10
# `- [mandatory] [severity: high]  kms-key-rotation  (aws:kms:Key: orders)`
_RESOURCE: Final = re.compile(r"  \([^()\s]+: .*\)$")
_ADVICE: Final = ("Why: ", "Fix: ")


@dataclass
class _Rule:
    """What the engine said of one rule, level and advice."""

    heading: str
    resource: str
    title: str
    advice: tuple[str, ...]
    problems: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Kind of resources and what is wrong with them -> their names."""

    def lines(self) -> Iterator[str]:
        count = sum(len(names) for names in self.problems.values())
        yield f"{self.heading}{self.resource if count == 1 else f'  ({count} resources)'}\n"
        yield f"{_BODY}{self.title}\n"
        for (kind, text), names in self.problems.items():
            yield from (f"{_BODY}{line}\n" for line in f"{listing.listed(kind, names)}: {text}".split("\n"))
        yield from (f"{_BODY}{line}\n" for line in self.advice)


def told_once(lines: Lines) -> Iterator[str]:
    """The lines, with the findings of each rule below `Policies:` as one."""
    within = False
    held: list[str] = []
    for line in lines:
        text = COLORS.sub("", line)
        if within and text.startswith((_HEADING, _BODY)):
            held.append(line)
            continue
        yield from _merged(held)
        held = []
        within = text.startswith("Policies:") or (within and bool(text.strip()))
        yield line
    yield from _merged(held)


def _merged(lines: Sequence[str]) -> Iterator[str]:
    starts = [number for number, line in enumerate(lines) if COLORS.sub("", line).startswith(_HEADING)]
    found: dict[object, _Rule | Sequence[str]] = {}
    yield from lines[: starts[0] if starts else len(lines)]
    for start, end in pairwise((*starts, len(lines))):
        finding = lines[start:end]
        read = _read([line.rstrip("\n") for line in finding])
        if read is None:
            found[start] = finding
            continue
        rule, problem, names = read
        kept = found.setdefault((COLORS.sub("", rule.heading), rule.title, rule.advice), rule)
        assert isinstance(kept, _Rule)
        kept.problems.setdefault(problem, []).extend(names)
    for told in found.values():
        yield from told.lines() if isinstance(told, _Rule) else told


def _read(lines: Sequence[str]) -> tuple[_Rule, tuple[str, str], list[str]] | None:
    """A finding of our packs; None for one in other words."""
    plain = COLORS.sub("", lines[0])
    resource = _RESOURCE.search(plain)
    body = [line.removeprefix(_BODY) for line in lines[1:]]
    first_advice = next((number for number, line in enumerate(body) if line.startswith(_ADVICE)), None)
    if resource is None or first_advice is None:
        return None
    problem = listing.read("\n".join(body[1:first_advice]))
    if problem is None:
        return None
    heading = lines[0].removesuffix(resource[0]) if lines[0].endswith(resource[0]) else plain.removesuffix(resource[0])
    rule = _Rule(heading, resource[0], body[0], tuple(body[first_advice:]))
    return rule, (problem.kind, problem.rest), problem.names
