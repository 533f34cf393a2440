"""Several stacks of one environment side by side."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.program.conftest import Stack, of_type

Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]


@pytest.fixture
def twin(variant: Variant) -> tuple[Stack, Stack]:
    """dev, and a second stack of the same environment and account beside it."""
    first = variant("dev", dict.copy)
    project = first.workspace.project
    stack_file = yaml.safe_load((project / "Pulumi.dev.yaml").read_text())
    stack_file["config"]["web-store:dns"] |= {
        "domain_name": "blue.dev.store.example.com",
        "zone": {"kind": "create", "name": "blue.dev.store.example.com"},
    }
    stack_file["config"]["web-store:identity"]["email"]["from_address"] = "no-reply@blue.dev.store.example.com"
    # An account has one repository of a name, and one contact list.
    stack_file["config"].setdefault("web-store:images", {})["repositories"] = "given"
    stack_file["config"]["web-store:app_tier"]["contact_list"] = "given"
    (project / "Pulumi.dev-blue.yaml").write_text(yaml.safe_dump(stack_file, sort_keys=False))
    second = Stack(first.workspace, "dev-blue")
    second.workspace.prepare("dev-blue")
    return first, second


def test_two_stacks_of_one_environment_live_side_by_side(twin: tuple[Stack, Stack]) -> None:
    for stack in twin:
        done = stack.run("up", "--yes", "--skip-preview", policies=False)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    blue, green = ({e.get("outputs", {}).get("arn") for e in stack.resources} - {None} for stack in twin)
    services_of_aws = {arn for arn in blue & green if ":aws:policy/" not in arn}
    assert services_of_aws == set(), "nothing belongs to both"
    gone = twin[0].destroy()
    assert gone.returncode == 0, gone.stdout[-5000:] + gone.stderr
    assert of_type(twin[1].resources, "aws:ecs/service:Service")
