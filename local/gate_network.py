"""How calls of AWS leave the VPC: through an endpoint, with its policy, or through the NAT gateways."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from iam.policy import Policy, resource_policy
from local.security_groups import SecurityGroups, Verdict
from local.state import Deployed, Resource

PORT: Final = 443
# Name of an endpoint's service where it is not botocore's.
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
_ENDPOINTS: Final = {
    "dynamodbstreams": "dynamodb-streams",
    "kinesis": "kinesis-streams",
    "lexv2-runtime": "runtime-v2-lex",
    "sesv2": "email",
}
_ANYWHERE: Final = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Path:
    """
    Attributes:
        source: Name of the service or function that calls.
        target: Name of the endpoint, or host.
        policy: That of the endpoint; None without one.
        context: Condition keys that an endpoint adds.
    """

    source: str
    target: str
    verdict: Verdict
    policy: Policy | None = None
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Interface:
    name: str
    groups: Sequence[str]


class Network:
    """Paths from network interfaces of the VPC to AWS."""

    def __init__(self, deployed: Deployed) -> None:
        self._groups = SecurityGroups(deployed)
        self._interfaces = dict(_interfaces(deployed))
        self._endpoints = {
            endpoint.outputs["serviceName"]: endpoint
            for endpoint in deployed.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
        }

    def path(self, role_arn: str, service: str, region: str) -> Path | None:
        """The path of a call; None if what has the role is not in a VPC.

        Args:
            service: botocore's name.
        """
        interface = self._interfaces.get(role_arn)
        if interface is None:
            return None
        endpoint = self._endpoints.get(f"com.amazonaws.{region}.{_ENDPOINTS.get(service, service)}")
        if endpoint is None:
            verdict = self._groups.allows_out(interface.groups, _ANYWHERE, PORT)
            return Path(interface.name, f"{service}.{region}.amazonaws.com", verdict)
        outputs = endpoint.outputs
        keys = {"aws:SourceVpc": outputs["vpcId"], "aws:SourceVpce": endpoint.id}
        policy = resource_policy(outputs["policy"], endpoint.name) if outputs.get("policy") else None
        return Path(interface.name, endpoint.name, self._reaches(interface, endpoint), policy, keys)

    def to(self, role_arn: str, target: str, target_groups: Sequence[str]) -> Path:
        """The path to an interface of the VPC.

        Args:
            target: Its name.
        """
        interface = self._interfaces.get(role_arn)
        if interface is None:
            return Path(role_arn.rpartition("/")[2], target, Verdict(False, "the caller is not in the VPC"))
        return Path(interface.name, target, self._groups.allows(interface.groups, target_groups, PORT))

    def _reaches(self, interface: _Interface, endpoint: Resource) -> Verdict:
        outputs = endpoint.outputs
        if outputs.get("vpcEndpointType") == "Gateway":
            return self._groups.allows_out(interface.groups, outputs["prefixListId"], PORT)
        return self._groups.allows(interface.groups, outputs["securityGroupIds"], PORT)


def _interfaces(deployed: Deployed) -> Iterable[tuple[str, _Interface]]:
    """Role and network interface of tasks and functions."""
    definitions = {task.arn: task for task in deployed.of_type("aws:ecs/taskDefinition:TaskDefinition")}
    for service in deployed.of_type("aws:ecs/service:Service"):
        definition = definitions.get(service.outputs["taskDefinition"])
        network = service.outputs.get("networkConfiguration")
        if definition and network and definition.outputs.get("taskRoleArn"):
            yield definition.outputs["taskRoleArn"], _Interface(service.name, network["securityGroups"])
    for function in deployed.of_type("aws:lambda/function:Function"):
        network = function.outputs.get("vpcConfig") or {}
        if network.get("securityGroupIds"):
            yield function.outputs["role"], _Interface(function.name, network["securityGroupIds"])
