"""All services: tags, Regions, resource policies, protection of stateful resources."""

from policies.library.resources import Resource
from tests.policies.cases.helpers.resource_policies import _EVERYTHING, EVERYBODY, PUBLIC, guarded, under
from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, in_kinds, policy, res

_TAGS = {"application": "store", "environment": "dev", "owner": "platform", "cost-center": "42"}


def tagged(tags, **options):
    return res("sqs/queue:Queue", CULPRIT, {"tagsAll": tags}, **options)


def bucket(token="s3/bucket:Bucket", **props):
    return res(token, CULPRIT, props)


def table(**options):
    return res("dynamodb/table:Table", CULPRIT, {"name": "orders"}, **options)


_SERVICE = {"policy": policy({**_EVERYTHING, "Principal": {"Service": "sns.amazonaws.com"}})}


def queue(region=None, home="eu-west-1"):
    return res("sqs/queue:Queue", CULPRIT, {"region": region}, provider={"region": home})


_SEARCHED_BY_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "es:*", "Resource": "*"}


def several(*conditions):
    """A statement for everyone under several conditions at once."""
    found = {}
    for operator, key, value in conditions:
        found.setdefault(operator, {})[key] = value
    return {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": found}


def ignoring(*paths, kind="dynamodb/table:Table", **props):
    return [res(kind, CULPRIT, props, ignore_changes=paths)]


def admitting(service, kind="sqs/queuePolicy:QueuePolicy", **condition):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": "*"}
    return res(kind, CULPRIT, {"policy": policy({**statement, **({"Condition": condition} if condition else {})})})


_SOURCE = {"StringEquals": {"aws:SourceAccount": "111111111111"}}

CASES = {
    "aws-resource-allowed-region": Cases(
        good={
            "region of the provider": [queue()],
            "region of the resource": [queue("us-east-1")],
            "not known": [queue(UNKNOWN)],
            "another provider": [Resource.of("random:index/randomId:RandomId", CULPRIT, {"region": "me-south-1"})],
        },
        bad={"region of the resource": [queue("me-south-1")], "of the provider": [queue(home="af-south-1")]},
        config=[
            ({"regions": ["eu-west-1"]}, [queue("us-east-1")], True),
            ({"regions": ["me-*"]}, [queue("me-south-1")], False),
        ],
    ),
    "aws-resource-no-force-destroy": Cases(
        good={
            "not set": [bucket()],
            "off": [bucket(forceDestroy=False)],
        },
        bad={
            "bucket": [bucket(forceDestroy=True)],
            "bucket, V2 token": [bucket("s3/bucketV2:BucketV2", forceDestroy=True)],
            "repository": [res("ecr/repository:Repository", CULPRIT, {"forceDelete": True})],
            "zone": [res("route53/zone:Zone", CULPRIT, {"forceDestroy": "true"})],
            **in_kinds({"forceDestroy": True}, "backup/vault", "s3/directoryBucket"),
        },
    ),
    "aws-resource-no-ignored-changes": Cases(
        good={
            "none": ignoring(),
            "property that scaling changes": ignoring("readCapacity", "writeCapacity", name="orders"),
            "tasks of a service": ignoring("desiredCount", "taskDefinition", kind="ecs/service:Service"),
            "a deployment's traffic": ignoring("defaultActions", kind="lb/listener:Listener"),
            "a property beside a judged one": ignoring(
                "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize", kind="msk/cluster:Cluster"
            ),
        },
        bad={
            "whole block": ignoring("serverSideEncryption", name="orders"),
            "as Python spells it": ignoring("point_in_time_recovery[0].enabled"),
            "everything": ignoring("*"),
            "one of a list": ignoring("origins[1].customOriginConfig", kind="cloudfront/distribution:Distribution"),
            "a desired state": [
                Resource.of(
                    "aws:cloudcontrol/resource:Resource",
                    CULPRIT,
                    {"typeName": "AWS::DynamoDB::Table", "desiredState": "{}"},
                    ignore_changes=["desiredState"],
                )
            ],
            "of CloudFormation": [
                Resource.of(
                    "aws-native:dynamodb:Table",
                    CULPRIT,
                    {"sseSpecification": {"sseEnabled": True}},
                    ignore_changes=["sseSpecification.sseEnabled"],
                )
            ],
        },
    ),
    "aws-resource-policy-not-public": Cases(
        good={
            "a role": [guarded(edit(EVERYBODY, {"Principal": {"AWS": "arn:aws:iam::111111111111:role/web"}}))],
            "a service": [guarded(edit(EVERYBODY, {"Principal": {"Service": "events.amazonaws.com"}}))],
            "bounded by its source": [guarded(under("ArnEquals", "aws:SourceArn", "arn:aws:sns:eu-west-1:1:orders"))],
            "bounded by organisation": [guarded(under("StringEquals", "AWS:PrincipalOrgId", ["o-1"]))],
            "everyone denied": [guarded(edit(EVERYBODY, {"Effect": "Deny"}))],
            "file system by its mount targets": [
                guarded(
                    under("Bool", "elasticfilesystem:AccessedViaMountTarget", "true"),
                    "efs/fileSystemPolicy:FileSystemPolicy",
                )
            ],
            "not known": [res("sns/topicPolicy:TopicPolicy", CULPRIT, {"policy": UNKNOWN})],
            "search inside the VPC": [
                res(
                    "opensearch/domain:Domain",
                    CULPRIT,
                    {"accessPolicies": policy(_SEARCHED_BY_EVERYBODY), "vpcOptions": {"subnetIds": [UNKNOWN]}},
                )
            ],
            "one bound among others": [
                guarded(
                    several(
                        ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
                        ("StringEquals", "aws:SourceVpce", "vpce-1"),
                    )
                )
            ],
            "one bucket of any account": [guarded(under("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:media"))],
            "a layer for the organisation": [
                res(
                    "lambda/layerVersionPermission:LayerVersionPermission",
                    CULPRIT,
                    {"principal": "*", "organizationId": "o-1"},
                )
            ],
        },
        bad={
            "everyone": [guarded(EVERYBODY)],
            "every account": [guarded(edit(EVERYBODY, {"Principal": {"AWS": ["*"]}}))],
            "NotPrincipal with one": [
                guarded(edit(EVERYBODY, {"Principal": "x", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}))
            ],
            "a condition that restricts nothing": [guarded(under("Bool", "aws:SecureTransport", "true"))],
            "every address": [guarded(under("IpAddress", "aws:SourceIp", "0.0.0.0/0"))],
            "a search domain": [guarded(EVERYBODY, "opensearch/domain:Domain", "accessPolicies")],
            "inline on the queue": [guarded(EVERYBODY, "sqs/queue:Queue")],
            **in_kinds(
                PUBLIC,
                "backup/vaultPolicy",
                "dynamodb/resourcePolicy",
                "ecr/repositoryPolicy",
                "efs/fileSystemPolicy",
                "msk/clusterPolicy",
                "s3/accessPoint",
                "s3/bucket",
                "s3/bucketPolicy",
                "secretsmanager/secretPolicy",
                "sns/topic",
                "sns/topicPolicy",
            ),
            "every bucket": [guarded(under("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"))],
            "topics of any account": [guarded(under("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"))],
            "roles of any account": [guarded(under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"))],
            "half of the internet": [guarded(under("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]))],
            "absence of a key": [guarded(under("Null", "aws:SourceVpce", "true"))],
            "all but one address": [guarded(under("NotIpAddress", "aws:SourceIp", "192.0.2.1/32"))],
            "a layer": [res("lambda/layerVersionPermission:LayerVersionPermission", CULPRIT, {"principal": "*"})],
            "a bus": [res("cloudwatch/eventPermission:EventPermission", CULPRIT, {"principal": "*"})],
            "a stream": [guarded(_SEARCHED_BY_EVERYBODY, "kinesis/resourcePolicy:ResourcePolicy")],
            "events": [guarded(_SEARCHED_BY_EVERYBODY, "cloudwatch/eventBusPolicy:EventBusPolicy")],
            "logs": [
                guarded(_SEARCHED_BY_EVERYBODY, "cloudwatch/logResourcePolicy:LogResourcePolicy", "policyDocument")
            ],
            "a registry": [guarded(_SEARCHED_BY_EVERYBODY, "ecr/registryPolicy:RegistryPolicy")],
            "search": [guarded(_SEARCHED_BY_EVERYBODY, "opensearch/domainPolicy:DomainPolicy", "accessPolicies")],
            "an access point": [guarded(_SEARCHED_BY_EVERYBODY, "s3control/accessPointPolicy:AccessPointPolicy")],
        },
    ),
    "aws-resource-policy-service-bounded": Cases(
        good={
            "account": [admitting("events.amazonaws.com", **_SOURCE)],
            "another service": [admitting("ses.amazonaws.com")],
            "known later": [res("sns/topicPolicy:TopicPolicy", CULPRIT, {"policy": UNKNOWN})],
        },
        bad={
            "queue": [admitting("events.amazonaws.com")],
            "bucket": [admitting("personalize.amazonaws.com", "s3/bucketPolicy:BucketPolicy")],
            "another condition": [admitting("sns.amazonaws.com", Bool={"aws:SecureTransport": "true"})],
            **in_kinds(_SERVICE, "s3/bucket", "sns/topic", "sns/topicPolicy", "sqs/queue"),
        },
        config=[
            ({"services": ["ses.amazonaws.com"]}, [admitting("ses.amazonaws.com")], True),
        ],
    ),
    "aws-resource-protected": Cases(
        good={
            "protected": [table(protect=True)],
        },
        bad={
            "option not set": [table()],
            **in_kinds(
                {},
                "backup/vault",
                "cognito/userPool",
                "efs/fileSystem",
                "elasticache/replicationGroup",
                "kms/key",
                "msk/cluster",
                "opensearch/domain",
                "rds/cluster",
                "rds/instance",
                "route53/zone",
                "s3/bucket",
            ),
        },
        config=[
            ({"kinds": ["s3/bucket"]}, [table()], False),
        ],
    ),
    "aws-resource-required-tags": Cases(
        good={
            "all": [tagged(_TAGS)],
            "other case": [tagged({key.title(): value for key, value in _TAGS.items()})],
            "default tags of the provider": [
                tagged(
                    {},
                    provider={
                        "defaultTags": '{"tags": {"application": "a", "environment": "d", "owner": "o",'
                        ' "cost-center": "c"}}'
                    },
                )
            ],
            "unknown default tags": [tagged({}, provider={"defaultTags": UNKNOWN})],
            "no tags possible": [res("s3/bucketPolicy:BucketPolicy", CULPRIT, {"policy": "{}"})],
            "another provider": [Resource.of("random:index/randomId:RandomId", CULPRIT, {"tagsAll": {}})],
        },
        bad={"one missing": [tagged({"application": "store"})], "none": [tagged({})]},
        config=[({"tags": ["team"]}, [tagged(_TAGS)], True), ({"tags": []}, [tagged({})], False)],
    ),
}
