"""What a tree of the project would make: resources with all values known, idle price, and the contract of outputs.

It runs in the tree's own code, which may be older than this package: no more is used of it than `program_of`, `bill`,
`released_form` and the list of rules between settings.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from review.errors import ReviewError

_SCRIPT: Final = """
import hashlib, json, pathlib, sys
from contract import released_form
from doctor.price import UnknownPriceError, bill
from doctor.program import program_of
from settings import judge
from settings.problems import SettingsError

def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "assets"):
        return {name: plain(asset) for name, asset in value.assets.items()}
    if hasattr(value, "path"):
        return hashlib.sha256(pathlib.Path(value.path).read_bytes()).hexdigest()
    return value if isinstance(value, (str, int, float, bool, type(None))) else type(value).__name__

refused = False
try:
    program = program_of(sys.argv[1])
except SettingsError:
    # What they would make is shown all the same, beside the refusal, which the preview tells.
    refused, judge.RULES = True, ()
    program = program_of(sys.argv[1])
try:
    price = bill(program)
    cost = {"total": price.total, "by_switch": dict(price.by_switch()), "region": price.region, "date": price.date}
except UnknownPriceError as problem:
    cost = {"unknown": str(problem)}
resources = [
    {
        "type": made.type,
        "name": made.name,
        "id": made.id,
        "urn": made.urn,
        "protect": made.protect,
        "inputs": {key: plain(value) for key, value in made.inputs.items() if key not in made.secret_inputs},
        "outputs": {
            key: plain(value)
            for key, value in made.outputs.items()
            if key not in made.secret_inputs and key not in made.secret_outputs
        },
    }
    for made in program.resources
]
made = {"refused": refused, "cost": cost, "contract": released_form(), "resources": resources}
pathlib.Path(sys.argv[2]).write_text(json.dumps(made))
"""
_LINES: Final = 12
Begun = subprocess.Popen[str]
"""A process that writes a snapshot."""


@dataclass(frozen=True)
class Made:
    """A resource of a snapshot; names in it are the program's own, without letters that the engine makes up."""

    type: str
    name: str
    id: str
    urn: str
    protect: bool
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        return self.type, self.name


@dataclass(frozen=True)
class Snapshot:
    cost: Mapping[str, Any]
    """`total` and `by_switch` in USD a month, with `region` and `date` of the prices; or `unknown`, and why."""
    contract: Mapping[str, Any]
    resources: Sequence[Made]
    refused: bool = False
    """Rules between settings refuse them: this is what they would make without these rules."""

    @classmethod
    def read(cls, path: Path) -> "Snapshot":
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(found["cost"], found["contract"], [Made(**one) for one in found["resources"]], found["refused"])

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str], Made]:
        return {made.key: made for made in self.resources}

    def of(self, type_: str) -> list[Made]:
        """Resources whose type ends so, such as `ecs/service:Service`."""
        return [made for made in self.resources if made.type.endswith(type_)]


EMPTY: Final = Snapshot({"total": 0.0, "by_switch": {}}, {"contract_version": "", "outputs": {}}, [])
"""Of an environment that the tree does not have."""


def begin(tree: Path, stack: str, path: Path) -> Begun:
    """Begin to write the snapshot of a stack to `path`; `end` waits for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither credentials nor modules of the caller: nothing here talks to an account.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "PYTHON"))}
    command = [sys.executable, "-c", _SCRIPT, stack, str(path)]
    return subprocess.Popen(
        command, cwd=tree, env=kept, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def end(begun: Begun, stack: str, path: Path, whose: str) -> Snapshot:
    """
    Raises:
        ReviewError: the program did not run to its end.
    """
    _, told = begun.communicate()
    if begun.returncode:
        said = "\n".join(told.strip().splitlines()[-_LINES:])
        raise ReviewError(f"the program of {whose} does not run for stack {stack}:\n{said}")
    return Snapshot.read(path)
