"""Cases of the rules in `offline/checks/rules/data.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ARN, BROKERS, CACHE, DOMAIN, FUNCTION, TABLE, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "dynamodb/table:Table": (
        TABLE,
        [
            ({"hashKey": None}, "hashKey"),
            ({"name": "a b"}, "name"),
            ({"readCapacity": 5}, "readCapacity"),
            ({"billingMode": "PROVISIONED", "readCapacity": 1}, "writeCapacity"),
            ({"billingMode": None}, "readCapacity"),
            ({"streamEnabled": True}, "streamViewType"),
            (
                {"globalSecondaryIndexes": [{"name": "g", "hashKey": "other", "projectionType": "ALL"}]},
                "globalSecondaryIndexes[0].hashKey",
            ),
            (
                {"globalSecondaryIndexes": [{"name": "g", "hashKey": "id", "projectionType": "INCLUDE"}]},
                "globalSecondaryIndexes[0].nonKeyAttributes",
            ),
            (
                {"globalSecondaryIndexes": [{"name": "g", "hashKey": "id", "projectionType": "ALL"}] * 2},
                "globalSecondaryIndexes[1].name",
            ),
            ({"localSecondaryIndexes": [{"name": "l", "rangeKey": "id", "projectionType": "ALL"}]}, "rangeKey"),
        ],
    ),
    "elasticache/replicationGroup:ReplicationGroup": (
        CACHE,
        [
            ({"numCacheClusters": None}, "numCacheClusters"),
            ({"automaticFailoverEnabled": None}, "automaticFailoverEnabled"),
            ({"numNodeGroups": 2}, "numCacheClusters"),
            ({"numCacheClusters": None, "numNodeGroups": 1, "replicasPerNodeGroup": 0}, "replicasPerNodeGroup"),
            ({"nodeType": "t4g.small"}, "nodeType"),
            ({"userGroupIds": ["u"], "transitEncryptionEnabled": False}, "transitEncryptionEnabled"),
            ({"replicationGroupId": "a--b"}, "replicationGroupId"),
        ],
    ),
    "elasticache/serverlessCache:ServerlessCache": (
        {"engine": "valkey", "name": "c", "cacheUsageLimits": {"ecpuPerSeconds": [{"minimum": 1000, "maximum": 5000}]}},
        [
            (
                {"cacheUsageLimits": {"ecpuPerSeconds": [{"minimum": 6000, "maximum": 5000}]}},
                "cacheUsageLimits.ecpuPerSeconds[0].minimum",
            )
        ],
    ),
    "dax/cluster:Cluster": (
        {"clusterName": "c", "nodeType": "dax.t3.small", "replicationFactor": 3, "iamRoleArn": FUNCTION["role"]},
        [({"nodeType": "t3.small"}, "nodeType"), ({"replicationFactor": 12}, "replicationFactor")],
    ),
    "efs/fileSystem:FileSystem": (
        {
            "encrypted": True,
            "kmsKeyId": ARN.format("kms", "key/k"),
            "throughputMode": "elastic",
            "lifecyclePolicies": [
                {"transitionToIa": "AFTER_30_DAYS"},
                {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
            ],
        },
        [
            ({"encrypted": None}, "encrypted"),
            ({"provisionedThroughputInMibps": 5}, "provisionedThroughputInMibps"),
            ({"performanceMode": "maxIO"}, "performanceMode"),
            (
                {"lifecyclePolicies": [{"transitionToIa": "AFTER_1_DAY", "transitionToArchive": "AFTER_90_DAYS"}]},
                "lifecyclePolicies[0].transitionToIa",
            ),
        ],
    ),
    "efs/accessPoint:AccessPoint": (
        {"fileSystemId": "fs-1", "rootDirectory": {"path": "/m", "creationInfo": {"permissions": "0750"}}},
        [
            (
                {"rootDirectory": {"creationInfo": {"permissions": "rwx"}}},
                "rootDirectory.creationInfo.permissions",
            )
        ],
    ),
    "opensearch/domain:Domain": (
        DOMAIN,
        [
            ({"engineVersion": "OpenSearch 2"}, "engineVersion"),
            ({"clusterConfig": {"instanceType": "t3.small"}}, "clusterConfig.instanceType"),
            ({"vpcOptions": {"subnetIds": ["subnet-1"]}}, "vpcOptions.subnetIds"),
            (
                {"clusterConfig": {"zoneAwarenessEnabled": True, "instanceCount": 1}},
                "clusterConfig.instanceCount",
            ),
            (
                {"clusterConfig": {"zoneAwarenessEnabled": True, "dedicatedMasterEnabled": True}},
                "clusterConfig.dedicatedMasterType",
            ),
            ({"advancedSecurityOptions": {"enabled": True}}, "encryptAtRest"),
        ],
    ),
    "msk/cluster:Cluster": (
        {"clusterName": "c", "kafkaVersion": "3.8.x", "numberOfBrokerNodes": 4, "brokerNodeGroupInfo": BROKERS},
        [
            ({"numberOfBrokerNodes": 3}, "numberOfBrokerNodes"),
            ({"brokerNodeGroupInfo": {**BROKERS, "clientSubnets": ["a"]}}, "brokerNodeGroupInfo.clientSubnets"),
            ({"brokerNodeGroupInfo": {**BROKERS, "instanceType": "m7g"}}, "brokerNodeGroupInfo.instanceType"),
        ],
    ),
    "msk/topic:Topic": (
        {
            "name": "orders",
            "clusterArn": ARN.format("kafka", "cluster/c/1"),
            "partitionCount": 3,
            "replicationFactor": 2,
        },
        [({"name": "a b"}, "name"), ({"partitionCount": 0}, "partitionCount")],
    ),
    "opensearch/serverlessCollectionGroup:ServerlessCollectionGroup": (
        {"name": "search", "standbyReplicas": "ENABLED"},
        [
            ({"name": "Search"}, "name"),
            ({"standbyReplicas": "YES"}, "standbyReplicas"),
            ({"standbyReplicas": "DISABLED", "generation": "NEXTGEN"}, "standbyReplicas"),
        ],
    ),
}
