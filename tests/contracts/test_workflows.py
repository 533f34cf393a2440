"""Workflows of the repository."""

import re

import yaml

from tests.program_under_mocks import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


def test_everything_that_is_pinned_is_renewed():
    updates = yaml.safe_load((PROJECT / ".github" / "dependabot.yml").read_text())["updates"]
    renewed = {
        (update["package-ecosystem"], folder.strip("/"))
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    tracked = [path for path in PROJECT.glob("[!.]*/**/*") if path.name in ("requirements.txt", "go.mod")]
    pinned = {("github-actions", "")} | {("pip", "")}
    pinned |= {
        ("pip" if path.suffix == ".txt" else "gomod", path.parent.relative_to(PROJECT).as_posix())
        for path in tracked
        if "dist" not in path.parts
    }
    assert renewed == pinned


def test_actions_are_pinned_by_digest():
    assert WORKFLOWS
    for workflow in WORKFLOWS:
        for action in re.findall(r"uses: (\S+)", workflow.read_text()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), f"{workflow.name}: {action}"


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
