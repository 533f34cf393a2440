"""The network box: what it asks of awsx, and what it adds."""

import json

import pulumi
import pytest

from components.blocks.security_group import SecurityGroup
from components.network import Network, _no_public_addresses
from settings.environment import EnvironmentSettings
from settings.network import NetworkSettings
from tests.mocks import Recorder, record

KEY = "arn:aws:kms:eu-west-1:111111111111:key/logs"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:alarms"
ENVIRONMENT = EnvironmentSettings(
    name="test", profile="dev", account_id="111111111111", region="eu-west-1", owner="team", cost_center="cc-1"
)
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def network(**settings) -> Recorder:
    return record(lambda: _network(**settings))


def _network(**settings) -> Network:
    return Network(
        "network",
        settings=NetworkSettings(**{"cidr_block": "10.20.0.0/16", "zones": ZONES, **settings}),
        environment=ENVIRONMENT,
        logs_key_arn=KEY,
        alarm_topic_arn=TOPIC,
    )


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
    }


def test_each_layer_gets_the_planned_block_in_each_zone() -> None:
    specs = {spec["name"]: spec["cidrBlocks"] for spec in network().inputs("awsx:ec2:Vpc")["subnetSpecs"]}
    assert specs == {
        "app": ["10.20.0.0/20", "10.20.64.0/20", "10.20.128.0/20"],
        "public": ["10.20.16.0/24", "10.20.80.0/24", "10.20.144.0/24"],
        "data": ["10.20.17.0/24", "10.20.81.0/24", "10.20.145.0/24"],
    }


@pytest.mark.parametrize(("nat", "strategy", "watched"), [("single", "Single", "a"), ("none", "None", "")])
def test_nat_follows_the_settings_and_each_gateway_has_an_alarm(nat: str, strategy: str, watched: str) -> None:
    recorder = network(nat=nat)
    assert recorder.inputs("awsx:ec2:Vpc")["natGateways"] == {"strategy": strategy}
    assert recorder.names(":MetricAlarm") == {f"network-nat-ports-{letter}" for letter in watched}


def test_a_nat_alarm_watches_the_gateway_of_its_zone_and_tells_the_topic() -> None:
    alarm = network().inputs(":MetricAlarm", "network-nat-ports-b")
    assert alarm["dimensions"] == {"NatGatewayId": "nat-eu-west-1b"}
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
    assert len(endpoint["routeTableIds"]) == 9
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
    recorder = network(interface_endpoints=("ecr.api", "logs"))
    endpoint = recorder.inputs(":VpcEndpoint", "network-ecr-api")
    assert endpoint["subnetIds"] == [f"subnet-app-{zone}" for zone in ZONES]
    assert endpoint["securityGroupIds"] == ["network-endpoints-id"]
    assert endpoint["privateDnsEnabled"] is True
    (own,) = json.loads(endpoint["policy"])["Statement"]
    assert own["Action"] == "ecr:*"
    assert own["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}
    assert not recorder.of(":SecurityGroupIngressRule"), "closed until a service is admitted"
    assert not recorder.of(":SecurityGroupEgressRule")


@pytest.mark.parametrize(("service", "action"), [("sts", "sts:AssumeRole"), ("lambda", "lambda:InvokeFunction")])
def test_lambda_reads_kafka_as_itself_through_the_endpoints_that_it_needs(service: str, action: str) -> None:
    endpoint = network(interface_endpoints=(service,)).inputs(":VpcEndpoint", f"network-{service}")
    own, polls = json.loads(endpoint["policy"])["Statement"]
    assert own["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}
    assert (polls["Principal"], polls["Action"]) == ({"Service": "lambda.amazonaws.com"}, action)


def test_no_interface_endpoint_is_made_that_settings_do_not_name() -> None:
    assert network(interface_endpoints=()).names(":VpcEndpoint") == {"network-s3", "network-dynamodb"}


def test_a_service_is_admitted_to_the_endpoints_by_its_group() -> None:
    def program() -> None:
        box = _network()
        service = SecurityGroup("web", vpc_id=box.vpc_id, description="Web")
        box.endpoints_group.admit(service, port=443, purpose="AWS services")

    rule = record(program).inputs(":SecurityGroupIngressRule")
    assert rule["referencedSecurityGroupId"] == "web-id"
    assert "cidrIpv4" not in rule


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
