"""ElastiCache: replication groups, serverless caches, subnet groups."""

from tests.policies.cases.helpers.customer_keys import AWS_KEY
from tests.policies.cases.helpers.subnets import A, B
from tests.policies.cases.helpers.zones import placed, zone_cases
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, res

_ENCRYPTED_CACHE = {
    "engine": "redis",
    "atRestEncryptionEnabled": True,
    "kmsKeyId": KEY,
    "transitEncryptionEnabled": True,
    "transitEncryptionMode": "required",
}


def encrypted_cache(changes=None):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, edit(_ENCRYPTED_CACHE, changes or {}))


def cache(**props):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, props)


def user(**props):
    return res("elasticache/user:User", CULPRIT, {"accessString": "on ~* +@all", **props})


def logging_cache(*kinds):
    configurations = [{"logType": kind, "destination": UNKNOWN} for kind in kinds]
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, {"logDeliveryConfigurations": configurations})


_MULTI_AZ_CACHE = {"multiAzEnabled": True, "automaticFailoverEnabled": True, "numCacheClusters": 2}


def multi_az_cache(changes=None):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, edit(_MULTI_AZ_CACHE, changes or {}))


_GROUPS = zone_cases("elasticache/subnetGroup:SubnetGroup", "subnetIds")

CASES = {
    "elasticache-cache-authentication": Cases(
        good={
            "users": [cache(userGroupIds=[UNKNOWN])],
            "token": [cache(authToken=UNKNOWN)],
            "user by IAM": [user(authenticationMode={"type": "iam"})],
            "default user switched off": [user(accessString="off ~keys* -@all", noPasswordRequired=True)],
        },
        bad={
            "neither users nor token": [cache()],
            "empty list": [cache(userGroupIds=[])],
            "no password": [user(noPasswordRequired=True)],
            "no password by mode": [user(authenticationMode={"type": "no-password-required"})],
        },
    ),
    "elasticache-cache-encryption-at-rest": Cases(
        good={
            "customer managed key": [encrypted_cache()],
            "Valkey by default": [encrypted_cache({"engine": "valkey", "atRestEncryptionEnabled": DROP})],
            "serverless": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"kmsKeyId": KEY})],
            "member of a group": [
                res("elasticache/cluster:Cluster", CULPRIT, {"engine": "redis", "replicationGroupId": UNKNOWN})
            ],
            "memcached": [res("elasticache/cluster:Cluster", CULPRIT, {"engine": "memcached"})],
        },
        bad={
            "off": [encrypted_cache({"atRestEncryptionEnabled": False})],
            "not set": [encrypted_cache({"atRestEncryptionEnabled": DROP})],
            "Valkey, off": [encrypted_cache({"engine": "valkey", "atRestEncryptionEnabled": False})],
            "no customer managed key": [encrypted_cache({"kmsKeyId": DROP})],
            "serverless without key": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT)],
            "single cluster": [res("elasticache/cluster:Cluster", CULPRIT, {"engine": "redis"})],
            "AWS managed key": [encrypted_cache({"kmsKeyId": f"{AWS_KEY}elasticache"})],
        },
        config=[
            ({"customer_key": False}, [encrypted_cache({"kmsKeyId": DROP})], False),
        ],
    ),
    "elasticache-cache-encryption-in-transit": Cases(
        good={"required": [encrypted_cache()], "mode by default": [encrypted_cache({"transitEncryptionMode": DROP})]},
        bad={
            "off": [encrypted_cache({"transitEncryptionEnabled": False})],
            "not set": [encrypted_cache({"transitEncryptionEnabled": DROP})],
            "preferred": [encrypted_cache({"transitEncryptionMode": "preferred"})],
        },
    ),
    "elasticache-cache-logs": Cases(
        good={"both": [logging_cache("slow-log", "engine-log")]},
        bad={"none": [logging_cache()], "one": [logging_cache("slow-log")]},
        config=[({"logs": ["slow-log"]}, [logging_cache("slow-log")], False)],
    ),
    "elasticache-cache-snapshots": Cases(
        good={
            "kept": [cache(snapshotRetentionLimit=7)],
            "memcached": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"engine": "memcached"})],
            "secondary": [cache(globalReplicationGroupId=UNKNOWN)],
        },
        bad={
            "not set": [cache()],
            "none": [cache(snapshotRetentionLimit=0)],
            "serverless": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT, {"engine": "valkey"})],
        },
        config=[({"days": 14}, [cache(snapshotRetentionLimit=7)], True)],
    ),
    "elasticache-replication-group-multi-az": Cases(
        good={
            "two nodes": [multi_az_cache()],
            "shards": [multi_az_cache({"numCacheClusters": DROP, "numNodeGroups": 2, "replicasPerNodeGroup": 1})],
        },
        bad={
            "not multi-AZ": [multi_az_cache({"multiAzEnabled": False})],
            "multi-AZ not set": [multi_az_cache({"multiAzEnabled": DROP})],
            "no failover": [multi_az_cache({"automaticFailoverEnabled": DROP})],
            "one node": [multi_az_cache({"numCacheClusters": 1})],
            "nodes not set": [multi_az_cache({"numCacheClusters": DROP})],
            "shards without replica": [multi_az_cache({"numCacheClusters": DROP, "numNodeGroups": 2})],
        },
    ),
    "elasticache-subnet-group-zones": Cases(
        good={
            **_GROUPS[0],
            "own group": [multi_az_cache({"subnetGroupName": "sessions"})],
            "group made in the same run": [res("dax/cluster:Cluster", CULPRIT, {"subnetGroupName": UNKNOWN})],
        },
        bad={
            **_GROUPS[1],
            "default group": [multi_az_cache({"subnetGroupName": "default"})],
            "no group": [multi_az_cache()],
            "DAX without group": [res("dax/cluster:Cluster", CULPRIT)],
            "serverless without subnets": [res("elasticache/serverlessCache:ServerlessCache", CULPRIT)],
        },
        config=[({"zones": 3}, placed("dax/subnetGroup:SubnetGroup", "subnetIds", [A, B]), True)],
    ),
}
