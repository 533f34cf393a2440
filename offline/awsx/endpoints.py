"""The VPC endpoints of an `awsx:ec2:Vpc`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from offline.awsx.arguments import merged_tags, opened
from offline.awsx.layout import LayoutError
from offline.awsx.plan import Child, Plan, Ref
from offline.awsx.values import Output, plain

VPC_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
SECURITY_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
HTTPS = 443
# Passed to the endpoint unchanged.
PASSED_ON = (
    "autoAccept",
    "dnsOptions",
    "ipAddressType",
    "policy",
    "privateDnsEnabled",
    "resourceConfigurationArn",
    "routeTableIds",
    "securityGroupIds",
    "serviceName",
    "serviceNetworkArn",
    "serviceRegion",
    "subnetConfigurations",
    "subnetIds",
    "vpcEndpointType",
)


@dataclass(frozen=True)
class Endpoint:
    """A spec and its type in lower case; None when the type is not known yet."""

    spec: Mapping[str, Any]
    kind: str | None

    @property
    def service(self) -> str:
        return plain(self.spec["serviceName"])

    def lacks(self, *keys: str) -> bool:
        return all(self.spec.get(key) is None for key in keys)


@dataclass(frozen=True)
class Surroundings:
    """Where the endpoints go: keys of the VPC, of one subnet per zone, of all route tables."""

    vpc: str
    tags: Any
    subnets: Sequence[str]
    route_tables: Sequence[str]


def endpoints_of(args: Mapping[str, Any]) -> list[Endpoint]:
    """
    Raises:
        LayoutError: strategy Auto and a type that is not known yet.
    """
    found: list[Endpoint] = []
    for spec in map(opened, opened(args.get("vpcEndpointSpecs")) or []):
        given = spec.get("vpcEndpointType")
        known = not (isinstance(given, Output) and not given.known)
        if not known and _is_auto(args):
            raise LayoutError(
                f'vpcEndpointStrategy "Auto" requires vpcEndpointType for endpoint "{plain(spec["serviceName"])}" '
                'to be omitted or a plain string. Use vpcEndpointStrategy "Legacy" for dynamic endpoint types.'
            )
        found.append(Endpoint(spec, (plain(given) or "Gateway").lower() if known else None))
    return found


def dns_settings(args: Mapping[str, Any], endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """DNS switches of the VPC: the caller's, or on where an interface endpoint of strategy Auto needs them.

    Raises:
        LayoutError: switched off by the caller although needed.
    """
    settings = {key: args.get(key) for key in ("enableDnsHostnames", "enableDnsSupport")}
    private_dns = any(
        e.kind == "interface" and plain(e.spec.get("privateDnsEnabled")) in (None, True) for e in endpoints
    )
    if not (_is_auto(args) and private_dns):
        return settings
    for key, value in settings.items():
        if plain(value) is False:
            raise LayoutError(
                f'vpcEndpointStrategy "Auto" requires {key} to be true when Interface endpoint private DNS is enabled.'
            )
    return {key: True if value is None else value for key, value in settings.items()}


def add_endpoints(plan: Plan, args: Mapping[str, Any], around: Surroundings) -> list[str]:
    """Adds the endpoints to the plan and returns their keys.

    As in the published plugin, an endpoint is named after its service, so only one VPC of a stack can have it.
    """
    keys: list[str] = []
    for endpoint in endpoints_of(args):
        inputs = {key: endpoint.spec.get(key) for key in PASSED_ON}
        inputs["region"] = endpoint.spec.get("region") or args.get("region")
        inputs["tags"] = merged_tags(around.tags, endpoint.spec.get("tags"))
        inputs["vpcId"] = Ref(around.vpc)
        if _is_auto(args):
            inputs |= _placed(plan, endpoint, inputs, around)
        else:
            plan.warnings += _unplaced_warnings(endpoint)
        keys.append(plan.add(Child(VPC_ENDPOINT, endpoint.service, inputs, around.vpc, (around.vpc,))))
    return keys


def _placed(plan: Plan, endpoint: Endpoint, inputs: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """Inputs that strategy Auto adds where the spec leaves them out."""
    placed: dict[str, Any] = {}
    if endpoint.kind == "gateway" and endpoint.lacks("routeTableIds"):
        placed["routeTableIds"] = [Ref(table) for table in around.route_tables]
    if endpoint.kind == "interface":
        if endpoint.lacks("subnetIds", "subnetConfigurations"):
            placed["subnetIds"] = [Ref(subnet) for subnet in around.subnets]
        if endpoint.lacks("privateDnsEnabled"):
            placed["privateDnsEnabled"] = True
        if endpoint.lacks("securityGroupIds"):
            placed["securityGroupIds"] = [Ref(_security_group(plan, endpoint, inputs, around))]
    return placed


def _security_group(plan: Plan, endpoint: Endpoint, inputs: Mapping[str, Any], around: Surroundings) -> str:
    """Admits HTTPS from the VPC's own addresses."""
    region = inputs["region"]
    group = plan.add(
        Child(
            SECURITY_GROUP,
            f"{endpoint.service}-sg",
            # The SDK that the published plugin is built with adds this description.
            {
                "region": region,
                "vpcId": Ref(around.vpc),
                "tags": inputs["tags"],
                "description": "Managed by Pulumi",
            },
            around.vpc,
            (around.vpc,),
        )
    )
    rule: dict[str, Any] = {
        "region": region,
        "type": "ingress",
        "securityGroupId": Ref(group),
        "protocol": "tcp",
        "fromPort": HTTPS,
        "toPort": HTTPS,
        "cidrBlocks": [Ref(around.vpc, "cidrBlock")],
    }
    if str(plain(endpoint.spec.get("ipAddressType"))).lower() in ("ipv6", "dualstack"):
        rule["ipv6CidrBlocks"] = [Ref(around.vpc, "ipv6CidrBlock")]
    plan.add(Child(SECURITY_GROUP_RULE, f"{endpoint.service}-ingress", rule, around.vpc, (group,)))
    return group


def _unplaced_warnings(endpoint: Endpoint) -> list[str]:
    if endpoint.kind == "interface" and endpoint.lacks("subnetIds", "subnetConfigurations"):
        lacking, remedy = "an Interface endpoint without subnetIds or subnetConfigurations", "subnets"
    elif endpoint.kind == "gateway" and endpoint.lacks("routeTableIds"):
        lacking, remedy = "a Gateway endpoint without routeTableIds", "route tables"
    else:
        return []
    advice = f'Specify vpcEndpointStrategy: "Auto" to use generated VPC {remedy}.'
    return [f'VPC endpoint "{endpoint.service}" is {lacking}. {advice}']


def _is_auto(args: Mapping[str, Any]) -> bool:
    return plain(args.get("vpcEndpointStrategy")) == "Auto"
