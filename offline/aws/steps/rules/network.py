"""Subnets, and what lives in them."""

import ipaddress
from collections.abc import Iterator

from offline.aws.steps.step import Neighbour, Step, step_rule
from offline.checks.block import Block
from offline.checks.formats import network

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Groups of subnets: AWS's code, and the types whose nodes sit in the subnets.
_GROUPS = {
    "elasticache/subnetGroup": ("SubnetInUse", ("elasticache/replicationGroup", "elasticache/cluster")),
    "dax/subnetGroup": ("SubnetInUse", ("dax/cluster",)),
    "rds/subnetGroup": ("SubnetAlreadyInUse", ("rds/cluster", "rds/instance")),
}


@step_rule("ec2/subnet", on=("create",))
def overlap(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html, pulumi/pulumi-awsx#910, aws/aws-cdk#25099"""
    block = network(step.new.text("cidrBlock"))
    for other in step.around.mentioning(step.new.text("vpcId"), "ec2/subnet") if block else ():
        taken = network(other.inputs.text("cidrBlock"))
        if block and taken and _overlap(block, taken):
            yield f"InvalidSubnet.Conflict: The CIDR '{block}' conflicts with another subnet ({taken} of {other.id})"


def _overlap(one: Network, other: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return one.overlaps(other)
    return isinstance(one, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network) and one.overlaps(other)


@step_rule(*_GROUPS, on=("update",))
def occupied_subnet(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheSubnetGroup.html"""
    code, kinds = _GROUPS[step.kind]
    name = step.old.text("name")
    for subnet in _left_out(step, "subnetIds"):
        for user in step.around.mentioning(name, *kinds):
            if subnet in _occupied(step.old, user):
                yield f"{code}: The subnet ID {subnet} is in use by {user.kind} {user.id} (property subnetIds)"


def _left_out(step: Step, key: str) -> Iterator[str]:
    """The ids that a list had and certainly will not have; in a preview also those of subnets to be replaced."""
    if step.new.count(key) is None:
        return
    kept = {text for _, text in step.new.texts(key)}
    for _, subnet in step.old.texts(key):
        found = step.around.named(subnet, "ec2/subnet")
        if subnet not in kept and (step.new.settled(key) or (found and step.around.is_replaced(found))):
            yield subnet


def _occupied(group: Block, user: Neighbour) -> set[str]:
    """Nodes are spread over the subnets in their order."""
    args = user.inputs
    shards = args.number("numNodeGroups") or 1
    replicas = args.number("replicasPerNodeGroup") or 0
    nodes = args.number("numCacheClusters") or args.number("numCacheNodes") or args.number("replicationFactor")
    subnets = [text for _, text in group.texts("subnetIds")]
    return set(subnets[: int(nodes or shards * (replicas + 1))])


@step_rule("ec2/vpcEndpoint", on=("create", "update"))
def private_name(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"""
    service, vpc = step.new.text("serviceName"), step.new.text("vpcId")
    is_interface = step.new.text("vpcEndpointType") == "Interface"
    for other in step.around.mentioning(vpc, "ec2/vpcEndpoint") if service else ():
        if other.inputs.text("serviceName") != service or not other.stays:
            continue
        if is_interface and step.new.flag("privateDnsEnabled") and other.inputs.flag("privateDnsEnabled"):
            yield (
                "InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain "
                f"for {service} in the VPC {vpc} ({other.id})"
            )
        mine, theirs = ({text for _, text in args.texts("routeTableIds")} for args in (step.new, other.inputs))
        if mine & theirs:
            yield (
                f"RouteAlreadyExists: route table {min(mine & theirs)} already has a route with the prefix list of "
                f"{service} ({other.id})"
            )


@step_rule("efs/mountTarget", on=("create",))
def one_mount_target_in_a_zone(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html"""
    zone = _zone(step, step.new.text("subnetId"))
    for other in step.around.mentioning(step.new.text("fileSystemId"), "efs/mountTarget"):
        if zone and _zone(step, other.inputs.text("subnetId")) == zone:
            yield f"MountTargetConflict: mount target already exists in this AZ ({zone}: {other.id})"


def _zone(step: Step, subnet: str | None) -> str | None:
    found = step.around.named(subnet, "ec2/subnet")
    return found.outputs.text("availabilityZone") if found else None


@step_rule("networkfirewall/firewall", on=("update",))
def change_protection(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_AssociateSubnets.html"""
    protections = {"subnetChangeProtection": "subnetMappings", "firewallPolicyChangeProtection": "firewallPolicyArn"}
    for flag, key in protections.items():
        if step.old.flag(flag) and step.new.flag(flag) and step.changes(key):
            yield f"InvalidOperationException: {flag} is enabled (property {key})"


@step_rule("networkfirewall/firewall", on=("update",))
def one_endpoint_in_a_zone(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_AssociateSubnets.html

    The provider associates the new subnets before it takes the old ones away.
    """
    before = {mapping.text("subnetId") for mapping in step.old.blocks("subnetMappings")}
    zones = {_zone(step, subnet): subnet for subnet in before if subnet}
    for mapping in step.new.blocks("subnetMappings"):
        subnet = mapping.text("subnetId")
        zone = _zone(step, subnet) if subnet not in before else None
        if zone and zone in zones:
            yield (
                f"InvalidRequestException: one subnet for each Availability Zone: {zone} has {zones[zone]} "
                f"(property {mapping.at('subnetId')})"
            )
