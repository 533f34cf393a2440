"""What the engine says of the working tree against the base's deployed stack: replacements, and its refusals."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from offline.packs import policy_options
from offline.project import PROJECT
from offline.workspace import Workspace
from review.errors import ReviewError

_REPLACES: Final = frozenset({"replace", "create-replacement", "delete-replaced"})
_OPS: Final = {"create": "created", "update": "updated", "delete": "deleted"}
_LINES: Final = 25


@dataclass(frozen=True)
class Step:
    """One resource that an update would touch."""

    urn: str
    type: str
    name: str
    op: str
    """`created`, `updated`, `replaced` or `deleted`."""
    keys: Sequence[str]
    """Properties that replace it."""
    custom: bool


@dataclass(frozen=True)
class Finding:
    """A mandatory rule that the working tree breaks."""

    rule: str
    text: str


@dataclass(frozen=True)
class Preview:
    steps: Sequence[Step]
    findings: Sequence[Finding]
    refusals: Sequence[str]
    """What the program itself refuses: settings, steps that AWS does not do, replacements of what holds data."""
    urns: Sequence[str] = ()
    """Of what is deployed, and of what would be."""


def preview(stack: str, home: Path) -> Preview:
    """Preview the working tree in a home that holds the base's stack.

    Raises:
        ReviewError: the engine gave no plan, for another reason than that the program or a policy refuses.
    """
    workspace = Workspace(project=PROJECT, home=home)
    workspace.prepare(stack)
    done = workspace.pulumi(
        "preview", "--json", "--stack", stack, *policy_options(workspace, stack), capture=True, check=False
    )
    findings = _findings(workspace.reports / f"{stack}.sarif")
    _keep_reports(workspace, stack)
    plan = _plan(done.stdout)
    refusals = _refusals(plan)
    if done.returncode and not findings and not refusals:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LINES:])
        raise ReviewError(f"the working tree has no preview for stack {stack}:\n{said}")
    steps = _steps(plan.get("steps") or [])
    urns = [*(entry["urn"] for entry in workspace.resources(stack)), *(step.urn for step in steps)]
    return Preview(steps, findings, refusals, urns)


def _keep_reports(workspace: Workspace, stack: str) -> None:
    """Where `make preview` leaves them; the home of the preview goes."""
    kept = PROJECT / ".offline" / "reports"
    for ending in (".sarif", ".junit.xml"):
        written = workspace.reports / f"{stack}{ending}"
        if written.is_file() and written.parent != kept:
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(written, kept / written.name)


def _plan(said: str) -> Mapping[str, Any]:
    """The engine's document; what stands before it is words."""
    start = said.find("{")
    if start < 0:
        return {}
    try:
        return json.JSONDecoder().raw_decode(said[start:])[0]
    except ValueError:
        return {}


def _steps(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    found: dict[str, Step] = {}
    for step in steps:
        op = "replaced" if step["op"] in _REPLACES else _OPS.get(step["op"])
        if op is None:
            continue
        urn = step["urn"]
        state = step.get("newState") or step.get("oldState") or {}
        keys = step.get("replaceReasons") or []
        if urn in found and not keys:
            continue
        _, _, types, name = urn.split("::", 3)
        found[urn] = Step(urn, types.rpartition("$")[2], name, op, keys, bool(state.get("custom")))
    return list(found.values())


def _refusals(plan: Mapping[str, Any]) -> list[str]:
    told = [one["message"].strip() for one in plan.get("diagnostics") or [] if one.get("severity") == "error"]
    plain = [text.removeprefix("error: ") for text in dict.fromkeys(told)]
    return [text for text in plain if text and text != "preview failed"]


def _findings(report: Path) -> list[Finding]:
    if not report.is_file():
        return []
    runs = json.loads(report.read_text(encoding="utf-8"))["runs"]
    results = [one for run in runs for one in run["results"]]
    failing = [
        one for one in results if one["kind"] == "fail" and one["level"] == "error" and not one.get("suppressions")
    ]
    return [Finding(one["ruleId"], one["message"]["text"]) for one in failing]
