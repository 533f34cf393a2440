"""The firewall on the way out: what passes, what is told, what protects it."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.blocks.egress_firewall import EgressFirewall, EgressFirewallArgs, endpoint_in
from tests.foundation import inside, key_arn
from tests.mocks import Recorder, record

ZONES = ("eu-west-1a", "eu-west-1b")
FIREWALL, POLICY = "networkfirewall/firewall:Firewall", "networkfirewall/firewallPolicy:FirewallPolicy"
RULES, LOGGING = "networkfirewall/ruleGroup:RuleGroup", "networkfirewall/loggingConfiguration:LoggingConfiguration"


def _firewall(*, protect: bool = True, **changes: Any) -> EgressFirewall:
    args: dict[str, Any] = {
        "vpc_id": "vpc-1",
        "subnet_ids": {
            zone: aws.ec2.Subnet(zone, vpc_id="vpc-1", availability_zone=zone, cidr_block=f"10.0.{number}.0/24").id
            for number, zone in enumerate(ZONES)
        },
        "domains": ("tokens.example.com", ".payments.example.com"),
        "key_arn": key_arn("payment"),
        "log_days": 365,
    }
    return EgressFirewall("out", EgressFirewallArgs(**{**args, **changes}), inside(protect=protect))


def firewall(**changes: Any) -> Recorder:
    return record(lambda: _firewall(**changes))


@pytest.fixture(scope="module")
def made() -> Recorder:
    return firewall()


def test_names_of_listed_domains_pass_over_tls_and_nothing_in_clear(made: Recorder) -> None:
    rules = made.inputs(RULES)
    assert rules["type"] == "STATEFUL"
    assert rules["ruleGroup"]["rulesSource"]["rulesSourceList"] == {
        "generatedRulesType": "ALLOWLIST",
        "targetTypes": ["TLS_SNI"],
        "targets": [".payments.example.com", "tokens.example.com"],
    }


def test_the_longest_list_of_domains_fits_into_the_capacity_that_is_fixed(made: Recorder) -> None:
    longest = 50
    assert made.inputs(RULES)["capacity"] >= longest + 10, "AWS adds a few rules of its own"


def test_what_no_rule_lets_pass_is_dropped_and_told(made: Recorder) -> None:
    policy = made.inputs(POLICY)["firewallPolicy"]
    assert policy["statelessDefaultActions"] == ["aws:forward_to_sfe"], "every packet is inspected with its connection"
    assert policy["statelessFragmentDefaultActions"] == ["aws:drop"]
    assert policy["statefulDefaultActions"] == [
        "aws:drop_established_app_layer_to_server",
        "aws:alert_established_app_layer_to_server",
    ]
    orders = [policy["statefulEngineOptions"], made.inputs(RULES)["ruleGroup"]["statefulRuleOptions"]]
    assert {options["ruleOrder"] for options in orders} == {"STRICT_ORDER"}, "AWS refuses a mix"


def test_rules_policy_and_firewall_are_under_the_customer_key(made: Recorder) -> None:
    for type_ in (RULES, POLICY, FIREWALL):
        assert made.inputs(type_)["encryptionConfiguration"] == {"type": "CUSTOMER_KMS", "keyId": key_arn("payment")}


@pytest.mark.parametrize("protect", [True, False])
def test_deletion_is_refused_as_the_environment_says_and_a_further_zone_never(protect: bool) -> None:
    inputs = firewall(protect=protect).inputs(FIREWALL)
    assert inputs["deleteProtection"] is protect
    assert inputs["firewallPolicyChangeProtection"] is protect


@pytest.mark.parametrize("delete_protection", [True, False])
def test_the_firewall_can_go_before_the_rest_of_a_protected_store(delete_protection: bool) -> None:
    inputs = firewall(delete_protection=delete_protection).inputs(FIREWALL)
    assert inputs["deleteProtection"] is delete_protection
    assert inputs["firewallPolicyChangeProtection"] is True
    assert inputs["subnetChangeProtection"] is False


def test_there_is_an_endpoint_in_each_zone() -> None:
    found: dict[str, str] = {}

    def program() -> None:
        for zone, endpoint_id in _firewall().endpoint_ids.items():
            endpoint_id.apply(lambda known, zone=zone: found.update({zone: known}))

    made = record(program).one(FIREWALL)
    subnets = [mapping["subnetId"] for mapping in made.inputs["subnetMappings"]]
    assert subnets == ["subnet-eu-west-1a", "subnet-eu-west-1b"]
    states = made.outputs["firewallStatuses"][0]["syncStates"]
    assert found == {state["availabilityZone"]: state["attachments"][0]["endpointId"] for state in states}
    assert found.keys() == set(ZONES)


def test_alerts_and_flows_go_to_encrypted_groups_that_expire(made: Recorder) -> None:
    groups = {group.inputs["name"]: group.inputs for group in made.of("logGroup:LogGroup")}
    destinations = made.inputs(LOGGING)["loggingConfiguration"]["logDestinationConfigs"]
    assert {destination["logType"] for destination in destinations} == {"ALERT", "FLOW"}
    assert {destination["logDestination"]["logGroup"] for destination in destinations} == groups.keys()
    assert {(group["kmsKeyId"], group["retentionInDays"]) for group in groups.values()} == {(key_arn("logs"), 365)}


def test_only_log_delivery_for_this_account_writes_to_these_groups(made: Recorder) -> None:
    statement = made.one(":LogResourcePolicy").statements("policyDocument")["AWSLogDeliveryWrite"]
    assert statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:logs:eu-west-1:111111111111:*"},
    }
    names = {group.inputs["name"] for group in made.of("logGroup:LogGroup")}
    assert {resource.split(":")[6] for resource in statement["Resource"]} == names


def test_drops_in_a_zone_raise_an_alarm(made: Recorder) -> None:
    assert made.names(":MetricAlarm") == {"out-drops-a", "out-drops-b"}
    alarm = made.inputs(":MetricAlarm", "out-drops-b")
    assert alarm["dimensions"] == {"FirewallName": "out", "AvailabilityZone": "eu-west-1b", "Engine": "Stateful"}
    assert alarm["treatMissingData"] == "notBreaching"


def test_a_firewall_without_an_endpoint_in_a_zone_is_told() -> None:
    assert endpoint_in("eu-west-1a", {"eu-west-1a": "vpce-1"}) == "vpce-1"
    with pytest.raises(pulumi.RunError, match=r"an endpoint in eu-west-1c, and has them in \['eu-west-1a'\] only"):
        endpoint_in("eu-west-1c", {"eu-west-1a": "vpce-1"})
