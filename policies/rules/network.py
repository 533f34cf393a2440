"""VPC: world-open ingress, default groups, public addresses, zones of the subnet tiers."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from policies.library.documents import is_world
from policies.library.resources import Resource, Stack, count_zones
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_number, as_text, read

GROUP = "ec2/securityGroup"
_RULE = "ec2/securityGroupRule"
_INGRESS = "vpc/securityGroupIngressRule"
_INGRESS_KINDS = (GROUP, "ec2/defaultSecurityGroup", _RULE, _INGRESS)
_LISTS = ("ec2/managedPrefixList", "ec2/managedPrefixListEntry")
_TIER_WORD = re.compile(r"public|private|isolated|intra|data(base)?|\bdb|app|web|payment", re.I)
_TIER_TAGS = ("tier", "subnettype", "aws-cdk:subnet-type", "network")


class Ingress(NamedTuple):
    """What one rule admits, in whatever shape it was written."""

    place: str
    path: str
    """Property that admits."""
    cidrs: tuple[str, ...]
    prefix_list: bool
    ports: range | None
    """None when protocol or ports are not known."""


def _ports(block: dict[str, Any], protocol_key: str) -> range | None:
    protocol = as_text(read(block, protocol_key))
    if protocol in ("-1", "all") or (protocol is MISSING and protocol_key == "ipProtocol"):
        return range(65536)
    if protocol in ("icmp", "icmpv6", "1", "58"):
        return range(0)
    low, high = as_number(read(block, "fromPort")), as_number(read(block, "toPort"))
    if protocol is UNKNOWN or UNKNOWN in (low, high):
        return None
    if low is MISSING or high is MISSING:
        return range(65536)
    return range(int(low), int(high) + 1)


def _texts(block: dict[str, Any], *keys: str) -> tuple[str, ...]:
    return tuple(item for key in keys for item in as_list(read(block, key)) if isinstance(item, str) and item)


def ingress_in(resource: Resource) -> Iterator[Ingress]:
    """What a security group's inline rules, or a standalone rule, admit."""
    props, kind = resource.props, resource.kind
    if kind == _INGRESS:
        cidrs = _texts(props, "cidrIpv4", "cidrIpv6")
        listed = read(props, "prefixListId") is not MISSING
        path = "cidrIpv4" if read(props, "cidrIpv4") is not MISSING else "cidrIpv6"
        yield Ingress(resource.name, path, cidrs, listed, _ports(props, "ipProtocol"))
    elif kind == _RULE and read(props, "type") == "ingress":
        cidrs = _texts(props, "cidrBlocks", "ipv6CidrBlocks")
        listed = bool(as_list(read(props, "prefixListIds")))
        yield Ingress(resource.name, "cidrBlocks", cidrs, listed, _ports(props, "protocol"))
    elif kind in (GROUP, "ec2/defaultSecurityGroup"):
        for index, block in enumerate(as_list(read(props, "ingress"))):
            if isinstance(block, dict):
                cidrs = _texts(block, "cidrBlocks", "ipv6CidrBlocks")
                listed = bool(as_list(read(block, "prefixListIds")))
                yield Ingress(f"ingress[{index}]", f"ingress[{index}]", cidrs, listed, _ports(block, "protocol"))


def ingress_of(stack: Stack, group: Resource) -> Iterator[Ingress]:
    """Everything that a group admits, by inline and standalone rules."""
    yield from ingress_in(group)
    for kind in (_RULE, _INGRESS):
        for standalone in stack.pointing_at(group, kind, "securityGroupId", sure=True):
            yield from ingress_in(standalone)


def _spell(ports: range) -> str:
    if len(ports) == 65536:
        return "all ports"
    return f"port {ports[0]}" if len(ports) == 1 else f"ports {ports[0]}-{ports[-1]}"


def _world_open(subject: Subject) -> Iterator[tuple[Ingress, str, range]]:
    for ingress in ingress_in(subject.resource):
        world = sorted(cidr for cidr in ingress.cidrs if is_world(cidr))
        if world and ingress.ports is None:
            subject.defer(ingress.place)
        elif world and ingress.ports:
            yield ingress, f"{ingress.place} admits {', '.join(world)} to {_spell(ingress.ports)}", ingress.ports


