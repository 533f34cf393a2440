"""Whether security groups let one network interface connect to another, from the rules in the state.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from local.state import Deployed, Resource

_EGRESS: Final = "egress"
_INGRESS: Final = "ingress"
_RULES: Final = {
    _EGRESS: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    _INGRESS: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}
_GROUPS: Final = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
# Of a classic rule; -1 is all protocols.
_TCP: Final = ("tcp", "6", "-1")
_ALL: Final = "-1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Attributes:
        why: The rules that allow the connection, or which end lacks one.
    """

    allowed: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule of one group: `other` is a group, prefix list or CIDR block; without ports it is about all of them."""

    name: str
    group: str
    other: str
    ports: range | None

    def opens(self, port: int) -> bool:
        return self.ports is None or port in self.ports


class SecurityGroups:
    """TCP connections; answers to one that was allowed need no rule."""

    def __init__(self, deployed: Deployed) -> None:
        groups = [group for token in _GROUPS for group in deployed.of_type(token)]
        networks = {vpc.id: vpc.outputs["cidrBlock"] for vpc in deployed.of_type("aws:ec2/vpc:Vpc")}
        self._names = {group.id: group.name for group in groups}
        self._vpcs = {group.id: networks[vpc] for group in groups if (vpc := group.outputs.get("vpcId")) in networks}
        self._rules = {
            direction: [*_own(deployed, direction), *_of_groups(deployed, direction)] for direction in _RULES
        }

    def allows(self, source_groups: Sequence[str], target_groups: Sequence[str], port: int) -> Verdict:
        """A connection between two interfaces of the VPC.

        A rule with a CIDR block counts if it holds all of the VPC: the interfaces of this run have no address in it.

        Args:
            source_groups: Ids of the groups of the interface that connects.
        """
        out = self._found(_EGRESS, source_groups, [*target_groups, *self._networks(target_groups)], port)
        if out is None:
            return Verdict(False, self._lacking(_EGRESS, source_groups, target_groups, port))
        into = self._found(_INGRESS, target_groups, [*source_groups, *self._networks(source_groups)], port)
        if into is None:
            return Verdict(False, self._lacking(_INGRESS, target_groups, source_groups, port))
        return Verdict(True, f"{out.name}; {into.name}")

    def allows_out(self, source_groups: Sequence[str], destination: str, port: int) -> Verdict:
        """A connection out of the VPC.

        Args:
            destination: IP address, CIDR block or id of a prefix list.
        """
        found = self._found(_EGRESS, source_groups, [destination], port)
        if found is None:
            return Verdict(False, self._lacking(_EGRESS, source_groups, [destination], port))
        return Verdict(True, found.name)

    def _networks(self, groups: Sequence[str]) -> Iterable[str]:
        return {self._vpcs[group] for group in groups if group in self._vpcs}

    def _found(self, direction: str, groups: Sequence[str], others: Sequence[str], port: int) -> _Rule | None:
        """The most specific rule that allows it, of several."""
        found = [
            rule
            for rule in self._rules[direction]
            if rule.group in groups and rule.opens(port) and any(_covers(rule.other, other) for other in others)
        ]
        return min(
            found, key=lambda rule: ip_network(rule.other).num_addresses if "/" in rule.other else 0, default=None
        )

    def _lacking(self, direction: str, groups: Sequence[str], others: Sequence[str], port: int) -> str:
        named = ", ".join(self._names.get(group, group) for group in groups) or "an interface without a group"
        ends = ", ".join(self._names.get(other, other) for other in others) or "an interface without a group"
        return f"no {direction} rule of {named} allows TCP {port} {'to' if direction == _EGRESS else 'from'} {ends}"


def _own(deployed: Deployed, direction: str) -> Iterable[_Rule]:
    """Rules that are resources of their own."""
    for resource in deployed.of_type(_RULES[direction]):
        found = resource.outputs
        ends = ("referencedSecurityGroupId", "prefixListId", "cidrIpv4", "cidrIpv6")
        if str(found["ipProtocol"]).lower() in _TCP:
            other = next(found[end] for end in ends if found.get(end))
            yield _Rule(resource.name, found["securityGroupId"], other, _ports(found["ipProtocol"], found))


def _of_groups(deployed: Deployed, direction: str) -> Iterable[_Rule]:
    """Rules in the arguments of a group."""
    for token in _GROUPS:
        for group in deployed.of_type(token):
            for position, rule in enumerate(group.outputs.get(direction) or (), start=1):
                if str(rule["protocol"]).lower() in _TCP:
                    yield from _in_line(group, rule, f"{group.name} {direction} {position}")


def _in_line(group: Resource, rule: Mapping[str, Any], name: str) -> Iterable[_Rule]:
    kinds = ("securityGroups", "prefixListIds", "cidrBlocks", "ipv6CidrBlocks")
    ends = [end for kind in kinds for end in rule.get(kind) or ()]
    for other in [*ends, *([group.id] if rule.get("self") else [])]:
        yield _Rule(name, group.id, other, _ports(rule["protocol"], rule))


def _ports(protocol: str, rule: Mapping[str, Any]) -> range | None:
    if str(protocol) == _ALL or rule.get("fromPort") in (None, -1):
        return None
    return range(int(rule["fromPort"]), int(rule["toPort"]) + 1)


def _covers(rule: str, end: str) -> bool:
    """Whether the end of a rule is this group or prefix list, or holds this address or block."""
    if "/" not in rule:
        return rule == end
    network = ip_network(rule)
    if end.startswith("pl-"):
        return network.prefixlen == 0
    if end.startswith("sg-"):
        return False
    asked = ip_network(end)
    return asked.version == network.version and asked.subnet_of(network)  # pyright: ignore[reportArgumentType]
