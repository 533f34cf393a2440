"""What AWS refuses because of other resources: references to what is not there, and deleting what is in use."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from offline.aws.cloud import GOING, Cloud, Resource
from offline.aws.identity import kind_of
from offline.aws.values import Properties, plain, texts

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
# ARNs whose existence AWS looks at when it is given one: service, beginning of the resource part, what AWS says.
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
# Inputs that are mere text for AWS.
_TEXTS = frozenset({"tags", "tagsAll", "description", "comment", "environment", "policy", "assumeRolePolicy"})

_NETWORKED = (
    "lb/loadBalancer ec2/vpcEndpoint ec2/networkInterface ec2/instance ecs/service lambda/function efs/mountTarget "
    "opensearch/domain opensearch/serverlessVpcEndpoint msk/cluster msk/serverlessCluster apigateway/vpcLink "
    "apigatewayv2/vpcLink elasticache/replicationGroup elasticache/serverlessCache elasticache/cluster rds/cluster "
    "rds/instance dax/cluster memorydb/cluster route53/resolverEndpoint cloudfront/vpcOrigin"
)
# What cannot be deleted -> (by whom it is used, what AWS says). Paths of use that do not count are in `_HARMLESS`.
_HELD: Mapping[str, tuple[frozenset[str], str]] = {
    held: (frozenset(users.split()), code)
    for held, users, code in (
        (
            "ec2/vpc",
            "ec2/subnet ec2/securityGroup ec2/internetGateway ec2/internetGatewayAttachment ec2/routeTable ec2/networkAcl "
            "ec2/vpcEndpoint ec2/egressOnlyInternetGateway ec2/vpcPeeringConnection ec2transitgateway/vpcAttachment",
            "DependencyViolation",
        ),
        ("ec2/subnet", f"ec2/natGateway {_NETWORKED}", "DependencyViolation"),
        (
            "ec2/securityGroup",
            f"ec2/securityGroup ec2/securityGroupRule vpc/securityGroupIngressRule vpc/securityGroupEgressRule {_NETWORKED}",
            "DependencyViolation",
        ),
        ("ec2/routeTable", "ec2/routeTableAssociation", "DependencyViolation"),
        ("ec2/internetGateway", "ec2/internetGatewayAttachment", "DependencyViolation"),
        ("ec2/eip", "ec2/natGateway", "AuthFailure: the address is associated"),
        ("ec2/managedPrefixList", "ec2/securityGroup vpc/securityGroupIngressRule vpc/securityGroupEgressRule", "DependencyViolation"),
        ("iam/role", "iam/rolePolicyAttachment iam/rolePolicy iam/instanceProfile", "DeleteConflict"),
        ("iam/policy", "iam/rolePolicyAttachment iam/userPolicyAttachment iam/policyAttachment", "DeleteConflict"),
        ("lb/targetGroup", "lb/listener lb/listenerRule", "ResourceInUse"),
        (
            "acm/certificate",
            "lb/listener lb/listenerCertificate cloudfront/distribution apigateway/domainName apigatewayv2/domainName "
            "cognito/userPoolDomain",
            "ResourceInUseException",
        ),
        ("wafv2/webAcl", "wafv2/webAclAssociation cloudfront/distribution", "WAFAssociatedItemException"),
        ("wafv2/ipSet", "wafv2/webAcl wafv2/ruleGroup wafv2/webAclRule", "WAFAssociatedItemException"),
        ("wafv2/ruleGroup", "wafv2/webAcl wafv2/webAclRule", "WAFAssociatedItemException"),
        ("wafv2/regexPatternSet", "wafv2/webAcl wafv2/ruleGroup wafv2/webAclRule", "WAFAssociatedItemException"),
        ("ecs/cluster", "ecs/service", "ClusterContainsServicesException"),
        ("elasticache/subnetGroup", "elasticache/replicationGroup elasticache/cluster", "CacheSubnetGroupInUse"),
        ("elasticache/parameterGroup", "elasticache/replicationGroup elasticache/cluster", "InvalidCacheParameterGroupState"),
        ("elasticache/userGroup", "elasticache/replicationGroup elasticache/serverlessCache", "InvalidUserGroupState"),
        ("dax/subnetGroup", "dax/cluster", "SubnetGroupInUseFault"),
        ("rds/subnetGroup", "rds/cluster rds/instance", "InvalidDBSubnetGroupStateFault"),
        ("rds/cluster", "rds/clusterInstance", "InvalidDBClusterStateFault"),
        ("cloudfront/originAccessControl", "cloudfront/distribution", "OriginAccessControlInUse"),
        ("cloudfront/originAccessIdentity", "cloudfront/distribution", "CloudFrontOriginAccessIdentityInUse"),
        ("cloudfront/cachePolicy", "cloudfront/distribution", "CachePolicyInUse"),
        ("cloudfront/originRequestPolicy", "cloudfront/distribution", "OriginRequestPolicyInUse"),
        ("cloudfront/responseHeadersPolicy", "cloudfront/distribution", "ResponseHeadersPolicyInUse"),
        ("cloudfront/function", "cloudfront/distribution", "FunctionInUse"),
        ("cloudfront/keyGroup", "cloudfront/distribution", "ResourceInUse"),
        ("cloudfront/publicKey", "cloudfront/keyGroup", "PublicKeyInUse"),
        ("cloudfront/vpcOrigin", "cloudfront/distribution", "CannotDeleteEntityWhileInUse"),
        ("route53/zone", "route53/record", "HostedZoneNotEmpty"),
        ("route53/healthCheck", "route53/record", "HealthCheckInUse"),
        ("s3/bucket", "s3/bucketObject s3/bucketObjectv2", "BucketNotEmpty"),
        ("efs/fileSystem", "efs/mountTarget", "FileSystemInUse"),
        ("cognito/userPool", "cognito/userPoolDomain", "InvalidParameterException: the pool has a domain configured"),
        ("cloudwatch/eventRule", "cloudwatch/eventTarget", "ValidationException: rule can't be deleted since it has targets"),
        ("cloudwatch/eventBus", "cloudwatch/eventRule", "ValidationException: event bus has rules"),
        ("backup/plan", "backup/selection", "InvalidRequestException: related backup plan selections must be deleted first"),
        ("msk/configuration", "msk/cluster", "BadRequestException: the configuration is in use"),
        ("apigateway/vpcLink", "apigateway/integration", "BadRequestException: the link is in use"),
        ("servicediscovery/privateDnsNamespace", "servicediscovery/service", "ResourceInUse"),
        ("servicediscovery/httpNamespace", "servicediscovery/service", "ResourceInUse"),
        ("servicediscovery/service", "ecs/service", "ResourceInUse"),
        ("lambda/codeSigningConfig", "lambda/function", "ResourceConflictException"),
    )
}  # fmt: skip
# The rule of a group goes with the group; only naming it as source or destination holds the other group.
_HARMLESS: Mapping[tuple[str, str], frozenset[str]] = {
    ("ec2/securityGroup", user): frozenset({"securityGroupId"})
    for user in ("ec2/securityGroupRule", "vpc/securityGroupIngressRule", "vpc/securityGroupEgressRule")
}
# Flags that AWS heeds: type -> (property, value that protects, what AWS says).
_PROTECTED: Mapping[str, tuple[str, Any, str]] = {
    "dynamodb/table": ("deletionProtectionEnabled", True, "ValidationException: Resource cannot be deleted as it is currently protected against deletion"),
    "lb/loadBalancer": ("enableDeletionProtection", True, "OperationNotPermitted: deletion protection is enabled"),
    "cognito/userPool": ("deletionProtection", "ACTIVE", "InvalidParameterException: The user pool cannot be deleted because deletion protection is activated"),
    "rds/cluster": ("deletionProtection", True, "InvalidParameterCombination: Cannot delete protected Cluster"),
    "rds/instance": ("deletionProtection", True, "InvalidParameterCombination: Cannot delete protected DB Instance"),
    "docdb/cluster": ("deletionProtection", True, "InvalidParameterCombination: Cannot delete protected Cluster"),
    "neptune/cluster": ("deletionProtection", True, "InvalidParameterCombination: Cannot delete protected Cluster"),
    "cloudwatch/logGroup": ("deletionProtectionEnabled", True, "ValidationException: deletion protection is enabled"),
    "ec2/instance": ("disableApiTermination", True, "OperationNotPermitted: the instance may not be terminated"),
    "qldb/ledger": ("deletionProtection", True, "ResourcePreconditionNotMetException: deletion protection is enabled"),
}  # fmt: skip
# Types that put themselves into a parent which `forceDestroy` empties first.
_EMPTIED = frozenset({"s3/bucket", "route53/zone", "backup/vault", "ecr/repository"})


@dataclass(frozen=True, slots=True)
class RefusedError(Exception):
    """AWS's refusal, in its words as far as they are known."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def uses_of(inputs: Properties) -> list[tuple[str, str]]:
    """`(path, text)` of the inputs that may name another resource."""
    given = {key: value for key, value in inputs.items() if key not in _TEXTS and key != "__defaults"}
    return [(path, text) for path, text in texts(plain(given)) if 2 < len(text) < 300 and "\n" not in text]


