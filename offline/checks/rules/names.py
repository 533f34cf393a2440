"""Names that AWS wants unique in an account and Region, or in the world."""

from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem

# Token to the inputs that together name the resource; the first one gets the problem. Names of global services stand
# in `_GLOBAL`. The API reference of each service says so at its Create operation (AlreadyExists, Conflict, Duplicate);
# what AWS simply overwrites (alarms, dashboards, event rules) is left out.
_NAMES: dict[str, tuple[str, ...]] = {
    "apigateway/resource:Resource": ("pathPart", "parentId", "restApi"),
    "apigateway/stage:Stage": ("stageName", "restApi"),
    "apigatewayv2/route:Route": ("routeKey", "apiId"),
    "apigatewayv2/stage:Stage": ("name", "apiId"),
    "backup/vault:Vault": ("name",),
    "cloudtrail/trail:Trail": ("name",),
    "cloudwatch/eventBus:EventBus": ("name",),
    "cloudwatch/logGroup:LogGroup": ("name",),
    "codedeploy/application:Application": ("name",),
    "dax/cluster:Cluster": ("clusterName",),
    "dax/subnetGroup:SubnetGroup": ("name",),
    "dynamodb/table:Table": ("name",),
    "ec2/securityGroup:SecurityGroup": ("name", "vpcId"),
    "ecr/repository:Repository": ("name",),
    "ecs/cluster:Cluster": ("name",),
    "ecs/service:Service": ("name", "cluster"),
    "efs/fileSystem:FileSystem": ("creationToken",),
    "elasticache/parameterGroup:ParameterGroup": ("name",),
    "elasticache/replicationGroup:ReplicationGroup": ("replicationGroupId",),
    "elasticache/serverlessCache:ServerlessCache": ("name",),
    "elasticache/subnetGroup:SubnetGroup": ("name",),
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": ("name",),
    "kinesis/stream:Stream": ("name",),
    "kms/alias:Alias": ("name",),
    "lambda/alias:Alias": ("name", "functionName"),
    "lambda/function:Function": ("name",),
    "lb/loadBalancer:LoadBalancer": ("name",),
    "lb/targetGroup:TargetGroup": ("name",),
    "lex/v2modelsBot:V2modelsBot": ("name",),
    "location/geofenceCollection:GeofenceCollection": ("collectionName",),
    "location/tracker:Tracker": ("trackerName",),
    "msk/cluster:Cluster": ("clusterName",),
    "msk/configuration:Configuration": ("name",),
    "msk/topic:Topic": ("name", "clusterArn"),
    "opensearch/domain:Domain": ("domainName",),
    "opensearch/serverlessCollection:ServerlessCollection": ("name",),
    "pipes/pipe:Pipe": ("name",),
    "scheduler/schedule:Schedule": ("name", "groupName"),
    "scheduler/scheduleGroup:ScheduleGroup": ("name",),
    "schemas/registry:Registry": ("name",),
    "secretsmanager/secret:Secret": ("name",),
    "servicediscovery/service:Service": ("name", "namespaceId"),
    "sesv2/configurationSet:ConfigurationSet": ("configurationSetName",),
    "sesv2/emailIdentity:EmailIdentity": ("emailIdentity",),
    "sfn/stateMachine:StateMachine": ("name",),
    "sns/topic:Topic": ("name",),
    "sqs/queue:Queue": ("name",),
    "ssm/parameter:Parameter": ("name",),
    "wafv2/ipSet:IpSet": ("name", "scope"),
    "wafv2/regexPatternSet:RegexPatternSet": ("name", "scope"),
    "wafv2/ruleGroup:RuleGroup": ("name", "scope"),
    "wafv2/webAcl:WebAcl": ("name", "scope"),
}
_GLOBAL: dict[str, tuple[str, ...]] = {
    "budgets/budget:Budget": ("name",),
    "cloudfront/cachePolicy:CachePolicy": ("name",),
    "cloudfront/function:Function": ("name",),
    "cloudfront/keyValueStore:KeyValueStore": ("name",),
    "cloudfront/originAccessControl:OriginAccessControl": ("name",),
    "cloudfront/originRequestPolicy:OriginRequestPolicy": ("name",),
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": ("name",),
    "iam/group:Group": ("name",),
    "iam/instanceProfile:InstanceProfile": ("name",),
    "iam/policy:Policy": ("name",),
    "iam/role:Role": ("name",),
    "iam/user:User": ("name",),
    "route53/record:Record": ("name", "type", "zoneId", "setIdentifier"),
    "s3/bucket:Bucket": ("bucket",),
    "s3/bucketV2:BucketV2": ("bucket",),
}
_TOKENS = {
    f"aws:{token}": (*inputs, *(("region",) if table is _NAMES else ()))
    for table in (_NAMES, _GLOBAL)
    for token, inputs in table.items()
}
# Inputs that may be left out of a name: absence is a value like another (default VPC, provider's Region).
_OVERWRITING = ("allowOverwrite", "overwrite")
_OPTIONAL = frozenset({"region", "setIdentifier", "groupName", "vpcId", "cluster"})


def name_problems(token: str, args: Block, planned: Planned) -> Iterator[Problem]:
    """A name that an earlier resource of this run has already; nothing while a part of the name is unknown."""
    inputs = _TOKENS.get(token)
    if inputs is None or args.missing(inputs[0]) or any(args.flag(name) for name in _OVERWRITING):
        return
    name = _name(args, inputs)
    if name is None:
        return
    for urn, other in planned.of(token):
        if other.get(inputs[0]) == args.raw(inputs[0]) and _name(Block(other), inputs) == name:
            owner = urn.rsplit("::", 1)[-1]
            yield args.problem(inputs[0], f"{owner} has this name already; it must be unique")
            return


def _name(args: Block, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
    parts = []
    for name in inputs:
        value = args.raw(name)
        if value is None and name in _OPTIONAL:
            value = ""
        if not isinstance(value, str):
            return None
        parts.append(value)
    return tuple(parts)
