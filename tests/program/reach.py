"""Who can open a connection to whom, worked out from a deployed state as AWS would: by security groups alone."""

from collections.abc import Iterator
from typing import Any

import networkx as nx

Resource = dict[str, Any]

# Where each type names the groups of its network interfaces.
_GROUPS = {
    "aws:ecs/service:Service": ("networkConfiguration", "securityGroups"),
    "aws:lb/loadBalancer:LoadBalancer": ("securityGroups",),
    "aws:lambda/function:Function": ("vpcConfig", "securityGroupIds"),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("securityGroupIds",),
    "aws:elasticache/serverlessCache:ServerlessCache": ("securityGroupIds",),
    "aws:dax/cluster:Cluster": ("securityGroupIds",),
    "aws:opensearch/domain:Domain": ("vpcOptions", "securityGroupIds"),
    "aws:opensearchingest/pipeline:Pipeline": ("vpcOptions", "securityGroupIds"),
    "aws:efs/mountTarget:MountTarget": ("securityGroups",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("securityGroupIds",),
    "aws:apigatewayv2/vpcLink:VpcLink": ("securityGroupIds",),
    "aws:msk/cluster:Cluster": ("brokerNodeGroupInfo", "securityGroups"),
    "aws:msk/serverlessCluster:ServerlessCluster": ("vpcConfigs", "securityGroupIds"),
}
_OTHER_ENDS = ("referencedSecurityGroupId", "prefixListId", "cidrIpv4", "cidrIpv6")


def name_of(resource: Resource) -> str:
    """Logical name; mount targets and interface endpoints go by what they are of."""
    name = resource["urn"].rpartition("::")[2]
    if resource["type"] == "aws:efs/mountTarget:MountTarget":
        return name.rpartition("-")[0]
    is_of_network = resource["type"] == "aws:ec2/vpcEndpoint:VpcEndpoint" and name.startswith("network-")
    return "endpoints" if is_of_network else name


def reach(resources: list[Resource]) -> nx.MultiDiGraph:
    """Nodes are what has network interfaces, and what lies outside the VPC; an edge's key is the port."""
    members: dict[str, set[str]] = {}
    for resource in resources:
        for group in _groups(resource):
            members.setdefault(group, set()).add(name_of(resource))
    outside = {
        e["outputs"]["prefixListId"]: name_of_gateway(e)
        for e in resources
        if e.get("outputs", {}).get("prefixListId") and e["type"] == "aws:ec2/vpcEndpoint:VpcEndpoint"
    }
    ingress = list(_rules(resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"))
    egress = list(_rules(resources, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"))
    graph = nx.MultiDiGraph()
    let_in = {(group, other, port) for group, other, port in ingress}
    for group, other, port in egress:
        for source in members.get(group, ()):
            if other in members or other.startswith("sg-"):
                if (other, group, port) in let_in:
                    graph.add_edges_from((source, target, port) for target in members.get(other, ()))
            else:
                graph.add_edge(source, outside.get(other, other), port)
    for group, other, port in ingress:
        if not other.startswith("sg-"):
            graph.add_edges_from((outside.get(other, other), target, port) for target in members.get(group, ()))
    return graph


def name_of_gateway(resource: Resource) -> str:
    return resource["inputs"]["serviceName"].rpartition(".")[2]


def _groups(resource: Resource) -> list[str]:
    values: list[Any] = [resource.get("inputs", {})]
    path = _GROUPS.get(resource["type"])
    if path is None:
        return []
    for part in path:
        found = (value.get(part) for value in values if isinstance(value, dict))
        values = [
            item for value in found if value is not None for item in (value if isinstance(value, list) else [value])
        ]
    return values


def _rules(resources: list[Resource], type_: str) -> Iterator[tuple[str, str, int]]:
    for resource in resources:
        if resource["type"] == type_:
            inputs = resource["inputs"]
            (other,) = (inputs[end] for end in _OTHER_ENDS if inputs.get(end))
            assert inputs["fromPort"] == inputs["toPort"], "a rule opens one port"
            yield inputs["securityGroupId"], other, int(inputs["fromPort"])
