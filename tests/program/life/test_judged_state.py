"""The packs find in a stack's state what they find in its preview."""

import json
from pathlib import Path

from offline.packs import POLICIES
from tests.program.conftest import Stack


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
