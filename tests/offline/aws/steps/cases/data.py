"""Tables, caches, streams, topics, databases and user pools."""

from typing import Any

from tests.offline.aws.driver import TABLE
from tests.offline.aws.steps.world import Case, Change, World, updated

_POOL = "aws:cognito/userPool:UserPool"
_STREAM = "aws:kinesis/stream:Stream"
_KAFKA = "aws:msk/cluster:Cluster"
_TOPIC = "aws:msk/topic:Topic"
_CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


_TWO_NODES = {"numCacheClusters": 2, "automaticFailoverEnabled": True, "engine": "valkey", "engineVersion": "8.0"}


_ITEMS = {
    "name": "carts",
    "hashKey": "id",
    "attributes": [{"name": "id", "type": "S"}],
    "billingMode": "PAY_PER_REQUEST",
}
_BROKERS: dict[str, Any] = {
    "clusterName": "feeds",
    "kafkaVersion": "3.9.x.kraft",
    "numberOfBrokerNodes": 4,
    "brokerNodeGroupInfo": {
        "instanceType": "kafka.m7g.large",
        "clientSubnets": ["subnet-a", "subnet-b"],
        "securityGroups": ["sg-1"],
        "storageInfo": {"ebsStorageInfo": {"volumeSize": 100}},
    },
}
_SMALLER = {**_BROKERS["brokerNodeGroupInfo"], "storageInfo": {"ebsStorageInfo": {"volumeSize": 50}}}


_SHARDS = {"name": "stock", "shardCount": 4, "streamModeDetails": {"streamMode": "PROVISIONED"}}


_FLEET = {"replicationGroupId": "cache", "description": "x", **_TWO_NODES}


def _kafka(world: World) -> str:
    return world.make(_KAFKA, "feeds", **_BROKERS).outputs["arn"]


def _attribute(length: int, **more: Any) -> dict[str, Any]:
    limits = {"minLength": "0", "maxLength": str(length)}
    return {"name": "customer_number", "attributeDataType": "String", "stringAttributeConstraints": limits, **more}


_SCHEMA = {"name": "customers", "schemas": [_attribute(64)]}


def _read_stream(world: World, preview: bool) -> object:
    assert not preview
    stream = world.make(_STREAM, "stock", **_SHARDS)
    world.make("aws:kinesis/streamConsumer:StreamConsumer", "reader", name="reader", streamArn=stream.outputs["arn"])
    return stream.delete()


REFUSED: dict[str, Case] = {
    "stream with a consumer deleted": Case(_read_stream, "ResourceInUseException.*consumer", in_preview=False),
    "expiry attribute changed at once": Case(
        updated(
            TABLE,
            {**_ITEMS, "ttl": {"enabled": True, "attributeName": "expires"}},
            {"ttl": {"enabled": True, "attributeName": "ends"}},
        ),
        "TimeToLive is active on a different AttributeName: current AttributeName is expires",
    ),
    "shards more than doubled": Case(
        updated(_STREAM, _SHARDS, {"shardCount": 9}), "cannot scale up over double.*count: 4 Target shard count: 9"
    ),
    "shards less than half": Case(updated(_STREAM, _SHARDS, {"shardCount": 1}), "cannot scale down below half"),
    "smaller broker disks": Case(
        updated(_KAFKA, _BROKERS, {"brokerNodeGroupInfo": _SMALLER}), "increase it by at least 10 GiB"
    ),
    "fewer brokers": Case(updated(_KAFKA, _BROKERS, {"numberOfBrokerNodes": 2}), "cannot be removed"),
    "fewer partitions": Case(
        updated(
            _TOPIC,
            {"name": "stock", "clusterArn": _kafka, "partitionCount": 6, "replicationFactor": 2},
            {"partitionCount": 3},
        ),
        "Topic currently has 6 partitions, which is higher than the requested 3",
    ),
    "cluster mode switched on at once": Case(
        updated(_CACHE, _FLEET, {"clusterMode": "enabled"}), "not from disabled to enabled"
    ),
    "encryption in transit required at once": Case(
        updated(_CACHE, {**_FLEET, "transitEncryptionEnabled": False}, {"transitEncryptionEnabled": True}),
        "TransitEncryptionMode preferred",
    ),
    "smaller volume": Case(
        updated("aws:ebs/volume:Volume", {"availabilityZone": "eu-west-1a", "size": 100}, {"size": 50}),
        "New size cannot be smaller than existing size",
    ),
    "older database": Case(
        updated(
            "aws:rds/cluster:Cluster", {"engine": "aurora-mysql", "engineVersion": "8.0"}, {"engineVersion": "5.7"}
        ),
        "Cannot upgrade from 8.0 to 5.7",
    ),
    "attribute of a user pool widened": Case(
        updated(_POOL, _SCHEMA, {"schemas": [_attribute(128)]}), "cannot modify or remove schema items"
    ),
    "attribute of a user pool removed": Case(
        updated(_POOL, _SCHEMA, {"schemas": []}), "cannot modify or remove schema items.*would be removed"
    ),
    "required attribute added": Case(
        updated(_POOL, _SCHEMA, {"schemas": [_attribute(64), {**_attribute(5, required=True), "name": "tier"}]}),
        "Required custom attributes are not supported",
    ),
}
TAKEN: dict[str, Change] = {
    "shards doubled": updated(_STREAM, _SHARDS, {"shardCount": 8}),
    "shards halved": updated(_STREAM, {**_SHARDS, "shardCount": 5}, {"shardCount": 3}),
    "to on demand": updated(_STREAM, _SHARDS, {"shardCount": None, "streamModeDetails": {"streamMode": "ON_DEMAND"}}),
    "larger broker disks": updated(
        _KAFKA,
        _BROKERS,
        {
            "brokerNodeGroupInfo": {
                **_BROKERS["brokerNodeGroupInfo"],
                "storageInfo": {"ebsStorageInfo": {"volumeSize": 110}},
            }
        },
    ),
    "more partitions": updated(
        _TOPIC,
        {"name": "stock", "clusterArn": _kafka, "partitionCount": 3, "replicationFactor": 2},
        {"partitionCount": 6},
    ),
    "attribute of a user pool added": updated(
        _POOL, _SCHEMA, {"schemas": [{**_attribute(5), "name": "tier"}, _attribute(64, mutable=False)]}
    ),
    "expiry switched on": updated(TABLE, _ITEMS, {"ttl": {"enabled": True, "attributeName": "ends"}}),
    "expiry switched off": updated(
        TABLE,
        {**_ITEMS, "ttl": {"enabled": True, "attributeName": "ends"}},
        {"ttl": {"enabled": False, "attributeName": ""}},
    ),
    # The units that scaling owns are ignored, so the program gives none.
    "on demand to provisioned": updated(TABLE, _ITEMS, {"billingMode": "PROVISIONED"}),
    "index added": updated(
        TABLE,
        _ITEMS,
        {
            "attributes": [{"name": "id", "type": "S"}, {"name": "customer", "type": "S"}],
            "globalSecondaryIndexes": [{"name": "by_customer", "hashKey": "customer", "projectionType": "ALL"}],
        },
    ),
    "cluster mode, first step": updated(_CACHE, _FLEET, {"clusterMode": "compatible"}),
    "encryption in transit preferred": updated(
        _CACHE,
        {**_FLEET, "transitEncryptionEnabled": False},
        {"transitEncryptionEnabled": True, "transitEncryptionMode": "preferred"},
    ),
}
