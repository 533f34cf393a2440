"""EC2: network ACLs."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import is_world
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_number, as_text, read


def _is_for_world(block: Any) -> bool:
    cidrs = [read(block, name) for name in ("cidrBlock", "ipv6CidrBlock")]
    return any(isinstance(cidr, str) and is_world(cidr) for cidr in cidrs)


def _admits(block: Any, port: int) -> bool:
    """Whether an entry is for a port; not one for the ephemeral ports of responses."""
    low, high = as_number(read(block, "fromPort")), as_number(read(block, "toPort"))
    if as_text(read(block, "protocol")) not in ("tcp", "6", "udp", "17"):
        return False
    known = isinstance(low, float) and isinstance(high, float)
    return known and low <= port <= high and not (low >= 1024 and high >= 60999)


def _denied_before(entries: list[tuple[str, Any]], block: Any, port: int) -> bool:
    """Whether an entry with a lower number denies the world a port, or may do so because a value is not known yet."""
    number = as_number(read(block, "ruleNo"))
    names = ("action", "protocol", "cidrBlock", "ipv6CidrBlock", "fromPort", "toPort")
    for _, other in entries:
        earlier = as_number(read(other, "ruleNo"))
        if other is block or not (
            UNKNOWN in (number, earlier) or (MISSING not in (number, earlier) and earlier < number)
        ):
            continue
        if any(read(other, name) is UNKNOWN for name in names):
            return True
        every = as_text(read(other, "protocol")) in ("-1", "all")
        if as_text(read(other, "action")) == "deny" and _is_for_world(other) and (every or _admits(other, port)):
            return True
    return False


@rule(
    "ec2-network-acl-admin-ports",
    control="NET-09",
    pack="guardrails",
    title="Network ACLs do not open SSH and RDP to the world",
    why="where a security group is wrong, the network ACL is the only other filter",
    fix="restrict cidr_block, or the ports, of the rule; use all protocols in the default network ACL only",
    severity="medium",
    dev="advisory",
    kinds=("ec2/networkAclRule", "ec2/networkAcl", "ec2/defaultNetworkAcl"),
    paths=("cidrBlock", "fromPort", "ec2/networkAcl · ingress"),
    references=("fsbp:EC2.21", "checkov:CKV_AWS_231", "checkov:CKV_AWS_232", "trivy:AVD-AWS-0105"),
    limits="A rule for all protocols is not reported in the default network ACL, where AWS creates it. Ephemeral"
    " ports of responses (1024 to 65535) must be open and are not reported.",
)
def network_acl(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if resource.kind == "ec2/networkAclRule":
        if subject.flag("egress") in (True, UNKNOWN):
            return
        entries: list[tuple[str, Any]] = [("", resource.props)]
    else:
        entries = list(subject.blocks("ingress"))
    for place, block in entries:
        action = as_text(read(block, "ruleAction" if not place else "action"))
        if action != "allow" or not _is_for_world(block):
            continue
        protocol = as_text(read(block, "protocol"))
        everything = protocol in ("-1", "all") and resource.kind != "ec2/defaultNetworkAcl"
        hit = [port for port in (22, 3389) if _admits(block, port) and not _denied_before(entries, block, port)]
        if everything or hit:
            what = "all protocols" if everything else f"port {hit[0]}"
            yield Problem(place or "cidrBlock", f"{place or 'the rule'} must not open {what} to the world")
