"""Routes of subnets: private ones without a way from the internet, data in them, endpoints and NAT in each zone."""

import re
from collections.abc import Iterator

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, read, spread
from policies.rules.load_balancers import too_few_zones
from policies.rules.network import tier_of

_ROUTE, _TABLE, _ASSOCIATION = "ec2/route", "ec2/routeTable", "ec2/routeTableAssociation"
_SUBNET, _GATEWAY, _NAT = "ec2/subnet", "ec2/internetGateway", "ec2/natGateway"
_ENDPOINT = "ec2/vpcEndpoint"
_WORLD = ("0.0.0.0/0", "::/0")
_PRIVATE = re.compile(r"private|isolated|intra|data|database|db\b|app\b|payment", re.I)
_ISOLATED = re.compile(r"isolated|intra|data|database|db\b", re.I)
_STATEFUL = {
    "opensearch/domain": "vpcOptions.subnetIds",
    "elasticache/subnetGroup": "subnetIds",
    "elasticache/serverlessCache": "subnetIds",
    "dax/subnetGroup": "subnetIds",
    "msk/cluster": "brokerNodeGroupInfo.clientSubnets",
    "rds/subnetGroup": "subnetIds",
}


def _leads_out(stack: Stack, resource: Resource, prefix: str = "") -> bool:
    """Whether a route (or the inline routes of a table) goes to an internet gateway."""
    path = f"{prefix}gatewayId"
    known = any(isinstance(value, str) and value.startswith("igw-") for value in as_list(spread(resource.props, path)))
    return known or bool(stack.referred(resource, path, _GATEWAY).resources)


def _goes_to_nat(resource: Resource) -> bool:
    return as_text(read(resource.props, "natGatewayId")) is not MISSING


def _tables_of(stack: Stack, subnet: Resource) -> list[Resource]:
    return [
        table
        for association in stack.pointing_at(subnet, _ASSOCIATION, "subnetId", sure=True)
        for table in stack.referred(association, "routeTableId", _TABLE).resources
    ]


def _routes_of(stack: Stack, table: Resource) -> list[Resource]:
    return stack.pointing_at(table, _ROUTE, "routeTableId", sure=True)


def is_public(stack: Stack, subnet: Resource) -> bool:
    """Whether a subnet is known to have a route to an internet gateway, or to give public addresses."""
    if as_flag(read(subnet.props, "mapPublicIpOnLaunch")) is True:
        return True
    return any(
        _leads_out(stack, table, "routes[].") or any(_leads_out(stack, route) for route in _routes_of(stack, table))
        for table in _tables_of(stack, subnet)
    )


def _public_among(subject: Subject, path: str) -> list[str]:
    meant = subject.stack.referred(subject.resource, path, _SUBNET)
    public = sorted(subnet.name for subnet in meant.resources if is_public(subject.stack, subnet))
    if public and not meant.sure and len(public) < len(meant.resources):
        subject.defer(path)
        return []
    return public


