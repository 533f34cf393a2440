"""Encryption at rest."""

from tests.policies.cases.waf import balancer
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, res

BUCKET = res("s3/bucket:Bucket", CULPRIT, {"bucket": "media"})
V2 = res("s3/bucketV2:BucketV2", CULPRIT, {"bucket": "media"})
_KMS = {
    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
    "bucketKeyEnabled": True,
}
_DOMAIN = {
    "encryptAtRest": {"enabled": True, "kmsKeyId": KEY},
    "domainEndpointOptions": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
    "nodeToNodeEncryption": {"enabled": True},
}
_CACHE = {
    "engine": "redis",
    "atRestEncryptionEnabled": True,
    "kmsKeyId": KEY,
    "transitEncryptionEnabled": True,
    "transitEncryptionMode": "required",
}
_DAX = {"serverSideEncryption": {"enabled": True}, "clusterEndpointEncryptionType": "TLS"}


def encryption(bucket, entry=_KMS, token="s3/bucketServerSideEncryptionConfiguration", **changes):
    last = token.rsplit("/", 1)[-1]
    return res(
        f"{token}:{last[0].upper()}{last[1:]}",
        "encryption",
        {"bucket": UNKNOWN, "rules": [edit(entry, changes)]},
        refers={"bucket": [bucket]},
    )


def domain(changes=None, token="opensearch/domain:Domain"):
    return res(token, CULPRIT, edit(_DOMAIN, changes or {}))


def cache(changes=None):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, edit(_CACHE, changes or {}))


def dax(changes=None):
    return res("dax/cluster:Cluster", CULPRIT, edit(_DAX, changes or {}))


def table(props=None):
    return res("dynamodb/table:Table", CULPRIT, props or {})


def queue(name=CULPRIT, **props):
    return res("sqs/queue:Queue", name, props)


def key(**props):
    return res("kms/key:Key", CULPRIT, props)


def msk(**info):
    return res("msk/cluster:Cluster", CULPRIT, {"encryptionInfo": info} if info else {})


def efs(**props):
    return res("efs/fileSystem:FileSystem", CULPRIT, props)


