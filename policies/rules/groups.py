"""Security groups and network ACLs: data stores admit groups, rules have one style, nothing uses the defaults."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import is_world
from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_number, as_text, read
from policies.rules.network import GROUP, ingress_in

_RULE, _INGRESS, _EGRESS = (
    "ec2/securityGroupRule",
    "vpc/securityGroupIngressRule",
    "vpc/securityGroupEgressRule",
)
_DATA = {
    "elasticache/replicationGroup": "securityGroupIds",
    "elasticache/serverlessCache": "securityGroupIds",
    "elasticache/cluster": "securityGroupIds",
    "dax/cluster": "securityGroupIds",
    "msk/cluster": "brokerNodeGroupInfo.securityGroups",
    "opensearch/domain": "vpcOptions.securityGroupIds",
    "efs/mountTarget": "securityGroups",
    "rds/cluster": "vpcSecurityGroupIds",
    "rds/instance": "vpcSecurityGroupIds",
}


def _stores_of(stack: Stack, group: Resource) -> list[str]:
    """Names of the data stores that have a group."""
    return sorted(
        store.name
        for kind, path in _DATA.items()
        for store in stack.pointing_at(group, kind, path)
        if any(meant.urn == group.urn for meant in stack.referred(store, path, GROUP).resources)
    )


@rule(
    "ec2-security-group-data-stores",
    control="NET-03",
    pack="guardrails",
    title="Security groups of data stores admit groups, not addresses",
    why="everything that ever gets an address of the network could read caches, indices and topics",
    fix="name the clients' group in referenced_security_group_id (source_security_group_id, security_groups)",
    severity="high",
    dev="advisory",
    kinds=(GROUP, _RULE, _INGRESS),
    paths=("ingress[].cidrBlocks", "ec2/securityGroupRule · cidrBlocks", "vpc/securityGroupIngressRule · cidrIpv4"),
    stack_kinds=("*",),
    references=("prowler:elasticache_cluster_uses_public_subnet",),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
)
def data_stores(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    admitted = [ingress for ingress in ingress_in(resource) if ingress.cidrs]
    if not admitted:
        return
    own = resource.kind == GROUP
    groups = (resource,) if own else stack.referred(resource, "securityGroupId", GROUP).resources
    for group in groups:
        stores = _stores_of(stack, group)
        if stores:
            for ingress in admitted:
                admits = f"{ingress.place} admits {', '.join(ingress.cidrs)}"
                yield Problem(ingress.path, f"{admits} to {', '.join(stores[:3])}")


@rule(
    "ec2-security-group-one-rule-style",
    control="NET-20",
    pack="guardrails",
    title="A security group has inline rules or standalone ones, not both",
    why="the two delete each other's rules in turn: what is open depends on which was updated last",
    fix="move all rules into vpc.SecurityGroupIngressRule and SecurityGroupEgressRule",
    severity="medium",
    dev="mandatory",
    kinds=(GROUP,),
    paths=(
        "ingress",
        "egress",
        "vpc/securityGroupIngressRule · securityGroupId",
        "vpc/securityGroupEgressRule · securityGroupId",
        "ec2/securityGroupRule · type",
    ),
    stack_kinds=("*",),
    url="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygroup/",
)
def one_rule_style(subject: Subject) -> Iterator[Problem]:
    directions = {"ingress": (_RULE, _INGRESS), "egress": (_RULE, _EGRESS)}
    for direction, kinds in directions.items():
        if not as_list(read(subject.resource.props, direction)):
            continue
        standalone = [
            entry.name
            for kind in kinds
            for entry in subject.stack.pointing_at(subject.resource, kind, "securityGroupId", sure=True)
            if kind != _RULE or read(entry.props, "type") == direction
        ]
        if standalone:
            yield Problem(
                direction, f"{direction} has inline rules, and {', '.join(sorted(standalone)[:3])} stands alone"
            )


@rule(
    "ec2-vpc-no-default-network",
    control="NET-18",
    pack="guardrails",
    title="Nothing uses the default VPC",
    why="its subnets are all public, and whatever is started without a network lands there",
    fix="make a VPC with private subnets, and place the resources there",
    severity="high",
    dev="mandatory",
    kinds=("ec2/defaultVpc", "ec2/defaultSubnet"),
    paths=("tags",),
    references=("checkov:CKV_AWS_148", "trivy:AVD-AWS-0101"),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html",
)
def no_default_network(subject: Subject) -> Iterator[Problem]:
    what = "VPC" if subject.resource.kind == "ec2/defaultVpc" else "subnet"
    yield Problem("tags", f"the account's default {what} is used")


@rule(
    "ec2-network-acl-admin-ports",
    control="NET-09",
    pack="guardrails",
    title="Network ACLs do not open administration to the world",
    why="the second line of defence is gone where the first one fails",
    fix="narrow cidr_block, or the ports, of the rule; leave all protocols to the default network ACL",
    severity="medium",
    dev="advisory",
    kinds=("ec2/networkAclRule", "ec2/networkAcl", "ec2/defaultNetworkAcl"),
    paths=("cidrBlock", "fromPort", "ec2/networkAcl · ingress"),
    references=("fsbp:EC2.21", "checkov:CKV_AWS_231", "checkov:CKV_AWS_232", "trivy:AVD-AWS-0105"),
    limits="A rule of all protocols is found in network ACLs of one's own, not in the default one, which is made so."
    " The ports of answers (1024 to 65535) must be open and are left alone.",
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
            yield Problem(place or "cidrBlock", f"{place or 'the rule'} admits the world to {what}")


def _is_for_world(block: Any) -> bool:
    cidrs = [read(block, name) for name in ("cidrBlock", "ipv6CidrBlock")]
    return any(isinstance(cidr, str) and is_world(cidr) for cidr in cidrs)


def _admits(block: Any, port: int) -> bool:
    """Whether an entry is for a port, and not for the ports at which answers come back."""
    low, high = as_number(read(block, "fromPort")), as_number(read(block, "toPort"))
    if as_text(read(block, "protocol")) not in ("tcp", "6", "udp", "17"):
        return False
    known = isinstance(low, float) and isinstance(high, float)
    return known and low <= port <= high and not (low >= 1024 and high >= 60999)


def _denied_before(entries: list[tuple[str, Any]], block: Any, port: int) -> bool:
    """Whether an entry with a lower number denies the world a port, or may do so by what is not known yet."""
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


def _open_egress(block: Any, protocol: str, *cidrs: str) -> bool:
    everything = as_text(read(block, protocol)) in ("-1", "all")
    return everything and any(
        isinstance(cidr, str) and is_world(cidr) for name in cidrs for cidr in as_list(read(block, name))
    )


@rule(
    "ec2-security-group-data-egress",
    control="NET-04",
    pack="guardrails",
    title="Security groups of data stores do not let everything out",
    why="data stores answer and never call: a way out is only of use to whoever takes data away",
    fix="leave the egress rule of 0.0.0.0/0 out of the groups of caches, search, brokers and file systems",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=(GROUP, _RULE, _EGRESS),
    paths=("egress[].cidrBlocks", "vpc/securityGroupEgressRule · cidrIpv4"),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_382", "trivy:AVD-AWS-0104"),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
)
def data_egress(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == GROUP:
        blocks = [block for _, block in subject.blocks("egress")]
        is_open = any(_open_egress(block, "protocol", "cidrBlocks", "ipv6CidrBlocks") for block in blocks)
        groups: tuple[Resource, ...] = (resource,)
    else:
        if resource.kind == _RULE and read(resource.props, "type") != "egress":
            return
        own = ("protocol", "cidrBlocks", "ipv6CidrBlocks") if resource.kind == _RULE else ()
        is_open = _open_egress(resource.props, *(own or ("ipProtocol", "cidrIpv4", "cidrIpv6")))
        groups = stack.referred(resource, "securityGroupId", GROUP).resources
    for group in groups if is_open else ():
        stores = _stores_of(stack, group)
        if stores:
            yield Problem("egress", f"egress of {', '.join(stores[:3])} goes to the whole world")


@rule(
    "ec2-security-group-described",
    control="NET-19",
    pack="guardrails",
    title="Security groups and their rules say what they are for",
    why="nobody dares to delete a rule whose purpose is not known",
    fix="set description to the purpose and the client (a group's own cannot be changed later)",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=(GROUP, _RULE, _INGRESS, _EGRESS),
    paths=("description",),
    references=("cdk-nag:EC27", "trivy:AVD-AWS-0099", "trivy:AVD-AWS-0124"),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
)
def described(subject: Subject) -> Iterator[Problem]:
    if not subject.has("description") or subject.text("description") == "Managed by Pulumi":
        yield subject.problem("description", "the purpose is not told")
