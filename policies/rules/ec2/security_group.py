"""EC2: security groups."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import is_world
from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import as_list, as_text, read
from policies.rules.helpers.security_groups import GROUP, INGRESS, INGRESS_KINDS, RULE, Ingress, ingress_in

_EGRESS = "vpc/securityGroupEgressRule"
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
_LISTS = ("ec2/managedPrefixList", "ec2/managedPrefixListEntry")


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
            yield ingress, f"{ingress.place} allows {', '.join(world)} on {_spell(ingress.ports)}", ingress.ports


@rule(
    "ec2-security-group-admin-ports",
    control="NET-02",
    pack="guardrails",
    title="SSH, RDP and the ports of data stores are never open to the world",
    why="attackers scan the internet for remote shells, caches, brokers and file systems",
    fix="remove the rule; use Session Manager for administration and a security group as the source for data",
    severity="critical",
    dev="mandatory",
    kinds=INGRESS_KINDS,
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
            yield Problem(ingress.path, f"{text}: must not open {', '.join(hit[:5])} to the world")


def _stores_of(stack: Stack, group: Resource) -> list[str]:
    """Names of the data stores that use a security group."""
    return sorted(
        store.name
        for kind, path in _DATA.items()
        for store in stack.pointing_at(group, kind, path)
        if any(meant.urn == group.urn for meant in stack.referred(store, path, GROUP).resources)
    )


def _open_egress(block: Any, protocol: str, *cidrs: str) -> bool:
    everything = as_text(read(block, protocol)) in ("-1", "all")
    return everything and any(
        isinstance(cidr, str) and is_world(cidr) for name in cidrs for cidr in as_list(read(block, name))
    )


@rule(
    "ec2-security-group-data-egress",
    control="NET-04",
    pack="guardrails",
    title="Security groups of data stores do not allow all egress",
    why="data stores open no connections; only an attacker could use the egress to send data out",
    fix="remove the egress rule for 0.0.0.0/0 from the security groups of caches, search, brokers and file systems",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=(GROUP, RULE, _EGRESS),
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
        if resource.kind == RULE and read(resource.props, "type") != "egress":
            return
        own = ("protocol", "cidrBlocks", "ipv6CidrBlocks") if resource.kind == RULE else ()
        is_open = _open_egress(resource.props, *(own or ("ipProtocol", "cidrIpv4", "cidrIpv6")))
        groups = stack.referred(resource, "securityGroupId", GROUP).resources
    for group in groups if is_open else ():
        stores = _stores_of(stack, group)
        if stores:
            yield Problem("egress", f"egress of {', '.join(stores[:3])} must not allow the whole world")


@rule(
    "ec2-security-group-data-stores",
    control="NET-03",
    pack="guardrails",
    title="Security groups of data stores allow security groups, not addresses",
    why="any resource with an address in the range could read caches, indices and topics",
    fix="name the clients' security group in referenced_security_group_id (source_security_group_id, security_groups)",
    severity="high",
    dev="advisory",
    kinds=(GROUP, RULE, INGRESS),
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
                admits = f"{ingress.place} allows {', '.join(ingress.cidrs)}"
                yield Problem(ingress.path, f"{admits} to {', '.join(stores[:3])}: must name a security group instead")


@rule(
    "ec2-security-group-described",
    control="NET-19",
    pack="guardrails",
    title="Security groups and their rules have a description",
    why="nobody dares to delete a rule of unknown purpose",
    fix="set description to the purpose and the client (a security group's own cannot be changed later)",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=(GROUP, RULE, INGRESS, _EGRESS),
    paths=("description",),
    references=("cdk-nag:EC27", "trivy:AVD-AWS-0099", "trivy:AVD-AWS-0124"),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
)
def described(subject: Subject) -> Iterator[Problem]:
    if not subject.has("description") or subject.text("description") == "Managed by Pulumi":
        yield subject.problem("description", "must state the purpose")


@rule(
    "ec2-security-group-one-rule-style",
    control="NET-20",
    pack="guardrails",
    title="A security group has inline rules or standalone ones, not both",
    why="each kind deletes the other's rules in turn, and the last update decides which ports are open",
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
    directions = {"ingress": (RULE, INGRESS), "egress": (RULE, _EGRESS)}
    for direction, kinds in directions.items():
        if not as_list(read(subject.resource.props, direction)):
            continue
        standalone = [
            entry.name
            for kind in kinds
            for entry in subject.stack.pointing_at(subject.resource, kind, "securityGroupId", sure=True)
            if kind != RULE or read(entry.props, "type") == direction
        ]
        if standalone:
            yield Problem(
                direction, f"{direction} must not be inline: {', '.join(sorted(standalone)[:3])} is standalone"
            )


@rule(
    "ec2-security-group-world-open",
    control="NET-01",
    pack="guardrails",
    title="Only ports of the edge are open to the world",
    why="attackers scan every open port within minutes",
    fix="name a security group or a prefix list as the source instead of 0.0.0.0/0 or ::/0",
    severity="critical",
    dev="mandatory",
    kinds=(*INGRESS_KINDS, *_LISTS),
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
                "entries", "the prefix list must not hold the whole internet: rules that name it are open to the world"
            )
        return
    allowed = {int(port) for port in subject.config["edge_ports"]}
    for ingress, text, ports in _world_open(subject):
        if len(ports) > len(allowed) or not allowed.issuperset(ports):
            spelled = ", ".join(map(str, sorted(allowed))) or "none"
            yield Problem(ingress.path, f"{text}: only {spelled} may be open to the world")
