"""Customer keys where data rests."""

from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res


def keyed(path, *tokens, managed=None, also=None):
    """Cases of a key that must be named at a path, on every type."""
    first = tokens[0]
    good = {"a customer key": [res(first, CULPRIT, {path: KEY, **(also or {})})]}
    good["not known"] = [res(first, CULPRIT, {path: UNKNOWN, **(also or {})})]
    bad = {f"{token}, not set": [res(token, CULPRIT, also or {})] for token in tokens}
    bad["empty"] = [res(first, CULPRIT, {path: "", **(also or {})})]
    if managed:
        bad["key of AWS"] = [res(first, CULPRIT, {path: f"alias/aws/{managed}", **(also or {})})]
    return Cases(good=good, bad=bad)


def images(kind):
    configurations = [{"encryptionType": kind}] if kind else []
    return res("ecr/repository:Repository", CULPRIT, {"encryptionConfigurations": configurations})


def settings(**values):
    return res("apigateway/methodSettings:MethodSettings", CULPRIT, {"settings": values})


def cluster(**command):
    return res("ecs/cluster:Cluster", CULPRIT, {"configuration": {"executeCommandConfiguration": command}})


def stream(**props):
    return res("kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", CULPRIT, props)


def records(**props):
    return res("kinesis/stream:Stream", CULPRIT, props)


CASES = {
    "sns-topic-customer-key": keyed("kmsMasterKeyId", "sns/topic:Topic", managed="sns"),
    "secretsmanager-secret-customer-key": keyed("kmsKeyId", "secretsmanager/secret:Secret", managed="secretsmanager"),
    "cloudwatch-log-group-customer-key": keyed("kmsKeyId", "cloudwatch/logGroup:LogGroup"),
    "cloudwatch-events-customer-key": keyed(
        "kmsKeyIdentifier",
        "cloudwatch/eventBus:EventBus",
        "cloudwatch/eventArchive:EventArchive",
        "cloudwatch/eventConnection:EventConnection",
        "scheduler/schedule:Schedule",
    ),
    "lambda-function-environment-key": keyed(
        "kmsKeyArn", "lambda/function:Function", managed="lambda", also={"environment": {"variables": {"A": "b"}}}
    ),
    "ecr-repository-kms": Cases(
        good={"KMS": [images("KMS")], "KMS twice": [images("KMS_DSSE")]},
        bad={"not set": [images(None)], "AES": [images("AES256")]},
    ),
    "apigateway-cache-encrypted": Cases(
        good={
            "encrypted": [settings(cachingEnabled=True, cacheDataEncrypted=True)],
            "no cache": [settings(cachingEnabled=False)],
            "not set": [settings()],
        },
        bad={
            "not set": [settings(cachingEnabled=True)],
            "off": [settings(cachingEnabled="true", cacheDataEncrypted=False)],
        },
    ),
    "backup-vault-customer-key": keyed("kmsKeyArn", "backup/vault:Vault", managed="backup"),
    "location-customer-key": keyed(
        "kmsKeyId", "location/tracker:Tracker", "location/geofenceCollection:GeofenceCollection"
    ),
    "ecs-cluster-exec-encrypted": Cases(
        good={"a key": [cluster(kmsKeyId=KEY, logging="OVERRIDE")], "no sessions": [res("ecs/cluster:Cluster", "c")]},
        bad={"not set": [cluster(logging="DEFAULT")]},
    ),
    "kinesis-stream-encrypted": Cases(
        good={
            "on": [records(encryptionType="KMS", kmsKeyId=KEY)],
            "a key of AWS": [records(encryptionType="KMS", kmsKeyId="alias/aws/kinesis")],
        },
        bad={"not set": [records()], "off": [records(encryptionType="NONE")]},
    ),
    "kinesis-firehose-encrypted": Cases(
        good={
            "on": [stream(serverSideEncryption={"enabled": True})],
            "from a stream": [stream(kinesisSourceConfiguration={"kinesisStreamArn": UNKNOWN})],
        },
        bad={"not set": [stream()], "off": [stream(serverSideEncryption={"enabled": False})]},
    ),
}
