"""Feeds on MSK, on brokers and serverless."""

import json
from typing import Any

import pytest

from settings.feeds import FEEDS
from tests.mocks import Recorder
from tests.unit.feeds.feeds_box import (
    ACCOUNT,
    CLUSTER,
    CONFIGURATION,
    KAFKA,
    KEY,
    MAPPING,
    ON_DEMAND,
    OWN,
    PIM,
    POLICY,
    PROVISIONED,
    READ,
    SERVERLESS,
    TOPIC,
    admitted,
    alarms,
    allowed,
    broker_alarms,
    cluster_arn,
    consumed,
    made,
    streams,
)


def test_brokers_are_spread_evenly_over_the_isolated_subnets_of_every_zone() -> None:
    cluster = made({**PROVISIONED, "brokers_per_zone": 2}).inputs(CLUSTER)
    nodes = cluster["brokerNodeGroupInfo"]
    assert nodes["clientSubnets"] == [f"subnet-network-data-{number}" for number in (1, 2, 3)]
    assert cluster["numberOfBrokerNodes"] == 6


def test_a_cluster_takes_three_zones_at_most() -> None:
    cluster = made(zones="abcdef").inputs(CLUSTER)
    assert len(cluster["brokerNodeGroupInfo"]["clientSubnets"]) == cluster["numberOfBrokerNodes"] == 3


def test_brokers_speak_tls_to_whom_iam_knows_and_write_under_the_customer_key() -> None:
    cluster = made().inputs(CLUSTER)
    assert cluster["clientAuthentication"] == {"sasl": {"iam": True, "scram": False}, "unauthenticated": False}
    assert cluster["encryptionInfo"] == {
        "encryptionAtRestKmsKeyArn": KEY,
        "encryptionInTransit": {"clientBroker": "TLS", "inCluster": True},
    }
    assert cluster["brokerNodeGroupInfo"]["connectivityInfo"] == {"publicAccess": {"type": "DISABLED"}}
    assert "openMonitoring" not in cluster


def test_brokers_log_into_an_encrypted_group_and_tell_of_each_broker() -> None:
    recorder = made({**PROVISIONED, "log_days": 30})
    group = recorder.inputs("cloudwatch/logGroup:LogGroup", "feeds")
    assert group["kmsKeyId"].endswith("key/logs")
    assert (group["name"], group["retentionInDays"]) == ("/aws/vendedlogs/msk/web-store-feeds-test", 30)
    cluster = recorder.inputs(CLUSTER)
    assert cluster["loggingInfo"]["brokerLogs"]["cloudwatchLogs"] == {"enabled": True, "logGroup": group["name"]}
    assert cluster["enhancedMonitoring"] == "PER_BROKER"


def properties(recorder: Recorder) -> dict[str, str]:
    lines = recorder.inputs(CONFIGURATION)["serverProperties"].splitlines()
    return dict(line.split("=") for line in lines)


@pytest.mark.parametrize(("zones", "replicas", "in_sync"), [(3, "3", "2"), (2, "2", "1")])
def test_a_record_survives_a_zone_and_no_leader_lacks_one(zones: int, replicas: str, in_sync: str) -> None:
    recorder = made({**PROVISIONED, "zones": zones})
    assert len(recorder.inputs(CLUSTER)["brokerNodeGroupInfo"]["clientSubnets"]) == zones
    found = properties(recorder)
    assert found["default.replication.factor"] == found["offsets.topic.replication.factor"] == replicas
    assert found["min.insync.replicas"] == found["transaction.state.log.min.isr"] == in_sync
    assert found["unclean.leader.election.enable"] == found["auto.create.topics.enable"] == "false"
    assert {topic.inputs["replicationFactor"] for topic in recorder.of(TOPIC)} == {int(replicas)}


def test_each_feed_has_a_topic_and_a_topic_of_dead_letters() -> None:
    recorder = made(streams=streams(partitions=4, retention_hours=48), dead_letter_days=10)
    assert {topic.inputs["name"] for topic in recorder.of(TOPIC)} == {
        *FEEDS,
        *(f"{feed}.dead" for feed in FEEDS),
    }
    topic = recorder.inputs(TOPIC, "feeds-catalogue")
    assert topic["partitionCount"] == 4
    assert json.loads(topic["configs"])["retention.ms"] == "172800000"
    dead = recorder.inputs(TOPIC, "feeds-catalogue-dead")
    assert json.loads(dead["configs"])["retention.ms"] == "864000000"