def require_targets(cloud: Cloud, inputs: Properties, *, account: str, region: str) -> None:
    """Refuses inputs that name what does not exist in the account and Region.

    Raises:
        RefusedError: naming the property and the id or ARN.
    """
    for path, text in uses_of(inputs):
        problem = _missing(cloud, text, account, region)
        if problem:
            raise RefusedError(f"{problem} (property {path})")


def _missing(cloud: Cloud, text: str, account: str, region: str) -> str:
    if _EC2_ID.fullmatch(text):
        if cloud.named(text, account=account, region=region) is None:
            code = _NOT_FOUND.get(text.split("-")[0], "InvalidParameterValue")
            return f"{code}: '{text}' does not exist in {region} of account {account}"
        return ""
    arn = _ARN.fullmatch(text)
    if arn is None or arn.group(4) != account or "*" in text:
        return ""
    service, resource = arn.group(2), arn.group(5)
    for of, beginning, code in _LOOKED_AT:
        if service == of and resource.startswith(beginning) and not resource.startswith(_MADE_BY_AWS):
            found = cloud.named(text) or cloud.named(re.sub(r":[\w$-]+$", "", text))
            if found is None:
                return f"{code}: '{text}' does not exist"
            if found.status == GOING and service == "kms":
                return f"KMSInvalidStateException: '{text}' is pending deletion"
    return ""


