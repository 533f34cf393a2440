"""Many services, and several stacks of one environment side by side."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.program.conftest import Stack, of_type
from tests.whole import Config, store

Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]
IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/any:1.0.0"


def services(count: int) -> dict[str, Any]:
    """Services that do all that a service can, each calling the next."""
    names = [f"service-{number}" for number in range(count)]
    return {
        name: {
            "runtime": {"kind": "fargate", "image": IMAGE, "size": {"cpu": 256, "memory_mib": 1024}},
            "scopes": {"write": "See and change"},  # a user pool has a hundred scopes
            "tables": {"products": "read", "orders": "write", "carts": "write"},
            "cache": True,
            "files": "read",
            "consumes": ["order.placed"],
            "calls": names[position + 1 : position + 2],
            "routes": [
                {"path": "/", "auth": f"{name}.write"},
                {"path": "/{thing_id}", "methods": ["PUT"], "auth": f"{name}.write", "body": "CartItem"},
            ],
        }
        for position, name in enumerate(names)
    }


def with_services(count: int) -> Callable[[Config], None]:
    """The development stack with so many services beside its own."""

    def change(config: Config) -> None:
        config["web-store:app_tier"]["services"] |= services(count)
        # A group reaches sixty, and the stack's own are among them.
        for name in ("catalogue", "customers", "inventory", "payments"):
            config["web-store:app_tier"]["services"][name]["routes"] = []
        config["web-store:identity"]["web"]["scopes"] = []
        config["web-store:identity"]["machines"] = {}

    return change


def test_sixty_services_are_previewed_as_six_are(variant: Variant) -> None:
    stack = variant("dev", with_services(58))
    done = stack.run("preview", policies=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


def test_no_two_resources_of_many_services_have_one_name() -> None:
    recorder = store("dev", with_services(58))
    names = [(resource.type, resource.name, resource.parent) for resource in recorder.resources]
    assert len(names) == len(set(names))
    groups = {rule.inputs["securityGroupId"] for rule in recorder.of(":SecurityGroupIngressRule")}
    for group in groups:
        for kind in (":SecurityGroupIngressRule", ":SecurityGroupEgressRule"):
            rules = [rule for rule in recorder.of(kind) if rule.inputs["securityGroupId"] == group]
            assert len(rules) <= 60, f"AWS takes 60 rules a direction, {group} has {len(rules)}"
    priorities = [rule.inputs["priority"] for rule in recorder.of("lb/listenerRule:ListenerRule")]
    assert len(recorder.of("lb/targetGroup:TargetGroup")) <= 100
    assert len(priorities) <= 100


def test_one_service_more_than_aws_takes_is_refused_in_words(variant: Variant) -> None:
    done = variant("dev", with_services(59)).run("preview", policies=False)
    assert done.returncode != 0
    assert "61 Fargate services with routes" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


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
