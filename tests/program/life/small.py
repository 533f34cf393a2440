"""A small program on the real engine, for changes that need a few resources only."""

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.program.conftest import Stack, make_variant
from tests.program.life.frame import Operations, operations, run_with_events


class SmallProgram:
    """A project of its own with the settings of `dev`, whose `__main__.py` begins with the values of `given`."""

    def __init__(self, folder: Path, program: str, **given: object) -> None:
        self.stack: Stack = make_variant(folder, "dev", dict.copy)
        self._program = program
        self._main = self.stack.workspace.project / "__main__.py"
        self._main.unlink()
        self.give(**given)

    def give(self, **given: object) -> None:
        self._main.write_text("".join(f"{name} = {value!r}\n" for name, value in given.items()) + self._program)
        self.stack.workspace.prepare(self.stack.name)

    def preview(self) -> Operations:
        return operations(self.stack, "preview")[0]

    def up(self) -> Operations:
        return operations(self.stack, "up", "--yes", "--skip-preview")[0]

    def refresh(self) -> None:
        operations(self.stack, "refresh", "--yes")

    def refused(self) -> str:
        """What a preview says that must fail."""
        _, done = run_with_events(self.stack, "preview")
        return self._failed(done)

    @staticmethod
    def _failed(done: subprocess.CompletedProcess[str]) -> str:
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def in_aws(self, token: str, change: Callable[[dict[str, Any]], object] = lambda _: None) -> list[dict[str, Any]]:
        """Outputs of the resources of a type in offline AWS, after `change` of what each was given and has."""
        (path,) = self.stack.workspace.home.rglob("cloud.sqlite")
        with sqlite3.connect(path) as cloud:
            rows = cloud.execute("select key, inputs, outputs from resources where token = ?", (token,)).fetchall()
            found: list[dict[str, Any]] = []
            for key, *texts in rows:
                inputs, outputs = map(json.loads, texts)
                change(inputs)
                change(outputs)
                found.append(outputs)
                cloud.execute(
                    "update resources set inputs = ?, outputs = ? where key = ?",
                    (json.dumps(inputs), json.dumps(outputs), key),
                )
        return found