def test_disks_grow_by_themselves_and_updates_leave_them_so() -> None:
    recorder = made({**PROVISIONED, "storage_gib": 50, "storage_max_gib": 400})
    cluster = recorder.one(CLUSTER)
    assert cluster.inputs["brokerNodeGroupInfo"]["storageInfo"] == {"ebsStorageInfo": {"volumeSize": 50}}
    assert cluster.ignore_changes == ("brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize",)
    target = recorder.inputs("appautoscaling/target:Target", "feeds-storage")
    assert (target["resourceId"], target["minCapacity"], target["maxCapacity"]) == (cluster_arn(), 50, 400)
    policy = recorder.inputs("appautoscaling/policy:Policy", "feeds-storage")
    assert policy["targetTrackingScalingPolicyConfiguration"]["disableScaleIn"] is True


def test_express_brokers_have_no_disks_and_keep_what_aws_sets() -> None:
    recorder = made({**PROVISIONED, "instance_type": "express.m7g.large"})
    assert recorder.names(CLUSTER) == {"feeds-express"}, "never in place of a cluster of ordinary brokers"
    assert "storageInfo" not in recorder.inputs(CLUSTER)["brokerNodeGroupInfo"]
    assert not recorder.of("appautoscaling/target:Target")
    assert set(properties(recorder)) == {"auto.create.topics.enable", "delete.topic.enable"}
    assert {name.rstrip("-123") for name in broker_alarms(recorder)} == {"cpu", "throttled", "controller"}


def test_every_broker_is_watched_and_the_cluster_as_a_whole() -> None:
    found = broker_alarms(made())
    per_broker = {f"{label}-{broker}" for label in ("cpu", "disk", "replicas") for broker in (1, 2, 3)}
    assert found.keys() == per_broker | {"controller", "offline-partitions"}
    assert found["disk-2"]["dimensions"] == {"Cluster Name": "feeds", "Broker ID": "2"}
    assert (found["cpu-1"]["metricName"], found["cpu-1"]["comparisonOperator"], found["cpu-1"]["threshold"]) == (
        "CpuIdle",
        "LessThanThreshold",
        40,
    )
    assert found["offline-partitions"]["dimensions"] == {"Cluster Name": "feeds"}


def test_owners_of_other_accounts_connect_privately_and_write_their_own_feed() -> None:
    recorder = made(streams={**streams(owners=[PIM]), "order-status": {"owners": [OWN]}})
    vpc = recorder.inputs(CLUSTER)["brokerNodeGroupInfo"]["connectivityInfo"]["vpcConnectivity"]
    assert vpc == {"clientAuthentication": {"sasl": {"iam": True, "scram": False}, "tls": False}}
    statements = recorder.one("msk/clusterPolicy:ClusterPolicy").statements()
    assert statements.keys() == {"OwnersConnect", "OwnersWriteCatalogue"}
    assert {json.dumps(statement["Principal"]) for statement in statements.values()} == {
        '{"AWS": "arn:aws:iam::444444444444:root"}'
    }
    assert {s["Condition"]["ArnEquals"]["aws:PrincipalArn"] for s in statements.values()} == {PIM}
    assert "kafka:CreateVpcConnection" in statements["OwnersConnect"]["Action"]
    assert statements["OwnersWriteCatalogue"]["Resource"].endswith("/catalogue")


def test_without_owners_in_other_accounts_the_cluster_has_no_policy_and_no_way_in() -> None:
    recorder = made(streams=streams(owners=[OWN]))
    assert not recorder.of("msk/clusterPolicy:ClusterPolicy")
    assert "vpcConnectivity" not in recorder.inputs(CLUSTER)["brokerNodeGroupInfo"]["connectivityInfo"]


# Kafka of either kind.


@KAFKA
def test_the_brokers_group_admits_itself_for_lambda_and_nothing_else(engine: dict[str, Any]) -> None:
    recorder = made(engine)
    assert admitted(recorder) == {"feeds-from-feeds-9098"}


@KAFKA
def test_on_demand_lambda_reaches_its_endpoints_from_the_brokers_group(engine: dict[str, Any]) -> None:
    recorder = made({**engine, **ON_DEMAND})
    assert admitted(recorder) == {"feeds-from-feeds-9098", "network-endpoints-from-feeds-443"}


