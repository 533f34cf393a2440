"""The network box: what it asks of awsx, and what it adds."""

import json
from ipaddress import IPv4Address
from typing import Any

import pulumi
import pytest

from components.network import Network, _no_public_addresses
from settings.network import (
    AddressEgress,
    ClosedEgress,
    FirewallEgress,
    NetworkNeeds,
    NetworkSettings,
    OpenEgress,
    PaymentEgress,
)
from tests.foundation import TOPIC, foundation, key_arn, security_group
from tests.mocks import Recorder, record

KEY, PAYMENT_KEY = key_arn("logs"), key_arn("payment")
LISTED = FirewallEgress(engine="network_firewall", domains=("api.payments.example.com",))
OPEN = OpenEgress(engine="open")
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def network(**settings) -> Recorder:
    return record(lambda: _network(**settings))


def _network(*, endpoints: tuple[str, ...] = (), payment_hosts: tuple[str, ...] = (), **settings) -> Network:
    return Network(
        "network",
        settings=NetworkSettings(**{"cidr_block": "10.20.0.0/16", "zones": ZONES, **settings}),
        foundation=foundation(),
        needs=NetworkNeeds(endpoints=endpoints, payment_hosts=payment_hosts),
    )


@pytest.mark.parametrize(("nat", "gateways"), [("none", 0), ("single", 1), ("one_per_az", 3)])
def test_other_hosts_see_the_addresses_of_the_nat_gateways(nat: str, gateways: int) -> None:
    seen: list[Any] = []

    def build() -> None:
        pulumi.Output.all(*_network(nat=nat).nat_addresses).apply(seen.extend)

    record(build)
    assert len(set(map(IPv4Address, seen))) == len(seen) == gateways


def test_the_vpc_is_asked_for_in_full_so_that_no_default_of_awsx_decides() -> None:
    vpc = network().inputs("awsx:ec2:Vpc")
    assert vpc["availabilityZoneNames"] == list(ZONES)
    assert vpc["subnetStrategy"] == "Auto"
    assert vpc["natGateways"] == {"strategy": "OnePerAz"}
    assert vpc["enableDnsHostnames"] is True
    assert vpc["enableDnsSupport"] is True
    assert vpc["vpcEndpointSpecs"] == []
    assert {spec["name"]: spec["type"] for spec in vpc["subnetSpecs"]} == {
        "public": "Public",
        "app": "Private",
        "data": "Isolated",
        "payment": "Isolated",
    }


def test_each_layer_gets_the_planned_block_in_each_zone() -> None:
    specs = {spec["name"]: spec["cidrBlocks"] for spec in network().inputs("awsx:ec2:Vpc")["subnetSpecs"]}
    assert specs == {
        "app": ["10.20.0.0/20", "10.20.64.0/20", "10.20.128.0/20"],
        "public": ["10.20.16.0/24", "10.20.80.0/24", "10.20.144.0/24"],
        "data": ["10.20.17.0/24", "10.20.81.0/24", "10.20.145.0/24"],
        "payment": ["10.20.18.0/24", "10.20.82.0/24", "10.20.146.0/24"],
    }


def test_each_subnet_tells_its_layer_by_a_tag() -> None:
    specs = network(payment_egress=LISTED).inputs("awsx:ec2:Vpc")["subnetSpecs"]
    assert all(spec["tags"] == {"tier": spec["name"]} for spec in specs)


def test_a_firewall_brings_small_subnets_of_its_own_and_moves_no_other() -> None:
    without = {spec["name"]: spec["cidrBlocks"] for spec in network().inputs("awsx:ec2:Vpc")["subnetSpecs"]}
    specs = network(payment_egress=LISTED).inputs("awsx:ec2:Vpc")["subnetSpecs"]
    assert {spec["name"]: spec["cidrBlocks"] for spec in specs} == {
        **without,
        "firewall": ["10.20.19.0/28", "10.20.83.0/28", "10.20.147.0/28"],
    }
    assert {spec["type"] for spec in specs if spec["name"] == "firewall"} == {"Isolated"}


def test_the_subnets_of_each_isolated_layer_are_told_apart() -> None:
    found: dict[str, list[str]] = {}

    def program() -> None:
        box = _network(payment_egress=LISTED)
        pulumi.Output.all(*box.data_subnet_ids).apply(lambda ids: found.update(data=ids))
        pulumi.Output.all(*box.payment_subnet_ids).apply(lambda ids: found.update(payment=ids))

    record(program)
    expected = {layer: [f"subnet-network-{layer}-{number}" for number in (1, 2, 3)] for layer in ("data", "payment")}
    assert found == expected


def firewall_endpoints(recorder: Recorder) -> list[str]:
    """Ids in the order of the zones."""
    (status,) = recorder.one("networkfirewall/firewall:Firewall").outputs["firewallStatuses"]
    return [state["attachments"][0]["endpointId"] for state in status["syncStates"]]


