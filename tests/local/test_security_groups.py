"""Connections by the rules of security groups."""

from collections.abc import Sequence
from typing import Any

import pytest

from local.security_groups import SecurityGroups
from local.state import Deployed
from tests.local.gate_state import entry

_GROUP = "aws:ec2/securityGroup:SecurityGroup"


def _rule(direction: str, group: str, ports: Sequence[int], protocol: str = "tcp", **end: str) -> dict[str, Any]:
    kind = "Ingress" if direction == "in" else "Egress"
    where = {"securityGroupId": group, "ipProtocol": protocol, "fromPort": ports[0], "toPort": ports[-1], **end}
    name = f"{group}-{direction}-{ports[0]}-{next(iter(end.values()))}"
    return entry(f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule", name, f"sgr-{name}", **where)


def _group(name: str, **rules: Any) -> dict[str, Any]:
    return entry(_GROUP, name, f"sg-{name}", vpcId="vpc-1", **rules)


def _to(name: str) -> dict[str, str]:
    return {"referencedSecurityGroupId": f"sg-{name}"}


def _in_line(protocol: str, port: int, **ends: Any) -> dict[str, Any]:
    return {"protocol": protocol, "fromPort": port, "toPort": port, **ends}


GROUPS = SecurityGroups(
    Deployed(
        [
            entry("aws:ec2/vpc:Vpc", "network", "vpc-1", cidrBlock="10.10.0.0/16"),
            *map(_group, ("web", "app", "cache", "nat", "spread", "wide", "none")),
            _group("old", egress=[_in_line("-1", 0, cidrBlocks=["0.0.0.0/0"])], ingress=[
                _in_line("tcp", 80, securityGroups=["sg-web"]), _in_line("6", 90, self=True),
                _in_line("udp", 53, cidrBlocks=["0.0.0.0/0"])]),
            _rule("out", "sg-web", [8080], **_to("app")),
            _rule("out", "sg-web", [80], **_to("old")),
            _rule("out", "sg-web", [6379], **_to("cache")),
            _rule("in", "sg-app", [8080], **_to("web")),
            _rule("out", "sg-app", [6379], **_to("cache")),
            _rule("in", "sg-cache", [6379], **_to("app")),
            _rule("out", "sg-nat", [443], cidrIpv4="0.0.0.0/0"),
            _rule("out", "sg-nat", [443], **_to("cache")),
            _rule("in", "sg-cache", [443], cidrIpv4="10.0.0.0/8"),
            _rule("in", "sg-cache", [443], cidrIpv4="10.10.0.0/16"),
            _rule("out", "sg-nat", [443], cidrIpv6="2001:db8::/32"),
            _rule("out", "sg-nat", [9000], prefixListId="pl-1"),
            _rule("in", "sg-nat", [443], prefixListId="pl-2"),
            _rule("out", "sg-spread", [1000, 2000], cidrIpv4="10.10.0.0/16"),
            _rule("in", "sg-wide", [0, 65535], protocol="-1", cidrIpv4="10.0.0.0/8"),
            _rule("out", "sg-wide", [53], protocol="udp", cidrIpv4="0.0.0.0/0"),
            _rule("out", "sg-wide", [10], cidrIpv4="10.10.3.0/24"),
        ]
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target", "port", "allowed", "why"),
    [
        (["web"], ["app"], 8080, True, "sg-web-out-8080-sg-app; sg-app-in-8080-sg-web"),
        (["web"], ["app"], 8081, False, "no egress rule of web allows TCP 8081 to app"),
        (["app"], ["web"], 8080, False, "no egress rule of app allows TCP 8080 to web"),
        (["web"], ["cache"], 6379, False, "no ingress rule of cache allows TCP 6379 from web"),
        (["web", "app"], ["cache"], 6379, True, "sg-web-out-6379-sg-cache; sg-cache-in-6379-sg-app"),
        (["none"], ["cache"], 6379, False, "no egress rule of none"),
        ([], ["cache"], 6379, False, "an interface without a group"),
        (["web"], [], 8080, False, "to an interface without a group"),
        (["web"], ["old"], 80, True, "sg-web-out-80-sg-old; old ingress 1"),
        (["old"], ["old"], 90, True, "old egress 1; old ingress 2"),
        (["old"], ["old"], 53, False, "no ingress rule of old allows TCP 53"),
        (["old"], ["app"], 8080, False, "no ingress rule of app"),
        (["spread"], ["wide"], 1500, True, "sg-spread-out-1000"),
        (["spread"], ["wide"], 2001, False, "no egress rule"),
        (["wide"], ["wide"], 53, False, "no egress rule"),
        (["wide"], ["wide"], 10, False, "no egress rule"),
        (["nat"], ["wide"], 443, True, "sg-nat-out-443"),
        (["nat"], ["cache"], 443, True, "sg-nat-out-443-sg-cache; sg-cache-in-443-10.10.0.0/16"),
    ],
)
def test_a_connection_needs_a_rule_at_both_ends(
    source: list[str], target: list[str], port: int, allowed: bool, why: str
) -> None:
    verdict = GROUPS.allows([f"sg-{name}" for name in source], [f"sg-{name}" for name in target], port)
    assert (verdict.allowed, why in verdict.why) == (allowed, True), verdict


@pytest.mark.parametrize(
    ("group", "destination", "port", "allowed"),
    [
        ("nat", "192.0.2.1", 443, True),
        ("nat", "0.0.0.0/0", 443, True),
        ("nat", "192.0.2.1", 80, False),
        ("nat", "2001:db8::1", 443, True),
        ("nat", "2001:db9::1", 443, False),
        ("nat", "pl-1", 9000, True),
        ("nat", "pl-2", 9000, False),
        ("nat", "pl-2", 443, True),
        ("web", "192.0.2.1", 8080, False),
        ("spread", "10.10.200.1", 2000, True),
        ("spread", "0.0.0.0/0", 2000, False),
    ],
)
def test_a_connection_out_of_the_vpc_needs_a_rule(group: str, destination: str, port: int, allowed: bool) -> None:
    assert GROUPS.allows_out([f"sg-{group}"], destination, port).allowed is allowed


def test_the_program_s_services_reach_those_that_they_call_only(deployed: Deployed) -> None:
    groups = SecurityGroups(deployed)
    named = {group.name: [group.id] for group in deployed.of_type(_GROUP)}
    assert groups.allows(named["app-balancer"], named["app-orders"], 8080).allowed
    assert not groups.allows(named["app-orders"], named["app-balancer"], 443).allowed
    assert not groups.allows(named["web-service"], named["app-orders"], 8080).allowed
    assert groups.allows_out(named["app-payments"], "0.0.0.0/0", 443).allowed
