"""Interface endpoints: those that are used, told one by one where the stack file lists others."""

from typing import Any

import pytest

from settings.loader import parse
from settings.problems import Problem, SettingsError
from tests.stack_files import Config, stack_file
from tests.unit.settings.edits import put
from tests.unit.settings.test_broken_stack_files import handed_over

ALWAYS = {"ecr.api", "ecr.dkr", "logs"}
SERVICES = "app_tier.services"


def changed(stack: str, **changes: Any) -> Config:
    """
    Args:
        changes: Dotted path, with `__` for a dot, to the value.
    """
    config = stack_file(stack)
    for path, value in changes.items():
        put(path.replace("__", "."), value)(config)
    return config


def used(stack: str, **changes: Any) -> set[str]:
    config = changed(stack, network__interface_endpoints=None, **changes)
    return set(parse(handed_over(config), stack=stack).interface_endpoints)


def problems(config: Config, stack: str = "prod") -> list[Problem]:
    try:
        parse(handed_over(config), stack=stack)
    except SettingsError as error:
        return list(error.problems)
    return []


def test_production_has_what_its_services_use() -> None:
    assert used("prod") == {*ALWAYS, "kms", "runtime-v2-lex", "secretsmanager", "sqs", "xray"}


def test_what_is_switched_off_needs_no_endpoint() -> None:
    assert used("prod") - used("prod", tracing__enabled=False) == {"xray"}
    assert used("prod") - used("prod", fraud__engine={"kind": "off"}) == {"kms"}
    assert used("prod") - used("prod", chat__engine={"kind": "off"}) == {"runtime-v2-lex"}


def test_the_web_tier_needs_the_way_to_the_secret_that_is_its_key_of_the_api() -> None:
    listed = {"app_tier__discovery": {"tls": False}, "network__interface_endpoints": ["ecr.api", "ecr.dkr", "logs"]}
    (found,) = (p for p in problems(changed("prod", **listed)) if p.dotted == "web-store:network.interface_endpoints")
    assert "secretsmanager" in found.rule
    assert "web_tier.service" in found.rule


@pytest.mark.parametrize(
    ("change", "endpoints"),
    [
        ({"web_tier__service__execute_command": True}, {"ssmmessages"}),
        ({"fraud__engine.model": {"endpoint_name": "risk"}}, {"sagemaker.runtime"}),
        ({f"{SERVICES}.carts.runtime.secrets": {"A": "arn:aws:ssm:eu-west-1:111111111111:parameter/a"}}, {"ssm"}),
        ({f"{SERVICES}.orders.emits": {"order.placed": "direct"}}, {"events"}),
    ],
)
def test_a_use_brings_its_endpoint(change: dict[str, Any], endpoints: set[str]) -> None:
    assert used("dev", **change) - used("dev") == endpoints


def test_polling_on_demand_needs_endpoints_of_what_lambda_calls() -> None:
    listed = {"network__interface_endpoints": ["ecr.api", "ecr.dkr", "logs", "sts"]}
    on_demand = changed("prod", **listed, feeds__engine__pollers=None)
    (found,) = (p for p in problems(on_demand) if p.dotted == "web-store:network.interface_endpoints")
    assert "lambda, " in found.rule
    assert "feeds.engine" in found.rule
    assert "have no way out" in found.rule
    assert "leave out" not in found.rule


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_an_endpoint_that_nothing_uses_is_refused(stack: str) -> None:
    right = sorted(used(stack))
    (found,) = problems(changed(stack, network__interface_endpoints=[*right, "sns", "sts"]), stack)
    assert "must leave out sns, sts: nothing in the VPC uses them, and each is billed by zone and hour" in found.rule
    assert [value for _, value in found.edits] == [right]
    assert "leave the setting out" in found.fix


def test_a_queue_is_not_reached_through_nat_in_production() -> None:
    right = sorted(used("prod"))
    (found,) = problems(changed("prod", network__interface_endpoints=[name for name in right if name != "sqs"]))
    assert "must have sqs, by which carts, catalogue, customers, inventory, orders, payments reach AWS" in found.rule
    assert "profile `prod` must reach AWS by endpoints, not over the internet" in found.rule
    assert sorted(found.edits[0][1]) == right
