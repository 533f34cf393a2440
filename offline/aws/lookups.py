"""Functions that look a resource up: where their names and the form of their answers differ from the resource's."""

from collections.abc import Callable, Mapping
from typing import Any

from offline.wire import Properties

# Look-ups whose names differ from the resource's: invoke -> (resource type, argument -> property).
LOOKUPS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ec2/getElasticIp": ("aws:ec2/eip:Eip", {}),
    "lambda/getFunction": ("aws:lambda/function:Function", {"functionName": "name"}),
    "ecs/getCluster": ("aws:ecs/cluster:Cluster", {"clusterName": "name"}),
    "cognito/getUserPool": ("aws:cognito/userPool:UserPool", {"userPoolId": "id"}),
    "secretsmanager/getSecretVersion": ("aws:secretsmanager/secretVersion:SecretVersion", {}),
    "sns/getTopic": ("aws:sns/topic:Topic", {}),
    "ec2/getVpc": ("aws:ec2/vpc:Vpc", {}),
    "ecs/getService": ("aws:ecs/service:Service", {"clusterArn": "cluster", "serviceName": "name"}),
}
PLURALS: Mapping[str, str] = {
    "ec2/getSubnets": "aws:ec2/subnet:Subnet",
    "ec2/getVpcs": "aws:ec2/vpc:Vpc",
    "ec2/getSecurityGroups": "aws:ec2/securityGroup:SecurityGroup",
    "ec2/getRouteTables": "aws:ec2/routeTable:RouteTable",
    "ec2/getNetworkAcls": "aws:ec2/networkAcl:NetworkAcl",
}


def down(token: str, identifier: str) -> str:
    """Name of the note on a resource that was made and did not come up."""
    return f"down|{token}|{identifier}"


def _listener_rule(outputs: Properties, _: bool) -> Properties:
    """https://www.pulumi.com/registry/packages/aws/api-docs/lb/getlistenerrule/: blocks are lists here."""

    def action(given: Mapping[str, Any]) -> Properties:
        target = given.get("targetGroupArn")
        forward = given.get("forward") or (target and {"targetGroups": [{"arn": target, "weight": 1}]})
        blocks = {"forwards": forward, "fixedResponses": given.get("fixedResponse"), "redirects": given.get("redirect")}
        return {
            "order": given.get("order", 1),
            "type": given["type"],
            **{name: [block] for name, block in blocks.items() if block},
        }

    kept = {key: outputs.get(key) for key in ("arn", "listenerArn", "priority")}
    return {**kept, "actions": [action(given) for given in outputs.get("actions") or ()]}


def _service(outputs: Properties, up: bool) -> Properties:
    """The service in its steady state, or after its first deployment has failed: ECS starts no more tasks."""
    desired = int(outputs.get("desiredCount") or 0)
    return {
        "arn": outputs.get("arn"),
        "status": "ACTIVE",
        "taskDefinition": outputs.get("taskDefinition"),
        "desiredCount": desired,
        "runningCount": desired if up else 0,
        "pendingCount": 0,
    }


SHAPES: Mapping[str, Callable[[Properties, bool], Properties]] = {
    "ecs/getService": _service,
    "lb/getListenerRule": _listener_rule,
}
"""Answer from the outputs of a resource, and whether it has come up."""
