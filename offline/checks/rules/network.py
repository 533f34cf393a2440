"""VPC, subnets, routes, NAT, endpoints and security groups."""

import ipaddress
import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.formats import network
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_VPC = "aws:ec2/vpc:Vpc"
_SUBNET = "aws:ec2/subnet:Subnet"
_SECONDARY = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
_TARGETS = (
    "carrierGatewayId",
    "coreNetworkArn",
    "egressOnlyGatewayId",
    "gatewayId",
    "localGatewayId",
    "natGatewayId",
    "networkInterfaceId",
    "odbNetworkArn",
    "transitGatewayId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
)
_GATEWAY_SERVICES = ("s3", "dynamodb", "s3express")


def exactly_one(args: Block, names: tuple[str, ...], what: str) -> Iterator[Problem]:
    """One of several inputs, neither none nor two; the problem is put on the first one concerned."""
    given = [name for name in names if args.given(name)]
    if not given:
        yield args.problem_without_value(names[0], f"{what}: one of {', '.join(names)} must be set; received none")
    elif len(given) > 1:
        yield args.problem_without_value(
            given[0], f"{what}: only one of {', '.join(names)} may be set; received {', '.join(given)}"
        )


def _ipv4(args: Block, name: str) -> ipaddress.IPv4Network | None:
    block = network(args.text(name))
    return block if isinstance(block, ipaddress.IPv4Network) else None


