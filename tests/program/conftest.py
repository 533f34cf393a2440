"""Whole programs on the real engine and offline AWS, each with a home of its own."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from offline.commands import policy_options
from offline.files import one_at_a_time
from offline.workspace import PROJECT, Workspace
from settings.shared import SHARED
from settings.stack_files import stack_settings
from settings.store import StoreSettings
from tests.stack_files import stack_file


@dataclass(frozen=True)
class Stack:
    """One stack of one project in a scratch home."""

    workspace: Workspace
    name: str

    def run(self, *arguments: str, policies: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a Pulumi command on the stack; output and exit code are the test's to judge."""
        options = policy_options(self.workspace, self.name) if policies else []
        return self.workspace.pulumi(
            *arguments, "--stack", self.name, "--color", "never", *options, capture=True, check=False
        )

    def preview(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("preview", *arguments)

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--yes", *arguments)

    def destroy(self) -> subprocess.CompletedProcess[str]:
        return self.run("destroy", "--yes", policies=False)

    @property
    def state(self) -> dict[str, Any]:
        return self.workspace.checkpoint(self.name)

    @property
    def resources(self) -> list[dict[str, Any]]:
        return self.state.get("resources", [])

    @property
    def settings(self) -> StoreSettings:
        """What the project's stack file of this name says."""
        return stack_settings()[self.name]

    @property
    def outputs(self) -> dict[str, Any]:
        return self.workspace.outputs(self.name)


def of_type(resources: list[dict[str, Any]], token: str) -> list[dict[str, Any]]:
    return [entry for entry in resources if entry["type"] == token]


def make_variant(folder: Path, base: str, change: Callable[[dict[str, Any]], object]) -> Stack:
    """A copy of the project whose stack `base` has other settings; `change` edits its configuration."""
    project = folder / "project"
    project.mkdir(parents=True)
    for entry in PROJECT.iterdir():
        if entry.name in ("services", "functions"):
            # Docker takes no files through a link, so the image would be another one.
            shutil.copytree(entry, project / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif not entry.name.startswith((".git", ".offline", "Pulumi.")):
            (project / entry.name).symlink_to(entry)
    project_file = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())
    config = stack_file(base)
    del project_file["config"][f"web-store:{SHARED}"]  # `change` sees and edits all of it
    change(config)
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(project_file, sort_keys=False))
    (project / f"Pulumi.{base}.yaml").write_text(yaml.safe_dump({"config": config}, sort_keys=False))
    stack = Stack(Workspace(project=project, home=folder / "home"), base)
    stack.workspace.prepare(base)
    return stack


@pytest.fixture
def variant(tmp_path: Path) -> Callable[[str, Callable[[dict[str, Any]], object]], Stack]:
    """Make a stack like `base` with changed settings; nothing of it is deployed yet."""
    made = 0

    def make(base: str, change: Callable[[dict[str, Any]], object]) -> Stack:
        nonlocal made
        made += 1
        return make_variant(tmp_path / str(made), base, change)

    return make


def copy_of(base: Stack, stack: Stack) -> Stack:
    """`stack` with the state and the cloud of `base`, in place of its own."""
    shutil.rmtree(stack.workspace.home, ignore_errors=True)
    shutil.copytree(base.workspace.home, stack.workspace.home, ignore=shutil.ignore_patterns("projects", "locks"))
    stack.workspace.prepare(stack.name)
    return stack


def deploy(factory: pytest.TempPathFactory, name: str, *options: str, before: Sequence[str] = ()) -> Stack:
    """A stack of this worker's own; the first worker that needs it deploys it for all.

    Args:
        before: Arguments of Pulumi for an update without policies that comes first.
    """
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    base = Stack(Workspace(project=PROJECT, home=folder / f"deployed-{name}"), name)
    whole = folder / f"deployed-{name}.whole"
    with one_at_a_time(folder / f"deployed-{name}.lock"):
        if not whole.exists():
            base.workspace.prepare(name)
            if before:
                base.workspace.pulumi(*before, "--yes", "--skip-preview", capture=True)
            done = base.up(*options)
            assert done.returncode == 0, done.stdout + done.stderr
            whole.touch()
    return copy_of(base, Stack(Workspace(project=PROJECT, home=factory.mktemp(name)), name))


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The dev stack, deployed without a preview before."""
    return deploy(tmp_path_factory, "dev", "--skip-preview")


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The prod stack, previewed and deployed as `make up` does."""
    return deploy(tmp_path_factory, "prod")


@pytest.fixture(scope="session", params=["dev", "prod"])
def deployed(request: pytest.FixtureRequest) -> Stack:
    """One of the deployed stacks; life/test_other_stacks.py has its own."""
    return request.getfixturevalue(request.param)


def repositories_first(stack: str) -> list[str]:
    """Arguments of the update before the first one, as the page of images has it."""
    (command,) = re.findall(r"^ +pulumi (up -s prod --target .+)$", (PROJECT / "docs" / "images.md").read_text(), re.M)
    return [stack if word == "prod" else word for word in shlex.split(command)]