_SSE = {"enabled": True, "kmsKeyArn": KEY}
CASES = {
    "s3-bucket-customer-key": Cases(
        good={
            "customer key": [BUCKET, encryption(BUCKET)],
            "V2 tokens": [V2, encryption(V2, token="s3/bucketServerSideEncryptionConfigurationV2")],
            "key made in the same run": [
                BUCKET,
                encryption(BUCKET, **{"applyServerSideEncryptionByDefault.kmsMasterKeyId": UNKNOWN}),
            ],
            "inline": [res("s3/bucket:Bucket", CULPRIT, {"serverSideEncryptionConfiguration": {"rule": _KMS}})],
            "target of load balancer logs": [
                BUCKET,
                balancer(
                    "web",
                    props={"accessLogs": {"bucket": UNKNOWN, "enabled": True}},
                    refers={"accessLogs": [BUCKET]},
                ),
            ],
            "target of S3 logs": [
                BUCKET,
                res(
                    "s3/bucketLogging:BucketLogging",
                    "logging",
                    {"targetBucket": UNKNOWN},
                    refers={"targetBucket": [BUCKET]},
                ),
            ],
        },
        bad={
            "nothing configured": [BUCKET],
            "V2 token": [V2],
            "key of S3": [
                BUCKET,
                encryption(BUCKET, {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}),
            ],
            "AWS-managed key": [
                BUCKET,
                encryption(BUCKET, **{"applyServerSideEncryptionByDefault.kmsMasterKeyId": DROP}),
            ],
            "configuration of another bucket": [
                BUCKET,
                encryption(res("s3/bucket:Bucket", "other", {"bucket": "other"})),
            ],
        },
    ),
    "dynamodb-table-customer-key": Cases(
        good={
            "customer key": [table({"serverSideEncryption": _SSE})],
            "replica too": [table({"serverSideEncryption": _SSE, "replicas": [{"kmsKeyArn": UNKNOWN}]})],
            "replica resource": [res("dynamodb/tableReplica:TableReplica", CULPRIT, {"kmsKeyArn": KEY})],
        },
        bad={
            "nothing set": [table()],
            "off": [table({"serverSideEncryption": {"enabled": False, "kmsKeyArn": KEY}})],
            "no key": [table({"serverSideEncryption": {"enabled": True}})],
            "replica without key": [
                table({"serverSideEncryption": _SSE, "replicas": [{"regionName": "eu-central-1"}]})
            ],
            "replica resource without key": [res("dynamodb/tableReplica:TableReplica", CULPRIT)],
        },
    ),
    "dax-cluster-encryption-at-rest": Cases(
        good={"on": [dax()]},
        bad={
            "not set": [dax({"serverSideEncryption": DROP})],
            "off": [dax({"serverSideEncryption.enabled": False})],
            "off as text": [dax({"serverSideEncryption.enabled": "false"})],
        },
    ),
    "elasticache-cache-encryption-at-rest": Cases(
        good={
            "customer key": [cache()],
            "Valkey by default": [cache({"engine": "valkey", "atRestEncryptionEnabled": DROP})],
            "serverless": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"kmsKeyId": KEY})],
            "member of a group": [
                res("elasticache/cluster:Cluster", CULPRIT, {"engine": "redis", "replicationGroupId": UNKNOWN})
            ],
            "memcached": [res("elasticache/cluster:Cluster", CULPRIT, {"engine": "memcached"})],
        },
        bad={
            "off": [cache({"atRestEncryptionEnabled": False})],
            "not set": [cache({"atRestEncryptionEnabled": DROP})],
            "Valkey, off": [cache({"engine": "valkey", "atRestEncryptionEnabled": False})],
            "no customer key": [cache({"kmsKeyId": DROP})],
            "serverless without key": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT)],
            "single cluster": [res("elasticache/cluster:Cluster", CULPRIT, {"engine": "redis"})],
        },
        config=[({"customer_key": False}, [cache({"kmsKeyId": DROP})], False)],
    ),
    "efs-file-system-customer-key": Cases(
        good={"customer key": [efs(encrypted=True, kmsKeyId=KEY)]},
        bad={
            "not set": [efs(kmsKeyId=KEY)],
            "off": [efs(encrypted=False)],
            "no customer key": [efs(encrypted=True)],
        },
        config=[({"customer_key": False}, [efs(encrypted=True)], False)],
    ),
    "opensearch-domain-encryption-at-rest": Cases(
        good={"customer key": [domain()], "twin token": [domain(token="elasticsearch/domain:Domain")]},
        bad={
            "not set": [domain({"encryptAtRest": DROP})],
            "off": [domain({"encryptAtRest.enabled": False})],
            "no customer key": [domain({"encryptAtRest.kmsKeyId": DROP})],
            "twin token": [domain({"encryptAtRest": DROP}, "elasticsearch/domain:Domain")],
        },
        config=[({"customer_key": False}, [domain({"encryptAtRest.kmsKeyId": DROP})], False)],
    ),
    "msk-cluster-customer-key": Cases(
        good={"customer key": [msk(encryptionAtRestKmsKeyArn=KEY)]},
        bad={"no block": [msk()], "no key": [msk(encryptionInTransit={"clientBroker": "TLS"})]},
    ),
    "sqs-queue-encryption": Cases(
        good={
            "customer key": [queue(kmsMasterKeyId=KEY)],
            "managed by default": [queue()],
            "order queue with a key": [queue("orders", kmsMasterKeyId=UNKNOWN)],
        },
        bad={
            "managed encryption off": [queue(sqsManagedSseEnabled=False)],
            "order queue without key": [res("sqs/queue:Queue", CULPRIT, {"name": "new-orders.fifo"})],
            "order queue with AWS's key": [
                res("sqs/queue:Queue", CULPRIT, {"name": "orders", "kmsMasterKeyId": "alias/aws/sqs"})
            ],
        },
        config=[({"customer_key_names": ["*"]}, [queue()], True)],
    ),
    "kms-key-rotation": Cases(
        good={
            "on": [key(enableKeyRotation=True)],
            "asymmetric": [key(customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY")],
            "HMAC": [key(customerMasterKeySpec="HMAC_256", keyUsage="GENERATE_VERIFY_MAC")],
            "custom store": [key(customKeyStoreId="cks-1")],
            "replica": [res("kms/replicaKey:ReplicaKey", CULPRIT)],
        },
        bad={"not set": [key()], "off": [key(enableKeyRotation=False, customerMasterKeySpec="SYMMETRIC_DEFAULT")]},
    ),
}