@rule("ec2/vpc:Vpc", "ec2/subnet:Subnet", "ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
def netmask(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""
    block = _ipv4(args, "cidrBlock")
    if block and not 16 <= block.prefixlen <= 28:
        yield args.problem("cidrBlock", "the netmask must be between /16 and /28")


@rule("ec2/vpc:Vpc")
def vpc_needs_addresses(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html"""
    if args.missing("cidrBlock") and args.missing("ipv4IpamPoolId"):
        yield args.problem("cidrBlock", "a VPC needs cidrBlock or ipv4IpamPoolId")
    if args.flag("enableDnsHostnames") and args.flag("enableDnsSupport") is False:
        yield args.problem("enableDnsHostnames", "DNS host names need enableDnsSupport")


@rule("ec2/subnet:Subnet")
def subnet_needs_addresses(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html"""
    ways = ("cidrBlock", "ipv6CidrBlock", "ipv4IpamPoolId", "ipv6IpamPoolId")
    if all(args.missing(name) for name in ways) and not args.flag("ipv6Native"):
        yield args.problem("cidrBlock", "a subnet needs cidrBlock or ipv6CidrBlock")


@rule("ec2/subnet:Subnet")
def subnet_in_its_vpc(args: Block, planned: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html

    While the VPC's id is unknown the subnet must fit into one of the VPCs planned in this run.
    """
    block = _ipv4(args, "cidrBlock")
    if block is None or not 16 <= block.prefixlen <= 28:
        return
    vpcs = _vpcs_of(args, planned)
    spaces = _address_space(vpcs, planned)
    if spaces and not any(block.subnet_of(space) for space in spaces):
        listed = ", ".join(str(space) for space in spaces)
        yield args.problem("cidrBlock", f"the subnet must lie inside its VPC ({listed})")
    elif len(vpcs) <= 1:
        yield from _overlaps(args, block, planned)


def _vpcs_of(args: Block, planned: Planned) -> list[Block]:
    identifier = args.text("vpcId")
    if identifier:
        known = planned.identified(_VPC, identifier)
        return [Block(known)] if known is not None else []
    return [Block(inputs) for _, inputs in planned.of(_VPC)] if args.unknown("vpcId") else []


def _address_space(vpcs: list[Block], planned: Planned) -> list[ipaddress.IPv4Network]:
    """The CIDR blocks of these VPCs; empty as soon as one of them is not known."""
    blocks = [_ipv4(vpc, "cidrBlock") for vpc in vpcs]
    if any(vpc.missing("cidrBlock") or vpc.unknown("cidrBlock") for vpc in vpcs):
        return []
    secondary = [Block(inputs) for _, inputs in planned.of(_SECONDARY)]
    if any(_ipv4(association, "cidrBlock") is None for association in secondary):
        return []
    blocks += [_ipv4(association, "cidrBlock") for association in secondary]
    return [block for block in blocks if block]


def _overlaps(args: Block, block: ipaddress.IPv4Network, planned: Planned) -> Iterator[Problem]:
    several = len(planned.of(_VPC)) > 1
    for urn, inputs in planned.of(_SUBNET):
        sibling = Block(inputs)
        same = sibling.raw("vpcId") == args.raw("vpcId") and not (args.unknown("vpcId") and several)
        other = _ipv4(sibling, "cidrBlock")
        if same and other and other.overlaps(block):
            yield args.problem("cidrBlock", f"must not overlap {other} of {urn.rsplit('::', 1)[-1]} in the same VPC")
            return


@rule("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def one_source(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html"""
    yield from exactly_one(args, _SOURCES, "a security group rule must have exactly one source or destination")
    if args.text("ipProtocol") in ("tcp", "udp", "6", "17"):
        yield from _ports(args)


@rule("ec2/securityGroupRule:SecurityGroupRule")
def legacy_rule(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html"""
    sources = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "sourceSecurityGroupId", "self")
    if all(args.missing(name) for name in sources):
        yield args.problem_without_value("cidrBlocks", f"a rule needs one of {', '.join(sources)}; received none")
    yield from _protocol_ports(args)


@rule("ec2/securityGroup:SecurityGroup", "ec2/defaultSecurityGroup:DefaultSecurityGroup")
def inline_rules(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""
    name = args.text("name")
    if name and name.lower().startswith("sg-"):
        yield args.problem("name", "the name of a security group cannot start with sg-")
    for direction in ("ingress", "egress"):
        for entry in args.blocks(direction):
            yield from _protocol_ports(entry)


def _protocol_ports(entry: Block) -> Iterator[Problem]:
    protocol = entry.text("protocol")
    ports = (entry.number("fromPort"), entry.number("toPort"))
    if protocol in ("-1", "all") and any(ports):
        yield entry.problem("fromPort" if ports[0] else "toPort", "protocol -1 (all) needs fromPort 0 and toPort 0")
    elif protocol in ("tcp", "udp", "6", "17"):
        yield from _ports(entry)


def _ports(entry: Block) -> Iterator[Problem]:
    for name in ("fromPort", "toPort"):
        port = entry.number(name)
        if entry.missing(name):
            yield entry.problem(name, "TCP and UDP need fromPort and toPort")
        elif port is not None and not 0 <= port <= 65535:
            yield entry.problem(name, "a port must be between 0 and 65535")
    low, high = entry.number("fromPort"), entry.number("toPort")
    if low is not None and high is not None and low > high:
        yield entry.problem("fromPort", f"fromPort must not be above toPort ({high:g})")


@rule(
    "ec2/securityGroup:SecurityGroup",
    "ec2/securityGroupRule:SecurityGroupRule",
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
def descriptions(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"""
    for owner in (args, *args.blocks("ingress"), *args.blocks("egress")):
        text = owner.text("description")
        if text and not _DESCRIPTION.fullmatch(text):
            yield owner.problem("description", "must be at most 255 letters, digits, blanks or ._-:/()#,@[]+=&;{}!$*")


@rule("ec2/route:Route")
def route(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html"""
    yield from exactly_one(args, _DESTINATIONS, "a route must have exactly one destination")
    yield from exactly_one(args, _TARGETS, "a route must have exactly one target")


@rule("ec2/routeTableAssociation:RouteTableAssociation")
def association(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html"""
    yield from exactly_one(
        args, ("subnetId", "gatewayId"), "a route table must be associated with one subnet or gateway"
    )


@rule("ec2/natGateway:NatGateway")
def nat_addresses(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html"""
    if args.text("connectivityType") == "private":
        if args.given("allocationId"):
            yield args.problem("allocationId", "must not be set: a private NAT gateway has no Elastic IP address")
    elif args.missing("allocationId") and args.missing("availabilityMode") and not args.unknown("connectivityType"):
        yield args.problem("allocationId", "a public NAT gateway needs the allocation id of an Elastic IP address")
    if args.missing("subnetId") and args.missing("availabilityMode"):
        yield args.problem("subnetId", "a zonal NAT gateway needs a subnet")


@rule("ec2/vpcEndpoint:VpcEndpoint")
def endpoint_kind(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html"""
    if args.unknown("vpcEndpointType"):
        return
    kind = args.text("vpcEndpointType") or "Gateway"
    service = args.text("serviceName")
    if kind == "Gateway":
        if service and service.startswith("com.amazonaws.") and service.rsplit(".", 1)[-1] not in _GATEWAY_SERVICES:
            yield args.problem(
                "serviceName", f"the service of a Gateway endpoint must be one of {', '.join(_GATEWAY_SERVICES)}"
            )
        for name in ("subnetIds", "securityGroupIds"):
            if args.given(name):
                yield args.problem_without_value(name, f"a Gateway endpoint must not have {name}; use routeTableIds")
    elif args.given("routeTableIds"):
        yield args.problem_without_value("routeTableIds", f"an endpoint of type {kind} must not have routeTableIds")


@rule("ec2/flowLog:FlowLog")
def flow_log(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html"""
    watched = ("vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId", "regionalNatGatewayId")
    yield from exactly_one(args, watched, "a flow log must watch exactly one resource")
    to_logs = args.missing("logDestinationType") or args.text("logDestinationType") == "cloud-watch-logs"
    if to_logs and args.missing("iamRoleArn"):
        yield args.problem("iamRoleArn", "a flow log to CloudWatch Logs needs a role that may write there")
    if args.missing("logDestination") and args.missing("logGroupName"):
        yield args.problem("logDestination", "a flow log needs a destination")


@rule("ec2/networkAcl:NetworkAcl", "ec2/defaultNetworkAcl:DefaultNetworkAcl")
def acl_rule_numbers(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html"""
    for direction in ("ingress", "egress"):
        seen: set[float] = set()
        for entry in args.blocks(direction):
            number = entry.number("ruleNo")
            if number is None:
                continue
            if not 1 <= number <= 32766:
                yield entry.problem("ruleNo", "a rule number must be between 1 and 32766")
            elif number in seen:
                yield entry.problem("ruleNo", f"the rule numbers of {direction} must be unique")
            seen.add(number)
