"""A store that is deployed, changed and previewed again; see `Changes`."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

import yaml

from tests.program.conftest import Stack, copy_of, make_variant

Config = dict[str, Any]

# What the engine calls the parts of a replacement.
_REPLACE = ("create-replacement", "replace", "delete-replaced", "discard-replaced", "remove-pending-replace")


@dataclass(frozen=True)
class Change:
    """One change of the stack file, and every operation that follows from it.

    `planned` maps `<type>::<name>`, with wildcards, to `create`, `update`, `replace` or `delete`:
    `{"aws:ec2/subnet:Subnet::network-*-c": "create"}`. Each pattern must match an operation, and operations that no
    change of the same update has planned fail the test.
    """

    name: str
    edit: Callable[[Config], object]
    planned: Mapping[str, str] = field(default_factory=dict)


Operations = dict[str, str]
"""`<type>::<name>` to the operation."""


@dataclass(frozen=True)
class Update:
    """What was said and done for one list of changes."""

    planned: Operations
    done: Operations
    said: str


class Changes:
    """A stack `BASE` that is deployed and then changed, one update for each list of `STEPS`.

    A subclass `Test...` per file. Changes that do not touch the same resources go into one list: an update takes as
    long for ten of them as for one. The preview before an update must say exactly what the update does: what an
    earlier one has left would show. The preview after the last must say nothing. `START` edits the stack file before
    the first deployment; without it the deployment of all tests is used.
    """

    BASE: ClassVar[str] = "dev"
    START: ClassVar[Callable[[Config], object] | None] = None
    STEPS: ClassVar[Sequence[Sequence[Change]]]

    def test_the_preview_says_what_follows(self, updates: Sequence[Update], step: int, change: Change) -> None:
        planned = updates[step].planned
        for pattern, operation in change.planned.items():
            found = {name: done for name, done in planned.items() if fnmatchcase(name, pattern)}
            assert found, f"{change.name}: nothing is planned for {pattern}; planned: {planned}"
            assert set(found.values()) == {operation}, f"{change.name}: {found}"

    def test_the_preview_says_nothing_else(self, updates: Sequence[Update]) -> None:
        for update, changes in zip(updates, self.STEPS, strict=True):
            expected = [item for change in changes for item in change.planned.items()]
            unexpected = {
                name: operation
                for name, operation in update.planned.items()
                if not any(fnmatchcase(name, pattern) and operation == wanted for pattern, wanted in expected)
            }
            assert not unexpected

    def test_the_update_does_what_the_preview_said(self, updates: Sequence[Update]) -> None:
        for update in updates:
            assert update.done == update.planned

    def test_nothing_is_left_to_change(self, updates: Sequence[Update], stack: Stack) -> None:
        assert updates
        assert operations(stack, "preview")[0] == {}


def deploy(base: Stack, start: Callable[[Config], object] | None, folder: Path) -> Stack:
    """A deployed stack of its own: a copy of `base`, or a new one where the stack file differs from the start."""
    stack = make_variant(folder, base.name, start or dict.copy)
    if start is None:
        copy_of(base, stack)
    else:
        done = stack.run("up", "--yes", "--skip-preview", policies=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return stack


def edit_stack_file(stack: Stack, changes: Sequence[Change]) -> None:
    path = stack.workspace.project / f"Pulumi.{stack.name}.yaml"
    content = yaml.safe_load(path.read_text())
    for change in changes:
        change.edit(content["config"])
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    stack.workspace.prepare(stack.name)


def change(stack: Stack, changes: Sequence[Change]) -> Update:
    """Preview the changes, and make them."""
    edit_stack_file(stack, changes)
    planned, said = operations(stack, "preview")
    done, _ = operations(stack, "up", "--yes", "--skip-preview")
    return Update(planned=planned, done=done, said=said)


def operations(stack: Stack, *arguments: str) -> tuple[Operations, str]:
    """The operations of one run of the engine, and what it said.

    Raises:
        AssertionError: the run failed.
    """
    events, done = run_with_events(stack, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return events, done.stdout


def run_with_events(stack: Stack, *arguments: str) -> tuple[Operations, subprocess.CompletedProcess[str]]:
    log = stack.workspace.home / "events.json"
    log.unlink(missing_ok=True)
    command = ["pulumi", "-C", str(stack.workspace.folder), "--non-interactive", *arguments, "--stack", stack.name]
    done = subprocess.run(
        [*command, "--color", "never", "--event-log", str(log)],
        # The flag is one of those that the engine keeps for debugging.
        env={**os.environ, **stack.workspace.environment(), "PULUMI_DEBUG_COMMANDS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    found: Operations = {}
    for line in log.read_text().splitlines() if log.is_file() else []:
        metadata = json.loads(line).get("resourcePreEvent", {}).get("metadata")
        if metadata and metadata["op"] not in ("same", "read", "refresh"):
            short = _short(metadata["urn"])
            if not short.startswith(("webstore:", "pulumi:")):  # components and the stack have no operations in AWS
                found[short] = "replace" if metadata["op"] in _REPLACE else metadata["op"]
    return found, done


def _short(urn: str) -> str:
    """`<type>::<name>` of a URN."""
    kind, _, name = urn.split("::", 2)[2].partition("::")
    return f"{kind.rpartition('$')[2]}::{name}"
