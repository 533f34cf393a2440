"""The DNS firewall: which names are answered, what is told, what protects it."""

import json
from typing import Any

import pytest

from components.blocks.dns_firewall import DnsFirewall, DnsFirewallArgs
from tests.foundation import inside, key_arn
from tests.mocks import Recorder, record

RULE, LIST = "route53/resolverFirewallRule:ResolverFirewallRule", ":ResolverFirewallDomainList"
ASSOCIATION = ":ResolverFirewallRuleGroupAssociation"


def firewall(**changes: Any) -> Recorder:
    args: dict[str, Any] = {
        "vpc_id": "vpc-1",
        "domains": ["b.example.com", "*.amazonaws.com"],
        "mode": "block",
        "fail_open": False,
        "log_days": 365,
        "protected": True,
    }
    return record(lambda: DnsFirewall("names", DnsFirewallArgs(**{**args, **changes}), inside()))


@pytest.fixture(scope="module")
def made() -> Recorder:
    return firewall()


def test_listed_names_are_answered_and_no_others(made: Recorder) -> None:
    lists = {found.name: found.inputs["domains"] for found in made.of(LIST)}
    assert lists == {"names-allowed": ["*.amazonaws.com", "b.example.com"], "names-rest": ["*"]}
    allowed, rest = (made.inputs(RULE, f"names-{label}") for label in ("allowed", "rest"))
    assert (allowed["action"], rest["action"], rest["blockResponse"]) == ("ALLOW", "BLOCK", "NXDOMAIN")
    assert allowed["priority"] < rest["priority"], "the first rule that matches decides"
    assert len({allowed["firewallDomainListId"], rest["firewallDomainListId"]}) == 2
    assert allowed["firewallDomainRedirectionAction"] == "TRUST_REDIRECTION_DOMAIN"
    assert made.inputs(ASSOCIATION)["vpcId"] == "vpc-1"


def test_in_the_mode_alert_other_names_are_answered_and_told() -> None:
    rest = firewall(mode="alert").inputs(RULE, "names-rest")
    assert rest["action"] == "ALERT"
    assert "blockResponse" not in rest


@pytest.mark.parametrize("on", [True, False])
def test_it_is_protected_and_fails_closed_unless_told_otherwise(on: bool) -> None:
    recorder = firewall(protected=on, fail_open=not on)
    assert recorder.inputs(ASSOCIATION)["mutationProtection"] == ("ENABLED" if on else "DISABLED")
    config = recorder.inputs(":ResolverFirewallConfig")
    assert (config["resourceId"], config["firewallFailOpen"]) == ("vpc-1", "DISABLED" if on else "ENABLED")


def test_every_query_is_logged_under_a_key_and_refused_ones_go_off(made: Recorder) -> None:
    group = made.inputs(":LogGroup")
    assert (group["kmsKeyId"], group["retentionInDays"]) == (key_arn("logs"), 365)
    assert made.inputs(":ResolverQueryLogConfigAssociation")["resourceId"] == "vpc-1"
    (delivery,) = json.loads(made.inputs(":LogResourcePolicy")["policyDocument"])["Statement"]
    assert delivery["Resource"].endswith(f":log-group:{group['name']}:log-stream:*")
    alarm = made.inputs(":MetricAlarm", "names-others")
    assert (alarm["metricName"], alarm["threshold"]) == ("FirewallRuleQueryVolume", 0)
    rest = made.inputs(RULE, "names-rest")
    assert alarm["dimensions"] == {
        "FirewallRuleGroupId": rest["firewallRuleGroupId"],
        "FirewallDomainListId": rest["firewallDomainListId"],
    }
