"""The review of one stack: what it says, and how it is shown."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract import broken_promises
from review import guarantees, words
from review.boxes import Boxes
from review.differences import Change, differences
from review.snapshot import Snapshot
from review.steps import Preview, Step

OPS: Final = ("created", "updated", "replaced", "deleted")
"""What becomes of a resource."""


@dataclass(frozen=True)
class Cost:
    """Of a month without a customer, in USD; None where a price is not known."""

    before: float | None
    after: float | None
    by_switch: Mapping[str, float]
    """Switch to what it adds."""
    unknown: str = ""

    @property
    def words(self) -> str:
        if self.before is None or self.after is None:
            return f"idle cost is not known: {self.unknown}"
        return f"idle cost {self.before:,.0f} → {self.after:,.0f} USD a month ({self.after - self.before:+,.0f})"


@dataclass(frozen=True)
class Review:
    stack: str
    base: str
    """Commit."""
    refusals: Sequence[str]
    findings: Mapping[str, Sequence[str]]
    """Mandatory rule to what breaks it."""
    losses: Sequence[str]
    routes: Sequence[str]
    lost: Sequence[str]
    gained: Sequence[str]
    sizes: Sequence[str]
    cost: Cost
    contract: Sequence[str]
    boxes: Mapping[str, Mapping[str, Sequence[str]]]
    """Box to operation to the resources, each with its properties that changed."""
    note: str = ""

    @property
    def exit_code(self) -> int:
        return 1 if self.refusals or self.findings else 0

    @property
    def counts(self) -> Mapping[str, int]:
        return {op: sum(len(box.get(op, ())) for box in self.boxes.values()) for op in OPS}

    def as_json(self) -> dict[str, Any]:
        return {
            "stack": self.stack,
            "base": self.base,
            "exit_code": self.exit_code,
            "refusals": list(self.refusals),
            "findings": {rule: list(texts) for rule, texts in self.findings.items()},
            "losses": list(self.losses),
            "routes": list(self.routes),
            "guarantees": {"lost": list(self.lost), "gained": list(self.gained)},
            "sizes": list(self.sizes),
            "cost": {
                "before_usd_a_month": self.cost.before,
                "after_usd_a_month": self.cost.after,
                "by_switch": dict(self.cost.by_switch),
                "unknown": self.cost.unknown,
            },
            "contract": list(self.contract),
            "counts": dict(self.counts),
            "boxes": {box: {op: list(names) for op, names in ops.items()} for box, ops in self.boxes.items()},
            "note": self.note,
        }


def review(stack: str, commit: str, base: Snapshot, head: Snapshot, preview: Preview, note: str = "") -> Review:
    """What the working tree changes in a stack."""
    boxes = Boxes(preview.urns)
    changes = _with_replacements(differences(base, head, boxes), preview.steps)
    lost, gained = guarantees.shifts(base, head)
    findings: dict[str, list[str]] = {}
    for finding in preview.findings:
        findings.setdefault(finding.rule, []).append(finding.text)
    return Review(
        stack=stack,
        base=commit,
        refusals=preview.refusals,
        findings=findings,
        losses=words.losses(changes, preview.steps),
        routes=words.route_changes(base, head),
        lost=guarantees.told(lost),
        gained=guarantees.told(gained),
        sizes=words.sentences(changes),
        cost=_cost(base.cost, head.cost),
        contract=_contract(base.contract, head.contract),
        boxes=_boxes(changes, preview.steps, boxes),
        note=note,
    )


def _with_replacements(changes: Sequence[Change], steps: Sequence[Step]) -> list[Change]:
    replaced = {(step.type, step.name) for step in steps if step.op == "replaced"}
    return [
        Change(one.type, one.name, one.box, "replaced", one.old, one.new, one.paths)
        if one.op == "updated" and (one.type, one.name) in replaced
        else one
        for one in changes
    ]


def _cost(before: Mapping[str, Any], after: Mapping[str, Any]) -> Cost:
    unknown = " ".join(str(cost["unknown"]) for cost in (before, after) if "unknown" in cost)
    old, new = before.get("by_switch", {}), after.get("by_switch", {})
    added = {
        switch: round(new.get(switch, 0.0) - old.get(switch, 0.0), 2) for switch in sorted(old.keys() | new.keys())
    }
    return Cost(
        before.get("total"),
        after.get("total"),
        {} if unknown else {name: usd for name, usd in added.items() if usd},
        unknown,
    )


def _contract(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    if not before["contract_version"] or not after["contract_version"]:
        return []  # the environment is new, or goes: nobody reads it yet, or its readers are told by its resources
    old, new = before["outputs"], after["outputs"]
    said = [f"output {key} is new" for key in sorted(new.keys() - old.keys())]
    said += [f"output {key} is removed: stacks that read it fail" for key in sorted(old.keys() - new.keys())]
    said += [
        f"output {key} is {new[key]} instead of {old[key]}"
        for key in sorted(old.keys() & new.keys())
        if old[key] != new[key]
    ]
    if before["contract_version"] != after["contract_version"]:
        said.append(f"contract {before['contract_version']} → {after['contract_version']}")
    return [*said, *broken_promises(before, after)]


def _boxes(changes: Sequence[Change], steps: Sequence[Step], boxes: Boxes) -> dict[str, dict[str, list[str]]]:
    """Resources by box; what the program alone does not tell of (dynamic providers, images) is by the steps."""
    found: dict[str, dict[str, list[str]]] = {}
    known = {(one.type, one.name) for one in changes}
    entries = [(one.box, one.op, _named(one.type, one.name), words.told_paths(one.paths)) for one in changes]
    for step in steps:
        if step.custom and not step.type.startswith(("aws:", "pulumi:")) and (step.type, step.name) not in known:
            entries.append((boxes.of(step.type, step.name), step.op, _named(step.type, step.name), ""))
    for box, op, name, paths in entries:
        found.setdefault(box, {}).setdefault(op, []).append(f"{name}: {paths}" if paths else name)
    return {box: found[box] for box in sorted(found)}


def _named(type_: str, name: str) -> str:
    return f"{type_.rpartition(':')[2]} `{name}`"


def told(review: Review) -> Iterator[tuple[str, Sequence[str]]]:
    """Headings with what stands under them, what matters most first."""
    yield "Refused", review.refusals
    yield "Policies that fail", [line for rule, texts in review.findings.items() for line in _of_rule(rule, texts)]
    yield "Taken away", review.losses
    yield "Routes", review.routes
    yield "Guarantees lost", review.lost
    yield "Guarantees gained", review.gained
    yield "Sizes", review.sizes
    yield "Contract", review.contract


def _of_rule(rule: str, texts: Sequence[str]) -> Iterator[str]:
    grouped = Counter(texts)
    yield f"{rule} ({len(texts)})"
    yield from (f"  {text}" for text in list(grouped)[:5])
    if len(grouped) > 5:
        yield f"  and {len(grouped) - 5} more"
