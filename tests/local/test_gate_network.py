"""Which way calls of AWS take out of the VPC."""

import pytest

from local.gate_network import Network
from tests.local.gate_state import CLOSED, REGION, ROLE, TASK, endpoint, entry, small_state

_INSIDE = f"{ROLE}-function"


@pytest.fixture(scope="module")
def network() -> Network:
    connected = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-task"]}
    function = {"role": _INSIDE, "vpcConfig": connected, "name": "reports", "arn": ""}
    return Network(small_state(entry("aws:lambda/function:Function", "reports", "reports", **function)))


@pytest.mark.parametrize(
    ("role", "service", "source", "target", "allowed"),
    [
        (TASK, "dynamodb", "task", "network-dynamodb", True),
        (TASK, "dynamodbstreams", "task", f"dynamodbstreams.{REGION}.amazonaws.com", True),
        (TASK, "events", "task", "network-events", True),
        (TASK, "sqs", "task", f"sqs.{REGION}.amazonaws.com", True),
        (CLOSED, "dynamodb", "closed", "network-dynamodb", False),
        (CLOSED, "events", "closed", "network-events", False),
        (CLOSED, "sqs", "closed", f"sqs.{REGION}.amazonaws.com", False),
        (_INSIDE, "events", "reports", "network-events", True),
        (_INSIDE, "sqs", "reports", f"sqs.{REGION}.amazonaws.com", False),
    ],
)
def test_an_endpoint_is_taken_before_the_internet(
    network: Network, role: str, service: str, source: str, target: str, allowed: bool
) -> None:
    path = network.path(role, service, REGION)
    assert path
    assert (path.source, path.target, path.verdict.allowed) == (source, target, allowed)


def test_an_endpoint_adds_its_keys_and_policy(network: Network) -> None:
    tables, events, queues = (network.path(TASK, service, REGION) for service in ("dynamodb", "events", "sqs"))
    assert tables
    assert tables.policy
    assert tables.context == {"aws:SourceVpc": "vpc-1", "aws:SourceVpce": "vpce-1"}
    assert events
    assert events.policy is None
    assert queues
    assert queues.context == {}


@pytest.mark.parametrize(
    ("service", "name"), [("kinesis", "kinesis-streams"), ("lexv2-runtime", "runtime-v2-lex"), ("sesv2", "email")]
)
def test_an_endpoint_may_have_another_name_than_the_service(service: str, name: str) -> None:
    reached = {"vpcEndpointType": "Interface", "securityGroupIds": ["sg-endpoints"]}
    path = Network(small_state(endpoint(name, "vpce-3", **reached))).path(TASK, service, REGION)
    assert path
    assert (path.target, path.verdict.allowed) == (f"network-{name}", True)


def test_outside_a_vpc_there_is_no_path(network: Network) -> None:
    assert network.path(ROLE, "dynamodb", REGION) is None


def test_an_endpoint_serves_its_region_only(network: Network) -> None:
    path = network.path(TASK, "dynamodb", "us-east-1")
    assert path
    assert path.target == "dynamodb.us-east-1.amazonaws.com"
