"""Small programs on the real engine and the offline plugins."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from offline.workspace import PROJECT, Workspace


@dataclass(frozen=True)
class Program:
    """One project with the stack `dev` in a home of its own."""

    workspace: Workspace

    def write(self, text: str) -> None:
        (self.workspace.project / "__main__.py").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A Pulumi command on the stack; the test judges output and exit code."""
        options = ("--stack", "dev", "--color", "never")
        return self.workspace.pulumi(*arguments, *options, capture=True, check=False)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--yes", "--skip-preview")

    @property
    def resources(self) -> list[dict[str, Any]]:
        exported = self.workspace.pulumi("stack", "export", "--stack", "dev", capture=True)
        return json.loads(exported.stdout)["deployment"].get("resources", [])


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    """Makes a project of a program's text, its stack `dev` in eu-west-1 with two default tags."""

    def made(text: str, home: str = "home") -> Program:
        # Letters that mean something in a URL, in YAML or in a shell are letters of a path like any other.
        project = tmp_path / "project #1"
        project.mkdir()
        options = {"virtualenv": str(PROJECT / ".venv")}
        runtime = {"name": "python", "options": options}
        (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "sample", "runtime": runtime}), encoding="utf-8")
        tags = {"tags": {"owner": "store", "env": "dev"}}
        config = {"config": {"aws:region": "eu-west-1", "aws:defaultTags": tags}}
        (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        workspace = Workspace(project=project, home=tmp_path / home)
        workspace.prepare("dev")
        new = Program(workspace)
        new.write(text)
        return new

    return made
