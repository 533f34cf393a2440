"""What a profile demands is told by the settings, before the policies judge a preview."""

import json

import pytest

from settings.loader import parse
from settings.problems import Problem, SettingsError
from settings.relations.retention import LEAST_DAYS
from tests.stack_files import PROJECT, Config, stack_file
from tests.unit.settings.edits import put
from tests.unit.settings.test_broken_stack_files import handed_over


def copied(base: str, profile: str) -> Config:
    """The stack file of `base` as somebody copies it for a stack `staging`."""
    config = stack_file(base)
    config["web-store:environment"] |= {"name": "staging", "profile": profile}
    return config


def problems(config: Config) -> list[Problem]:
    try:
        parse(handed_over(config), stack="staging")
    except SettingsError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("profile", LEAST_DAYS)
def test_settings_demand_what_the_policies_of_the_profile_do(profile: str) -> None:
    rules = json.loads((PROJECT / "policies" / "config" / f"{profile}.json").read_text())
    assert rules["cloudwatch-log-group-retention"]["days"] == LEAST_DAYS[profile]
    if profile != "dev":
        services = set(rules["ec2-vpc-gateway-endpoints"]["services"])
        used = set(parse(handed_over(stack_file("prod")), stack="prod").interface_endpoints)
        assert services <= used | {"s3", "dynamodb"}, "the settings refuse an endpoint that nothing uses"
        assert rules["ec2-vpc-tier-zones"]["zones"] == 3


def test_a_copied_development_file_is_told_each_setting_with_the_value_to_write() -> None:
    found = {problem.dotted.removeprefix("web-store:"): problem for problem in problems(copied("dev", "staging"))}
    assert found.keys() >= {
        "environment.protect",
        "network.zones",
        "network.flow_logs.retention_days",
        "network.interface_endpoints",
        "identity.threat_protection",
        "web_tier.service.log_days",
        "app_tier.services.orders.runtime.log_days",
        "app_tier.services.sign-up.runtime.log_days",
        "data.cache.log_days",
        "dns.zone.query_log_days",
    }
    assert all("`staging`" in problem.rule for problem in found.values())
    assert all("30" in problem.fix for path, problem in found.items() if path.endswith("_days"))


def test_the_project_s_own_staging_and_the_same_file_of_profile_dev_are_accepted() -> None:
    assert problems(copied("staging", "staging")) == []
    assert problems(copied("dev", "dev")) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("identity.mfa", "none"),
        ("identity.web_acl", None),
        ("identity.web_acl.mode", "count"),
        ("edge.web_acl.common", {"mode": "count"}),
        ("environment.protect", False),
        ("network.zones", ["eu-west-1a", "eu-west-1b"]),
        ("network.interface_endpoints", ["ecr.api"]),
        ("network.payment_egress.log_days", 14),
        ("api.log_days", 14),
        ("app_tier.services.carts.runtime.log_days", 7),
    ],
)
def test_staging_is_held_to_it(path: str, value: object) -> None:
    config = copied("staging", "staging")
    put(path, value)(config)
    assert [problem for problem in problems(config) if "`staging` must" in problem.rule]
    config["web-store:environment"]["profile"] = "dev"
    assert [problem for problem in problems(config) if "profile `" in problem.rule] == []