def require_free(cloud: Cloud, resource: Resource) -> None:
    """Refuses to delete what is protected or in use.

    Raises:
        RefusedError: naming the flag or the users.
    """
    kind = kind_of(resource.token)
    values = plain({**resource.outputs, **resource.inputs})
    if kind in _PROTECTED:
        flag, protects, words = _PROTECTED[kind]
        if values.get(flag) in {protects, str(protects).lower()}:
            raise RefusedError(
                f"{words}. Set {flag} to {'INACTIVE' if protects == 'ACTIVE' else 'false'} and deploy first"
            )
    if kind in _EMPTIED and values.get("forceDestroy") is True:
        return
    users = list(_holding(cloud, resource, kind))
    if users:
        shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        raise RefusedError(f"{_HELD[kind][1]}: {resource.id} is in use by {shown}")


def _holding(cloud: Cloud, resource: Resource, kind: str) -> Iterator[str]:
    holders = _HELD.get(kind)
    if holders is None:
        return
    seen = set()
    for use in cloud.users(resource):
        user = kind_of(use.token)
        top = use.path.split(".")[0].split("[")[0]
        if user in holders[0] and top not in _HARMLESS.get((kind, user), ()) and use.id not in seen:
            seen.add(use.id)
            yield f"{user} {use.id} ({use.path})"
