"""Findings, and their texts: identical ones of a rule are told once, with the list of their resources."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from policies.library.listing import listed
from policies.library.rules import Level, Rule


class Finding(NamedTuple):
    rule: Rule
    level: Level
    urn: str
    kind: str
    name: str
    text: str
    """What is wrong with the resource."""
    advice: str
    """Why it matters and how it is mended: the same for all resources, but for a waiver that no longer counts."""
    paths: tuple[str, ...] = ()
    broken: bool = False
    """Whether the rule itself failed."""

    @property
    def message(self) -> str:
        return message((self,))


def message(alike: Sequence[Finding]) -> str:
    """The text of findings that differ by the names of their resources only."""
    first = alike[0]
    return f"{listed(first.kind, [finding.name for finding in alike])}: {first.text}\n{first.advice}"


def groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings, those together that differ by the names of their resources only."""
    found: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        found[(finding.rule.name, finding.level, finding.kind, finding.text, finding.advice)].append(finding)
    return list(found.values())