@KAFKA
def test_an_owner_of_this_account_may_write_the_feed_and_nothing_else(engine: dict[str, Any]) -> None:
    recorder = made(engine, streams=streams(owners=[OWN]))
    found = allowed(recorder.one(POLICY, "feeds-catalogue-write-by-owner-price-tool"))
    assert found["kafka-cluster:Connect"] == cluster_arn(engine)
    assert found["kafka-cluster:WriteData"].endswith("/catalogue")
    assert "kafka-cluster:ReadData" not in found


@KAFKA
def test_lambda_may_read_the_feed_and_keep_positions_of_its_groups(engine: dict[str, Any]) -> None:
    found = allowed(consumed(engine).one(POLICY, READ))
    base = cluster_arn(engine).split(":cluster/")[1]
    assert found["kafka-cluster:ReadData"].endswith(f":topic/{base}/catalogue")
    assert found["kafka-cluster:AlterGroup"].endswith(f":group/{base}/catalogue.*")
    assert found["kafka-cluster:DescribeClusterDynamicConfiguration"] == cluster_arn(engine)
    assert found["kafka:GetBootstrapBrokers"] == found["kafka:DescribeClusterV2"] == cluster_arn(engine)
    assert found["kafka-cluster:WriteData"].endswith(f":topic/{base}/catalogue.dead")
    assert all(
        resource.startswith(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:") for resource in found["ec2:CreateNetworkInterface"]
    )


@KAFKA
def test_pollers_repeat_single_records_and_set_them_aside_in_the_dead_topic(engine: dict[str, Any]) -> None:
    recorder = consumed(engine, streams=streams(max_age_hours=24))
    mapping = recorder.inputs(MAPPING)
    assert mapping["eventSourceArn"] == cluster_arn(engine)
    assert mapping["topics"] == ["catalogue"]
    assert mapping["amazonManagedKafkaEventSourceConfig"] == {"consumerGroupId": "catalogue.writer"}
    assert mapping["provisionedPollerConfig"] == {
        "minimumPollers": 1,
        "maximumPollers": 10,
        "pollerGroupName": "web-store-feeds-test",
    }
    assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": "kafka://catalogue.dead"}}
    assert (mapping["maximumRetryAttempts"], mapping["maximumRecordAgeInSeconds"]) == (10_000, 86_400)
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    set_aside = alarms(recorder)["feeds-catalogue-writer-set-aside"]
    assert set_aside["dimensions"] == {"EventSourceMappingUUID": "feeds-catalogue-writer"}


@KAFKA
def test_on_demand_the_mapping_has_only_what_lambda_takes_then(engine: dict[str, Any]) -> None:
    recorder = consumed({**engine, **ON_DEMAND}, streams=streams(max_age_hours=24))
    assert recorder.inputs(MAPPING).keys() == {
        "amazonManagedKafkaEventSourceConfig",
        "batchSize",
        "eventSourceArn",
        "functionName",
        "startingPosition",
        "topics",
    }
    assert not alarms(recorder).keys() & {"feeds-catalogue-writer-set-aside", "feeds-catalogue-writer-lost"}
    assert "kafka-cluster:WriteData" not in allowed(recorder.one(POLICY, READ))


@KAFKA
def test_the_lag_of_a_consumer_is_counted_in_records_of_its_group(engine: dict[str, Any]) -> None:
    lag = alarms(consumed(engine, streams=streams(alarm_lag_records=500)))["feeds-catalogue-writer-lag"]
    assert (lag["metricName"], lag["threshold"]) == ("SumOffsetLag", 500)
    assert lag["dimensions"] == {
        "Cluster Name": "feeds",
        "Consumer Group": "catalogue.writer",
        "Topic": "catalogue",
    }


def test_a_serverless_cluster_knows_iam_only_and_lies_in_every_zone() -> None:
    recorder = made(SERVERLESS)
    cluster = recorder.inputs(":ServerlessCluster")
    assert cluster["clientAuthentication"] == {"sasl": {"iam": {"enabled": True}}}
    assert cluster["vpcConfigs"][0]["subnetIds"] == [f"subnet-network-data-{number}" for number in (1, 2, 3)]
    assert not recorder.of(TOPIC), "AWS has no way to declare topics of serverless clusters"
    assert not recorder.of(CLUSTER)