@rule(
    "ec2-route-private-tiers",
    control="NET-07",
    pack="guardrails",
    title="Private subnets have no route to an internet gateway, isolated ones none to NAT either",
    why="one route makes every task and store of the tier reachable, or lets stolen data out",
    fix="route private subnets through a NAT gateway, isolated ones nowhere; associate the public table with public"
    " subnets only",
    severity="high",
    dev="mandatory",
    kinds=(_ROUTE, _TABLE),
    paths=(
        "gatewayId",
        "natGatewayId",
        "ec2/routeTable · routes",
        "ec2/routeTableAssociation · subnetId",
        "ec2/subnet · tags",
    ),
    stack_kinds=("*",),
    references=("aws-config:NO_UNRESTRICTED_ROUTE_TO_IGW",),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html",
    settings={
        "isolated_without_nat": Setting(True, {"type": "boolean"}, "Whether isolated tiers may have no NAT route.")
    },
    limits="A tier is known by the tag tier or SubnetType, else by the subnet's name.",
)
def private_tiers(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    inline = resource.kind == _TABLE
    out = _leads_out(stack, resource, "routes[]." if inline else "")
    nat = subject.config["isolated_without_nat"] and not inline and _goes_to_nat(resource)
    if not out and not nat:
        return
    meant = None if inline else stack.referred(resource, "routeTableId", _TABLE)
    tables = meant.resources if meant else (resource,)
    path = "routes" if inline else "gatewayId" if out else "natGatewayId"
    led = [[subnet for subnet in _subnets_of(stack, table) if _is_closed(subnet, to_internet=out)] for table in tables]
    if meant and not meant.sure and not all(led):
        if any(led):
            subject.defer("routeTableId")
        return
    where = "an internet gateway" if out else "a NAT gateway"
    for subnet in (subnet for subnets in led for subnet in subnets):
        yield Problem(path, f"{path} leads {subnet.name}, a subnet of tier {tier_of(subnet)}, to {where}")


def _subnets_of(stack: Stack, table: Resource) -> list[Resource]:
    return [
        subnet
        for association in stack.pointing_at(table, _ASSOCIATION, "routeTableId", sure=True)
        for subnet in stack.referred(association, "subnetId", _SUBNET).resources
    ]


def _is_closed(subnet: Resource, *, to_internet: bool) -> bool:
    tier = tier_of(subnet)
    return bool(tier and "public" not in tier and (_PRIVATE if to_internet else _ISOLATED).search(tier))


@rule(
    "aws-data-store-private-subnets",
    control="NET-08",
    pack="guardrails",
    title="Caches, search domains and brokers are in private subnets",
    why="in a public subnet one security group rule is all that keeps the internet out",
    fix="give subnets whose route table has no route to an internet gateway",
    severity="high",
    dev="advisory",
    kinds=tuple(_STATEFUL),
    paths=(
        "subnetIds",
        "opensearch/domain · vpcOptions.subnetIds",
        "msk/cluster · brokerNodeGroupInfo.clientSubnets",
        "ec2/subnet · mapPublicIpOnLaunch",
        "ec2/route · gatewayId",
        "ec2/routeTable · routes",
    ),
    stack_kinds=("*",),
    references=("fsbp:RDS.46", "prowler:elasticache_cluster_uses_public_subnet"),
    limits="A subnet is public by its routes or public addresses, not by its name.",
)
def private_stores(subject: Subject) -> Iterator[Problem]:
    path = _STATEFUL[subject.resource.kind]
    public = _public_among(subject, path)
    if public:
        yield subject.problem(path, f"public subnets are among them: {', '.join(public)}")


@rule(
    "efs-mount-target-private-subnet",
    control="NET-14",
    pack="guardrails",
    title="Mount targets of file systems are in private subnets",
    why="file systems are for tasks inside, and NFS has no place at the edge",
    fix="give a subnet whose route table has no route to an internet gateway",
    severity="medium",
    dev="mandatory",
    kinds=("efs/mountTarget",),
    paths=("subnetId", "ec2/subnet · mapPublicIpOnLaunch", "ec2/route · gatewayId"),
    stack_kinds=("*",),
    references=("fsbp:EFS.6", "prowler:efs_mount_target_not_publicly_accessible"),
)
def private_mount_target(subject: Subject) -> Iterator[Problem]:
    public = _public_among(subject, "subnetId")
    if public:
        yield subject.problem("subnetId", f"{', '.join(public)} is public")


def _zone(subnet: Resource) -> str | None:
    """Zone of a subnet, by name or id as it is given; None when it is not known."""
    for key in ("availabilityZone", "availabilityZoneId"):
        value = as_text(read(subnet.props, key))
        if value is not MISSING:
            return value if isinstance(value, str) else None
    return None


@rule(
    "ec2-nat-gateway-per-zone",
    control="HA-02",
    pack="multi_az",
    title="Private subnets go out by a NAT gateway of their own zone",
    why="when the zone of the only NAT gateway fails, the tasks in all the others lose their way out",
    fix="add a NAT gateway in a public subnet of each zone (or a regional one), and route each zone to its own",
    severity="medium",
    dev="disabled",
    kinds=(_ROUTE,),
    paths=(
        "natGatewayId",
        "ec2/natGateway · subnetId",
        "ec2/routeTableAssociation · subnetId",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=("checkov:CKV2_AWS_35",),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
)
def nat_per_zone(subject: Subject) -> Iterator[Problem]:
    stack, route = subject.stack, subject.resource
    if not subject.has("natGatewayId"):
        return
    gateways = stack.referred(route, "natGatewayId", _NAT).resources
    if len(gateways) != 1 or read(gateways[0].props, "availabilityMode") not in (MISSING, "zonal"):
        return
    homes = [_zone(subnet) for subnet in stack.referred(gateways[0], "subnetId", _SUBNET).resources]
    if len(homes) != 1 or homes[0] is None:
        return
    tables = stack.referred(route, "routeTableId", _TABLE)
    if not tables.sure:
        subject.defer("routeTableId")
        return
    for table in tables.resources:
        for association in stack.pointing_at(table, _ASSOCIATION, "routeTableId", sure=True):
            for subnet in stack.referred(association, "subnetId", _SUBNET).resources:
                zone = _zone(subnet)
                if zone is not None and zone != homes[0]:
                    text = f"{subnet.name} in {zone} goes out by {gateways[0].name} in {homes[0]}"
                    yield Problem("natGatewayId", text)


@rule(
    "ec2-vpc-endpoint-zones",
    control="HA-15",
    pack="multi_az",
    title="Interface endpoints are in two or more zones",
    why="when the endpoint's only zone fails, no task reaches its secrets, images and queues",
    fix="give subnet_ids of at least two availability zones",
    severity="medium",
    dev="disabled",
    kinds=(_ENDPOINT,),
    paths=(
        "subnetIds",
        "vpcEndpointType",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=("prowler:vpc_endpoint_multi_az_enabled",),
    url="https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Fewest zones.")},
)
def endpoint_zones(subject: Subject) -> Iterator[Problem]:
    if subject.text("vpcEndpointType") == "Interface":
        yield from too_few_zones(subject, "subnetIds", subject.config["zones"])


@rule(
    "ec2-vpc-gateway-endpoints",
    control="NET-15",
    pack="guardrails",
    title="VPCs with private subnets reach AWS by endpoints",
    why="the traffic would go through NAT, at a price per gigabyte, and could not be bound to the VPC",
    fix="add an ec2.VpcEndpoint for each service: of type Gateway with the private route tables for S3 and DynamoDB, of"
    " type Interface for others",
    severity="medium",
    dev="disabled",
    kinds=("ec2/vpc",),
    paths=("ec2/vpcEndpoint · serviceName", "ec2/vpcEndpoint · vpcId"),
    stack_kinds=("*",),
    references=("fsbp:EC2.10", "aws-config:SERVICE_VPC_ENDPOINT_ENABLED"),
    settings={
        "services": Setting(
            ["s3", "dynamodb"],
            {"type": "array", "items": {"type": "string"}},
            "Services whose endpoints each VPC with a NAT gateway needs, named like `ecr.api`.",
        )
    },
    limits="VPCs without a NAT gateway of this stack are not judged. Endpoints with a price by the hour are asked for"
    " by the profile only.",
)
def gateway_endpoints(subject: Subject) -> Iterator[Problem]:
    stack, vpc = subject.stack, subject.resource
    subnets = stack.pointing_at(vpc, _SUBNET, "vpcId", sure=True)
    if not any(stack.pointing_at(subnet, _NAT, "subnetId", sure=True) for subnet in subnets):
        return
    names = [read(endpoint.props, "serviceName") for endpoint in stack.pointing_at(vpc, _ENDPOINT, "vpcId")]
    if UNKNOWN in names:
        subject.defer("serviceName")
        return
    texts = [name for name in names if isinstance(name, str)]
    missing = [name for name in subject.config["services"] if not any(text.endswith(f".{name}") for text in texts)]
    if missing:
        yield Problem("serviceName", f"no endpoint of this VPC serves {', '.join(missing)}")