def routes(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {route.name.removeprefix("network-"): route.inputs for route in recorder.of("ec2/route:Route")}


def test_payments_go_through_the_firewall_of_their_zone_to_its_nat_gateway_and_back_the_same_way() -> None:
    recorder = network(payment_egress=LISTED)
    made, endpoints = routes(recorder), firewall_endpoints(recorder)
    assert made.keys() == {
        f"{label}-{zone}" for label in ("payment-out", "firewall-out", "payment-back") for zone in "abc"
    }
    assert made["payment-out-b"] == {
        "routeTableId": "rtb-network-payment-2",
        "destinationCidrBlock": "0.0.0.0/0",
        "vpcEndpointId": endpoints[1],
    }
    assert made["firewall-out-b"] == {
        "routeTableId": "rtb-network-firewall-2",
        "destinationCidrBlock": "0.0.0.0/0",
        "natGatewayId": "nat-network-2",
    }
    assert made["payment-back-b"] == {
        "routeTableId": "rtb-network-public-2",
        "destinationCidrBlock": "10.20.82.0/24",
        "vpcEndpointId": endpoints[1],
    }, "AWS takes a route within the VPC for the whole block of a subnet only"


def test_the_firewall_lets_payments_reach_the_hosts_that_follow_from_what_they_do() -> None:
    keys = "cognito-idp.eu-west-1.amazonaws.com"
    recorder = network(payment_egress=LISTED, payment_hosts=(keys,))
    listed = recorder.inputs("networkfirewall/ruleGroup:RuleGroup")["ruleGroup"]["rulesSource"]["rulesSourceList"]
    assert listed["targets"] == ["api.payments.example.com", keys]


def test_with_one_nat_gateway_answers_still_come_back_by_the_endpoint_that_saw_the_request() -> None:
    recorder = network(payment_egress=LISTED, nat="single")
    made, endpoints = routes(recorder), firewall_endpoints(recorder)
    assert made["payment-out-c"]["vpcEndpointId"] == endpoints[2]
    assert made["firewall-out-c"]["natGatewayId"] == "nat-network-1"
    back = made["payment-back-c"]
    assert (back["routeTableId"], back["destinationCidrBlock"]) == ("rtb-network-public-1", "10.20.146.0/24")
    assert back["vpcEndpointId"] == endpoints[2]


@pytest.mark.parametrize("egress", [AddressEgress(engine="addresses", cidr_blocks=("203.0.113.0/24",)), OPEN])
def test_without_a_firewall_payments_go_to_nat(egress: PaymentEgress) -> None:
    recorder = network(payment_egress=egress)
    made = routes(recorder)
    assert {name: route["natGatewayId"] for name, route in made.items()} == {
        f"payment-out-{letter}": f"nat-network-{number}" for number, letter in enumerate("abc", 1)
    }
    assert not recorder.of("networkfirewall/firewall:Firewall")


def test_payments_go_nowhere_unless_settings_say() -> None:
    recorder = network()
    assert not routes(recorder)
    assert not recorder.of("networkfirewall/firewall:Firewall")


def test_the_firewall_lies_in_its_subnets_under_the_key_of_payments() -> None:
    inputs = network(payment_egress=LISTED).inputs("networkfirewall/firewall:Firewall")
    subnets = [mapping["subnetId"] for mapping in inputs["subnetMappings"]]
    assert subnets == [f"subnet-network-firewall-{number}" for number in (1, 2, 3)]
    assert inputs["encryptionConfiguration"]["keyId"] == PAYMENT_KEY


@pytest.mark.parametrize(
    ("egress", "reached"),
    [
        (ClosedEgress(engine="closed"), []),
        (OPEN, ["0.0.0.0/0"]),
        (LISTED, ["0.0.0.0/0"]),
        (
            FirewallEgress(engine="network_firewall", domains=("a.example.com",), cidr_blocks=("203.0.113.9/32",)),
            ["203.0.113.9/32"],
        ),
        (
            AddressEgress(engine="addresses", cidr_blocks=("203.0.113.0/24", "198.51.100.7/32")),
            ["203.0.113.0/24", "198.51.100.7/32"],
        ),
    ],
)
def test_a_payment_services_group_opens_https_to_what_settings_list(egress: PaymentEgress, reached: list[str]) -> None:
    def program() -> None:
        box = _network(payment_egress=egress)
        box.allow_payment_egress(security_group("payments"))

    recorder = record(program)
    rules = [rule.inputs for rule in recorder.of(":SecurityGroupEgressRule")]
    assert sorted(rule["cidrIpv4"] for rule in rules) == sorted(reached)
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} <= {(443, 443)}
    assert not recorder.of(":SecurityGroupIngressRule")


@pytest.mark.parametrize(("nat", "strategy", "watched"), [("single", "Single", "a"), ("none", "None", "")])
def test_nat_follows_the_settings_and_each_gateway_has_an_alarm(nat: str, strategy: str, watched: str) -> None:
    recorder = network(nat=nat)
    assert recorder.inputs("awsx:ec2:Vpc")["natGateways"] == {"strategy": strategy}
    assert recorder.names(":MetricAlarm") == {f"network-nat-ports-{letter}" for letter in watched}


