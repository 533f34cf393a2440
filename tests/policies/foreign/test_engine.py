"""Two of the programs on the real engine: same resources as from the recorder, and same findings of the pack."""

import json
import re

import yaml

from offline.workspace import PROJECT, Workspace
from policies.library.rules import REGISTRY
from tests.policies.foreign.programs import cloud_control, flat
from tests.policies.foreign.test_programs import compared

_FINDING = re.compile(r"\[severity: \w+\]\s+([a-z0-9-]+)\s+\([\w:-]+: ([\w-]+)\)")
_PROGRAM = f"""
import sys

sys.path.insert(0, {str(PROJECT)!r})
from policies.library.rules import REGISTRY
from tests.policies.foreign.programs import cloud_control, flat

flat.program()
cloud_control.controlled()
"""


def test_the_engine_finds_the_faults_of_a_program_that_is_deployed(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": str(PROJECT / ".venv")}}
    (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "shop", "runtime": runtime}))
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {"aws:region": "eu-west-1"}}))
    (project / "__main__.py").write_text(_PROGRAM)
    config = tmp_path / "advisory.json"
    config.write_text(json.dumps({name: {"enforcementLevel": "advisory"} for name in REGISTRY}))
    workspace = Workspace(project=project, home=tmp_path / "home")
    workspace.prepare("dev")
    done = workspace.pulumi(
        *("up", "--yes", "--skip-preview", "--stack", "dev", "--color", "never"),
        *("--policy-pack", str(PROJECT / "policies"), "--policy-pack-config", str(config)),
        capture=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    found = set(_FINDING.findall(done.stdout))
    made = {name: rules for name, rules in cloud_control.FAULTS.items() if name.startswith("cc-")} | flat.FAULTS
    planted = {(rule, name) for name, rules in made.items() for rule in rules}
    assert sorted(planted - found) == []
    both = compared(flat) & compared(cloud_control)
    # This program deploys no alarm for search.
    wrong = {(rule, name) for rule, name in found if rule in both} - planted - {("cloudwatch-alarms-act", "cc-domain")}
    assert sorted(wrong) == []
