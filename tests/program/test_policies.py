"""A preview fails when the store breaks a rule, and says which resource, property, reason and fix."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline.packs import POLICIES
from tests.program.conftest import Stack

Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]


def _edit(stack: Stack, path: str, old: str, new: str) -> None:
    """Break one thing in a component: the variant's own copy of the file is edited."""
    source = stack.workspace.project / path
    text = source.resolve().read_text()
    assert old in text, f"{path} no longer has {old!r}; the test must break something else"
    for parent in reversed(source.relative_to(stack.workspace.project).parents[:-1]):
        folder = stack.workspace.project / parent
        if folder.is_symlink():
            target = folder.resolve()
            folder.unlink()
            folder.mkdir()
            for entry in target.iterdir():
                (folder / entry.name).symlink_to(entry)
    source.unlink()
    source.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        pytest.param(
            "components/edge/distribution.py",
            "web_acl_id=web_acl_arn",
            "web_acl_id=None",
            ["aws:cloudfront", "webAclId"],
            id="web-acl-off",
        ),
        pytest.param(
            "components/blocks/table.py",
            "enabled=True, kms_key_arn=args.key_arn",
            "enabled=True",
            ["aws:dynamodb", "kmsKeyArn"],
            id="key-removed",
        ),
    ],
)
def test_a_broken_component_fails_the_preview(
    variant: Variant, path: str, old: str, new: str, expected: list[str]
) -> None:
    stack = variant("prod", dict.copy)
    _edit(stack, path, old, new)
    done = stack.preview()
    assert done.returncode != 0
    assert "[mandatory]" in done.stdout
    for word in expected:
        assert word in done.stdout, done.stdout


def _results(stack: Stack) -> set[tuple[str, ...]]:
    (run,) = json.loads((stack.workspace.home / "reports" / f"{stack.name}.sarif").read_text())["runs"]
    assert run["invocations"][0]["executionSuccessful"]
    return {
        (result["ruleId"], result["properties"]["urn"], result["kind"], result["message"]["text"])
        for result in run["results"]
    }


def test_the_state_of_dev_is_judged_like_dev_itself(dev: Stack, tmp_path: Path) -> None:
    """Under the settings of prod, which dev breaks in many places; as advice, so that both runs reach their end."""
    config = json.loads((POLICIES / "config" / "prod.json").read_text())
    path = tmp_path / "advice.json"
    path.write_text(json.dumps({name: {**entry, "enforcementLevel": "advisory"} for name, entry in config.items()}))
    options = ("--policy-pack", str(POLICIES), "--policy-pack-config", str(path))

    assert dev.run("preview", *options, policies=False).returncode == 0
    judged = _results(dev)
    assert len(judged) > 50

    state = tmp_path / "state.json"
    state.write_text(dev.workspace.pulumi("stack", "export", "--stack", dev.name, capture=True).stdout)
    dev.workspace.pulumi("policy", "analyze", "--file", str(state), *options, capture=True)
    assert _results(dev) == judged
