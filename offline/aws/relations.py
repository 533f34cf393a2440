"""Refusals because of other resources: references to resources that do not exist, deletion of resources in use."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from offline.aws.cloud import PENDING_DELETION, Cloud, Resource
from offline.aws.cloud_control import texts_stated
from offline.kinds import kind_of
from offline.tables import rows, words
from offline.wire import Properties, plain, texts

_EC2_ID = re.compile(
    r"(vpc|subnet|sg|igw|eigw|nat|rtb|acl|eipalloc|vpce|eni|i|lt|fs|fsap|pcx|tgw|dopt|fl|vgw|cgw)-[0-9a-f]{8,17}"
)
_ARN = re.compile(r"arn:(aws[\w-]*):([\w-]+):([\w-]*):(\d{12}):(.+)")
_NOT_FOUND: Mapping[str, str] = {
    "vpc": "InvalidVpcID.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "nat": "NatGatewayNotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "acl": "InvalidNetworkAclID.NotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "i": "InvalidInstanceID.NotFound",
    "fs": "FileSystemNotFound",
    "fsap": "AccessPointNotFound",
}
# ARNs that must exist when they are given as input: service, beginning of the resource part, AWS's error.
_LOOKED_AT: tuple[tuple[str, str, str], ...] = (
    ("iam", "role/", "InvalidParameterValue"),
    ("iam", "policy/", "NoSuchEntity"),
    ("kms", "key/", "NotFoundException"),
    ("acm", "certificate/", "CertificateNotFound"),
    ("elasticloadbalancing", "targetgroup/", "TargetGroupNotFound"),
    ("elasticloadbalancing", "loadbalancer/", "LoadBalancerNotFound"),
    ("elasticloadbalancing", "listener/", "ListenerNotFound"),
    ("wafv2", "", "WAFNonexistentItemException"),
    ("ecs", "cluster/", "ClusterNotFoundException"),
    ("firehose", "deliverystream/", "ResourceNotFoundException"),
    ("lambda", "function:", "ResourceNotFoundException"),
    ("kafka", "cluster/", "NotFoundException"),
)
# A role with this path is made by AWS when a service needs it.
_MADE_BY_AWS = ("role/aws-service-role/", "role/service-role/")
# Inputs in which AWS looks for no references.
_TEXTS = frozenset({"tags", "tagsAll", "description", "comment", "environment", "policy", "assumeRolePolicy"})

# Everything with network interfaces of its own.
_NETWORKED = """
    lb/loadBalancer ec2/vpcEndpoint ec2/networkInterface ec2/instance ecs/service lambda/function efs/mountTarget
    opensearch/domain opensearch/serverlessVpcEndpoint msk/cluster msk/serverlessCluster apigateway/vpcLink
    apigatewayv2/vpcLink elasticache/replicationGroup elasticache/serverlessCache elasticache/cluster rds/cluster
    rds/instance dax/cluster memorydb/cluster route53/resolverEndpoint cloudfront/vpcOrigin
    networkfirewall/firewall
"""
# A rule is deleted with its own group; it blocks only the group that it names as source or destination.
_HARMLESS: Mapping[tuple[str, str], frozenset[str]] = {
    ("ec2/securityGroup", user): frozenset({"securityGroupId"})
    for user in ("ec2/securityGroupRule", "vpc/securityGroupIngressRule", "vpc/securityGroupEgressRule")
}
# Types that the provider empties before deletion if `forceDestroy` is set.
_EMPTIED = frozenset({"s3/bucket", "route53/zone", "backup/vault", "ecr/repository"})


@cache
def _holders() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Type to AWS's words and the types of users that block its deletion."""
    table = rows("aws/in_use.txt", 3)
    return {kind: (says, words(users.replace("NETWORKED", _NETWORKED))) for kind, says, users in table}


@cache
def _protections() -> Mapping[str, tuple[str, str, str]]:
    return {kind: (flag, value, says) for kind, flag, value, says in rows("aws/protected.txt", 4)}


@cache
def _contents() -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    """Type to the inputs that name it in what does not outlive it, and the types of that."""
    return {kind: (words(inputs), words(types)) for kind, inputs, types in rows("aws/contents.txt", 3)}


class RefusedError(Exception):
    """AWS's refusal, in its words as far as they are known."""


