"""Entries of a run's report, the same for every format."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from policies.library.findings import Finding
from policies.library.judge import Judge
from policies.library.rules import Level, Rule

Operation = Literal["preview", "update", "analysis"]

INCOMPLETE: Final = (
    "The run ended before all resources were known: rules about relations did not run, and resources may be missing."
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """The run that a report describes."""

    pack: str
    version: str
    project: str
    stack: str
    operation: Operation
    complete: bool


class Place(NamedTuple):
    """A resource, from its URN."""

    project: str
    stack: str
    type: str
    name: str

    @classmethod
    def of(cls, urn: str) -> "Place":
        head, _, rest = urn.strip().partition("::")
        project, _, rest = rest.partition("::")
        kind, _, name = rest.partition("::")
        return cls(project, head.rpartition(":")[2], kind.rpartition("$")[2], name)

    def __str__(self) -> str:
        return f"{self.type} {self.name}" if self.name else "the stack"


class Entry(NamedTuple):
    """One line of a report: the outcome of a rule for a resource."""

    rule: Rule
    urn: str
    kind: Literal["finding", "waived", "deferred", "broken"]
    level: Level
    text: str
    paths: tuple[str, ...]
    waiver: Mapping[str, str]


def entries(judge: Judge) -> list[Entry]:
    """Findings, waived findings and deferred judgements, sorted by rule and URN."""
    record = judge.record
    found: list[Entry] = []

    def add(finding: Finding, kind: Literal["finding", "waived", "broken"], waiver: Mapping[str, str]) -> None:
        paths = tuple(dict.fromkeys(finding.paths))
        found.append(Entry(finding.rule, finding.urn, kind, finding.level, finding.message, paths, waiver))

    # Copies: the engine may call in parallel.
    for finding in list(record.findings.values()):
        add(finding, "broken" if finding.broken else "finding", {})
    for finding, waiver in list(record.waived.values()):
        facts = {key: str(getattr(waiver, key)) for key in ("owner", "granted", "expires", "reason")}
        add(finding, "waived", facts)
    for (name, urn), paths in list(record.deferred.items()):
        rule = judge.rules[name]
        text = f"{Place.of(urn)}: not judged, because these values are not known yet: {', '.join(paths)}"
        found.append(Entry(rule, urn, "deferred", judge.level(rule), text, paths, {}))
    return sorted(found, key=lambda entry: (entry.rule.name, entry.urn))


def counts(judge: Judge) -> dict[str, int]:
    """Number of entries of each kind; findings by level."""
    found = Counter(entry.level if entry.kind == "finding" else entry.kind for entry in entries(judge))
    return {kind: found[kind] for kind in ("mandatory", "advisory", "waived", "deferred", "broken")}
