"""What security groups allow, in every form of their rules."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from policies.library.resources import Resource, Stack
from policies.library.values import MISSING, UNKNOWN, as_list, as_number, as_text, read

GROUP = "ec2/securityGroup"
RULE = "ec2/securityGroupRule"
INGRESS = "vpc/securityGroupIngressRule"
INGRESS_KINDS = (GROUP, "ec2/defaultSecurityGroup", RULE, INGRESS)


class Ingress(NamedTuple):
    """What one rule allows, in any form of rule."""

    place: str
    path: str
    """Property that names the source."""
    cidrs: tuple[str, ...]
    prefix_list: bool
    ports: range | None
    """None if protocol or ports are not known."""


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
    """What a security group's inline rules, or a standalone rule, allow."""
    props, kind = resource.props, resource.kind
    if kind == INGRESS:
        cidrs = _texts(props, "cidrIpv4", "cidrIpv6")
        listed = read(props, "prefixListId") is not MISSING
        path = "cidrIpv4" if read(props, "cidrIpv4") is not MISSING else "cidrIpv6"
        yield Ingress(resource.name, path, cidrs, listed, _ports(props, "ipProtocol"))
    elif kind == RULE and read(props, "type") == "ingress":
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
    """Everything that a security group allows, by inline and standalone rules."""
    yield from ingress_in(group)
    for kind in (RULE, INGRESS):
        for standalone in stack.pointing_at(group, kind, "securityGroupId", sure=True):
            yield from ingress_in(standalone)
