"""Workflows of the repository."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.program_under_mocks import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((PROJECT / ".github" / "actions").glob("*/action.yml"))
ONES_OWN = {f"./{path.parent.relative_to(PROJECT).as_posix()}" for path in ACTIONS}


def test_everything_that_is_pinned_is_renewed():
    updates = yaml.safe_load((PROJECT / ".github" / "dependabot.yml").read_text())["updates"]
    renewed = {
        (update["package-ecosystem"], folder.strip("/"))
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    tracked = [path for path in PROJECT.glob("[!.]*/**/*") if path.name in ("requirements.txt", "go.mod")]
    pinned = (
        {("github-actions", "")} | {("github-actions", name.removeprefix("./")) for name in ONES_OWN} | {("pip", "")}
    )
    pinned |= {
        ("pip" if path.suffix == ".txt" else "gomod", path.parent.relative_to(PROJECT).as_posix())
        for path in tracked
        if "dist" not in path.parts
    }
    assert renewed == pinned


def test_actions_are_pinned_by_digest():
    assert WORKFLOWS
    assert ACTIONS
    for path in (*WORKFLOWS, *ACTIONS):
        for action in re.findall(r"uses: (\S+)", path.read_text()):
            assert action in ONES_OWN or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), f"{path}: {action}"


@pytest.mark.skipif(shutil.which("go") is None, reason="actionlint is built by Go, which is not installed")
def test_actionlint_finds_nothing():
    paths = [str(path) for path in WORKFLOWS]
    linter = ["go", "tool", "-C", str(PROJECT / "tools" / "actionlint"), "actionlint"]
    found = subprocess.run([*linter, "-no-color", *paths], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_rights_to_write_are_where_nothing_of_a_branch_runs():
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / "pull-request.yml").read_text())["jobs"]
    writing = {name for name, job in jobs.items() if "write" in job.get("permissions", {}).values()}
    assert writing == {"tell"}
    assert not [
        step for step in jobs["tell"]["steps"] if "checkout" in step.get("uses", "") or "make" in step.get("run", "")
    ]


def test_the_engine_is_the_pinned_one():
    for workflow in WORKFLOWS:
        assert yaml.safe_load(workflow.read_text())["env"]["WEBSTORE_ENGINE"] == "built"


def test_an_update_is_previewed_before_it_is_approved():
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / "deploy.yml").read_text())["jobs"]
    preview, update = jobs["preview"], jobs["up"]
    assert update["needs"] == "preview"
    # The rule of approval is on the environment of the stack's name, and its role is trusted in that one only.
    assert (preview["environment"], update["environment"]) == ("${{ inputs.stack }}-preview", "${{ inputs.stack }}")
    commands = "".join(step.get("run", "") for step in preview["steps"])
    assert "pulumi preview" in commands
    assert "pulumi up" not in commands


def _preview(folder: Path, *, marks: int, stacks: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the step of the job `preview` with stand-ins for `aws` and `pulumi`."""
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / "deploy.yml").read_text())["jobs"]
    (step,) = (step for step in jobs["preview"]["steps"] if "pulumi preview" in step.get("run", ""))
    tools = folder / ".tools" / "bin"
    tools.mkdir(parents=True)
    answers = {
        "aws": f'echo "$*" >> called; echo {marks}',
        "pulumi": f"echo \"$*\" >> called; [ $1 = preview ] && exit {code}; echo '{stacks}'",
    }
    for name, answer in answers.items():
        (tools / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tools / name).chmod(0o755)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / "Pulumi.dev.yaml").symlink_to(PROJECT / "Pulumi.dev.yaml")
    variables = {
        "STACK": "dev",
        "PULUMI_BACKEND_URL": "s3://state/store?region=eu-west-1&awssdk=v2",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("marks", "stacks"), [(0, "never asked"), (1, '[{"name": "organization/web-store/other-dev"}]')]
)
def test_a_first_update_has_nothing_to_preview_and_nothing_is_written(tmp_path: Path, marks: int, stacks: str):
    done = _preview(tmp_path, marks=marks, stacks=stacks)
    assert done.returncode == 0, done.stderr
    assert "all of it is new" in (tmp_path / "summary").read_text()
    called = (tmp_path / "called").read_text()
    assert "--bucket state --prefix store/.pulumi/meta.yaml" in called
    assert ("stack ls" in called) == bool(marks), "Pulumi would write into an empty bucket"
    assert "preview" not in called.replace("--prefix", "")


@pytest.mark.parametrize("code", [0, 255])
@pytest.mark.parametrize("name", ["dev", "organization/web-store/dev"])
def test_a_preview_that_fails_stops_the_update(tmp_path: Path, name: str, code: int):
    done = _preview(tmp_path, marks=1, stacks=f'[{{"name": "{name}"}}]', code=code)
    assert done.returncode == code, done.stderr
    assert "--policy-pack-config policies/config/dev.json" in (tmp_path / "called").read_text()
    assert "### Preview of `dev`" in (tmp_path / "summary").read_text()