@rule(
    "ec2-security-group-world-open",
    control="NET-01",
    pack="guardrails",
    title="Only edge ports are open to the world",
    why="every open port is scanned within minutes",
    fix="name a security group or a prefix list as the source instead of 0.0.0.0/0 or ::/0",
    severity="critical",
    dev="mandatory",
    kinds=(*_INGRESS_KINDS, *_LISTS),
    paths=(
        "ec2/managedPrefixList · entries[].cidr",
        "ingress[].cidrBlocks",
        "ingress[].ipv6CidrBlocks",
        "ec2/securityGroupRule · cidrBlocks",
        "vpc/securityGroupIngressRule · cidrIpv4",
    ),
    references=(
        "fsbp:EC2.18",
        "cdk-nag:EC23",
        "checkov:CKV_AWS_260",
        "checkov:CKV_AWS_277",
        "aws-config:VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS",
    ),
    settings={
        "edge_ports": Setting(
            [80, 443], {"type": "array", "items": {"type": "integer"}}, "Ports that may be open to the world."
        )
    },
)
def world_open(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in _LISTS:
        entries = [subject.resource.props] if subject.resource.kind == _LISTS[1] else as_list(subject.value("entries"))
        cidrs = [read(entry, "cidr") for entry in entries]
        if any(isinstance(cidr, str) and is_world(cidr) for cidr in cidrs):
            yield Problem(
                "entries", "the prefix list holds the whole internet: rules that name it are open to the world"
            )
        return
    allowed = {int(port) for port in subject.config["edge_ports"]}
    for ingress, text, ports in _world_open(subject):
        if len(ports) > len(allowed) or not allowed.issuperset(ports):
            spelled = ", ".join(map(str, sorted(allowed))) or "none"
            yield Problem(ingress.path, f"{text}: open to the world may be {spelled}")


@rule(
    "ec2-security-group-admin-ports",
    control="NET-02",
    pack="guardrails",
    title="Ports of administration and of data stores are never open to the world",
    why="remote shells, caches, brokers and file systems are taken over, or emptied, once reachable",
    fix="remove the rule; use Session Manager for administration and a security group as the source for data",
    severity="critical",
    dev="mandatory",
    kinds=_INGRESS_KINDS,
    paths=(
        "ingress[].fromPort",
        "ec2/securityGroupRule · fromPort",
        "vpc/securityGroupIngressRule · fromPort",
    ),
    references=(
        "fsbp:EC2.13",
        "fsbp:EC2.14",
        "fsbp:EC2.19",
        "checkov:CKV_AWS_24",
        "checkov:CKV_AWS_25",
        "trivy:AVD-AWS-0107",
    ),
    settings={
        "ports": Setting(
            [22, 2049, 3306, 3389, 5432, 6379, 6380, 8111, 9092, 9094, 9096, 9098, 9111, 9200],
            {"type": "array", "items": {"type": "integer"}},
            "Ports that must never be open to the world.",
        )
    },
)
def admin_ports(subject: Subject) -> Iterator[Problem]:
    for ingress, text, ports in _world_open(subject):
        hit = [str(int(port)) for port in subject.config["ports"] if int(port) in ports]
        if hit:
            yield Problem(ingress.path, f"{text}, among them {', '.join(hit[:5])}")


@rule(
    "ec2-vpc-default-group-closed",
    control="NET-05",
    pack="guardrails",
    title="Each VPC's default security group is adopted and empty",
    why="what is started without a group gets the default one, which lets its members talk to each other and the world",
    fix="add an ec2.DefaultSecurityGroup with the VPC's id and without ingress and egress",
    severity="high",
    dev="advisory",
    kinds=("ec2/vpc", "ec2/defaultSecurityGroup"),
    paths=("ec2/defaultSecurityGroup · vpcId", "ec2/defaultSecurityGroup · ingress"),
    stack_kinds=("*",),
    references=(
        "fsbp:EC2.2",
        "checkov:CKV2_AWS_12",
        "trivy:AVD-AWS-0173",
        "aws-config:VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    ),
)
def default_group_closed(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "ec2/defaultSecurityGroup":
        for path in ("ingress", "egress"):
            if subject.has(path) and subject.value(path) is not UNKNOWN:
                yield subject.problem(path, "the default group must have no rules")
    elif not subject.stack.pointing_at(subject.resource, "ec2/defaultSecurityGroup", "vpcId"):
        yield Problem("defaultSecurityGroup", "no ec2.DefaultSecurityGroup adopts the default group of this VPC")


@rule(
    "ec2-subnet-no-public-addresses",
    control="NET-06",
    pack="guardrails",
    title="Subnets give no public addresses by themselves",
    why="a task or instance placed there by mistake would be on the internet",
    fix="set map_public_ip_on_launch to false; load balancers and NAT gateways get their addresses anyway",
    severity="medium",
    dev="mandatory",
    kinds=("ec2/subnet",),
    paths=("mapPublicIpOnLaunch",),
    references=(
        "fsbp:EC2.15",
        "checkov:CKV_AWS_130",
        "trivy:AVD-AWS-0164",
        "aws-config:SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED",
    ),
)
def no_public_addresses(subject: Subject) -> Iterator[Problem]:
    if subject.flag("mapPublicIpOnLaunch") is True:
        yield subject.problem("mapPublicIpOnLaunch", "must be false")


def _tagged(subnet: Resource) -> Any:
    """The tier that a subnet's tags state."""
    tags = read(subnet.props, "tags")
    if tags is UNKNOWN:
        return UNKNOWN
    named = {key.lower(): value for key, value in tags.items()} if isinstance(tags, dict) else {}
    return next((as_text(named[key]) for key in _TIER_TAGS if key in named), MISSING)


def tier_of(subnet: Resource) -> str | None:
    """Tier of a subnet: from its tags, else from its name without zone letter or number; None if not known."""
    tier = _tagged(subnet)
    if tier is not MISSING:
        return tier.lower() if isinstance(tier, str) else None
    stem = re.sub(r"([-_]?([a-z]{2}(-[a-z]+)+-\d)?[-_]?[a-f]|[-_][a-f]\d+|[-_]?\d+)$", "", subnet.name)
    return stem or subnet.name


def _with_others(tiers: dict[str, list[Resource]]) -> dict[str, list[Resource]]:
    """Tiers, with subnets whose names are like no other's put together.

    By the word for a tier in their names (`publicA`, `publicB`); without one, the names (`alpha`, `beta`) may as well
    be those of zones.
    """
    found: dict[str, list[Resource]] = {}
    alone: dict[str, list[Resource]] = {}
    for tier, subnets in tiers.items():
        if len(subnets) > 1 or _tagged(subnets[0]) is not MISSING:
            found[tier] = subnets
        else:
            word = _TIER_WORD.search(tier)
            alone.setdefault(word[0].lower() if word else "", []).extend(subnets)
    return found | {", ".join(sorted(subnet.name for subnet in subnets)): subnets for subnets in alone.values()}


@rule(
    "ec2-vpc-tier-zones",
    control="HA-01",
    pack="multi_az",
    title="Each tier of subnets spans several zones",
    why="a tier in one zone stops with that zone, whatever runs on it",
    fix="add a subnet of the tier in each further availability zone",
    severity="high",
    dev="advisory",
    kinds=("ec2/vpc",),
    paths=("ec2/subnet · vpcId", "ec2/subnet · availabilityZone"),
    stack_kinds=("*",),
    references=("prowler:vpc_subnet_different_az", "prowler:vpc_subnet_separate_private_public"),
    url="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html",
    settings={"zones": Setting(3, {"type": "integer", "minimum": 1}, "Fewest zones of a tier.")},
    limits="A tier is what the tag tier or SubnetType says, else the subnet's name without zone letter or number;"
    " subnets whose names are like no other's are put together by a word such as public in them, else as one tier.",
)
def tier_zones(subject: Subject) -> Iterator[Problem]:
    tiers: dict[str, list[Resource]] = {}
    for subnet in subject.stack.pointing_at(subject.resource, "ec2/subnet", "vpcId", sure=True):
        tier = tier_of(subnet)
        if tier is None:
            subject.defer("tags")
            return
        tiers.setdefault(tier, []).append(subnet)
    for tier, subnets in sorted(_with_others(tiers).items()):
        count, known = count_zones(subnets)
        if count < subject.config["zones"]:
            names = f" ({', '.join(sorted(known))})" if known else ""
            needed = int(subject.config["zones"])
            yield Problem("availabilityZone", f"tier {tier} has subnets in {count} zone(s){names}, {needed} are needed")