def test_a_nat_alarm_watches_the_gateway_of_its_zone_and_tells_the_topic() -> None:
    alarm = network().inputs(":MetricAlarm", "network-nat-ports-b")
    assert alarm["dimensions"] == {"NatGatewayId": "nat-network-2"}
    assert alarm["alarmActions"] == [TOPIC]


def test_public_subnets_hand_out_no_public_addresses() -> None:
    asked = pulumi.ResourceTransformArgs(
        custom=True,
        type_="aws:ec2/subnet:Subnet",
        name="network-public-1",
        props={"mapPublicIpOnLaunch": True, "cidrBlock": "10.20.16.0/24"},
        opts=pulumi.ResourceOptions(),
    )
    changed = _no_public_addresses(asked)
    assert changed is not None
    assert changed.props == {"mapPublicIpOnLaunch": False, "cidrBlock": "10.20.16.0/24"}


def test_the_default_security_group_has_no_rules() -> None:
    group = network().inputs(":DefaultSecurityGroup")
    assert not group.get("ingress")
    assert not group.get("egress")


@pytest.mark.parametrize("service", ["s3", "dynamodb"])
def test_gateway_endpoints_serve_every_subnet_for_principals_of_the_account(service: str) -> None:
    endpoint = network().inputs(":VpcEndpoint", f"network-{service}")
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert endpoint["serviceName"] == f"com.amazonaws.eu-west-1.{service}"
    assert len(endpoint["routeTableIds"]) == 12
    own, *exceptions = json.loads(endpoint["policy"])["Statement"]
    assert own["Action"] == f"{service}:*"
    assert own["Condition"] == {
        "StringEquals": {"aws:PrincipalAccount": "111111111111", "aws:ResourceAccount": "111111111111"}
    }, "neither foreign credentials nor foreign buckets and tables"
    # Container images come from a bucket of ECR's, by links that another account signed.
    assert [statement["Resource"] for statement in exceptions] == (
        ["arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"] if service == "s3" else []
    )


def test_interface_endpoints_lie_in_every_zone_behind_a_closed_group() -> None:
    recorder = network(endpoints=("ecr.api", "logs"))
    endpoint = recorder.inputs(":VpcEndpoint", "network-ecr-api")
    assert endpoint["subnetIds"] == [f"subnet-network-app-{number}" for number in (1, 2, 3)]
    assert endpoint["securityGroupIds"] == ["sg-network-endpoints"]
    assert endpoint["privateDnsEnabled"] is True
    (own,) = json.loads(endpoint["policy"])["Statement"]
    assert own["Action"] == "ecr:*"
    assert own["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}
    assert not recorder.of(":SecurityGroupIngressRule"), "closed until a service is admitted"
    assert not recorder.of(":SecurityGroupEgressRule")


@pytest.mark.parametrize(("service", "action"), [("sts", "sts:AssumeRole"), ("lambda", "lambda:InvokeFunction")])
def test_lambda_reads_kafka_as_itself_through_the_endpoints_that_it_needs(service: str, action: str) -> None:
    endpoint = network(endpoints=(service,)).inputs(":VpcEndpoint", f"network-{service}")
    own, polls = json.loads(endpoint["policy"])["Statement"]
    assert own["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}
    assert (polls["Principal"], polls["Action"]) == ({"Service": "lambda.amazonaws.com"}, action)


def test_no_interface_endpoint_is_made_that_settings_do_not_name() -> None:
    assert network(endpoints=()).names(":VpcEndpoint") == {"network-s3", "network-dynamodb"}


def admitting(endpoints: tuple[str, ...]) -> Recorder:
    return record(
        lambda: _network(endpoints=endpoints).admit_to_endpoints(security_group("web"), purpose="AWS services")
    )


def test_a_service_is_admitted_to_the_endpoints_by_its_group() -> None:
    recorder = admitting(("logs",))
    rule = recorder.inputs(":SecurityGroupIngressRule")
    assert (rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) == ("sg-web", 443, 443)
    assert "cidrIpv4" not in rule
    assert recorder.inputs(":SecurityGroupEgressRule")["referencedSecurityGroupId"] == "sg-network-endpoints"


def test_without_endpoints_no_rule_leads_to_their_group() -> None:
    recorder = admitting(())
    assert not recorder.of(":SecurityGroupIngressRule")
    assert not recorder.of(":SecurityGroupEgressRule")


def test_flow_logs_of_all_traffic_go_to_an_encrypted_group_that_expires() -> None:
    recorder = network()
    assert recorder.inputs(":FlowLog")["trafficType"] == "ALL"
    group = recorder.inputs(":LogGroup")
    assert group["kmsKeyId"] == KEY
    assert group["retentionInDays"] == 365


def test_the_flow_log_role_serves_this_accounts_flow_logs_and_writes_to_its_group_only() -> None:
    recorder = network()
    (trust,) = json.loads(recorder.inputs(":Role")["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}
    statements = recorder.one(":RolePolicy").statements()
    assert all("network-flow-logs" in resource for resource in statements["WriteToTheGroup"]["Resource"])
