"""As many services as AWS takes, and one more."""

from collections.abc import Callable
from typing import Any

from tests.program.conftest import Stack
from tests.program_under_mocks import Config, store

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
        config["web-store:fraud"]["reviewers"] = []
        # A group reaches sixty, and the stack's own are among them: carts, orders and the payment provider.
        for name in ("catalogue", "customers", "inventory", "payments"):
            config["web-store:app_tier"]["services"][name]["routes"] = []
        routes = [
            one for service in config["web-store:app_tier"]["services"].values() for one in service.get("routes", [])
        ]
        scopes = sorted({one["auth"] for one in routes} - {"public", "iam"})
        config["web-store:identity"]["web"]["scopes"] = []
        for party in config["web-store:third_parties"]["parties"].values():
            party["machine"] = None
        # A client asks for fifty.
        config["web-store:identity"]["machines"] = {
            f"client-{begin}": {"scopes": scopes[begin : begin + 50]} for begin in range(0, len(scopes), 50)
        }

    return change


def test_sixty_services_are_previewed_as_six_are(variant: Variant) -> None:
    stack = variant("dev", with_services(57))
    done = stack.run("preview", policies=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


def test_no_two_resources_of_many_services_have_one_name() -> None:
    recorder = store("dev", with_services(57))
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
    done = variant("dev", with_services(58)).run("preview", policies=False)
    assert done.returncode != 0
    assert "61 Fargate services with routes" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