def uses_of(inputs: Properties) -> list[tuple[str, str]]:
    """`(path, text)` of the inputs that may name another resource; secrets never do."""
    given = {key: value for key, value in inputs.items() if key not in _TEXTS and key != "__defaults"}
    found = list(texts(given))
    # Pipes have a `desiredState` of one word.
    state = plain(given.get("desiredState")) if "typeName" in given else None
    if isinstance(state, str):
        found += texts_stated(state)
    return [(path, text) for path, text in found if 2 < len(text) < 300 and "\n" not in text]


def require_targets(cloud: Cloud, inputs: Properties, *, account: str, region: str) -> None:
    """Refuses inputs that name a resource which does not exist in the account and Region.

    Raises:
        RefusedError: naming the property and the id or ARN.
    """
    for path, text in uses_of(inputs):
        problem = _missing_id(cloud, text, account, region) or _missing_arn(cloud, text, account)
        if problem:
            raise RefusedError(f"{problem} (property {path})")


def require_ids(cloud: Cloud, inputs: Properties, *, account: str, region: str) -> None:
    """Like `require_targets`, for the ids that AWS makes up: nobody knows one before its resource exists."""
    for path, text in uses_of(inputs):
        problem = _missing_id(cloud, text, account, region)
        if problem:
            raise RefusedError(f"{problem} (property {path})")


def _missing_id(cloud: Cloud, text: str, account: str, region: str) -> str:
    if not _EC2_ID.fullmatch(text) or cloud.named(text, account=account, region=region) is not None:
        return ""
    code = _NOT_FOUND.get(text.split("-")[0], "InvalidParameterValue")
    return f"{code}: '{text}' does not exist in {region} of account {account}"


def _missing_arn(cloud: Cloud, text: str, account: str) -> str:
    arn = _ARN.fullmatch(text)
    if arn is None or arn.group(4) != account or "*" in text:
        return ""
    service, resource = arn.group(2), arn.group(5)
    for of, beginning, code in _LOOKED_AT:
        if service == of and resource.startswith(beginning) and not resource.startswith(_MADE_BY_AWS):
            found = cloud.named(text) or cloud.named(re.sub(r":[\w$-]+$", "", text))
            if found is None:
                return f"{code}: '{text}' does not exist"
            if found.status == PENDING_DELETION and service == "kms":
                return f"KMSInvalidStateException: '{text}' is pending deletion"
    return ""


def require_unprotected(resource: Resource) -> None:
    """
    Raises:
        RefusedError: a flag keeps the resource from being deleted.
    """
    flag, protects, says = _protections().get(kind_of(resource.token), ("", "", ""))
    if flag and str(plain({**resource.outputs, **resource.inputs}).get(flag)).lower() == protects.lower():
        off = "INACTIVE" if protects == "ACTIVE" else "false"
        raise RefusedError(f"{says}. Set {flag} to {off} and deploy first")


def require_free(cloud: Cloud, resource: Resource) -> None:
    """Refuses to delete a resource that is protected or in use.

    Raises:
        RefusedError: naming the flag or the users.
    """
    require_unprotected(resource)
    kind = kind_of(resource.token)
    values = plain({**resource.outputs, **resource.inputs})
    if kind in _EMPTIED and values.get("forceDestroy") is True:
        return
    users = list(_holding(cloud, resource, kind))
    if users:
        shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        raise RefusedError(f"{_holders()[kind][0]}: {resource.id} is in use by {shown}")


def _holding(cloud: Cloud, resource: Resource, kind: str) -> Iterator[str]:
    holders = _holders().get(kind, ("", frozenset()))[1]
    seen = set()
    for use in cloud.users(resource):
        user = kind_of(use.token)
        top = use.path.split(".")[0].split("[")[0]
        if user in holders and top not in _HARMLESS.get((kind, user), ()) and use.id not in seen:
            seen.add(use.id)
            yield f"{user} {use.id} ({use.path})"


def remove_with_contents(cloud: Cloud, resource: Resource) -> None:
    """Removes a resource and what does not outlive it."""
    inputs, types = _contents().get(kind_of(resource.token), (frozenset(), frozenset()))
    inside = [use for use in cloud.users(resource) if use.path in inputs and kind_of(use.token) in types]
    cloud.remove(resource)
    for use in inside:
        found = cloud.find(use.token, use.id, account=resource.account)
        if found is not None:
            remove_with_contents(cloud, found)
