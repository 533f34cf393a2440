"""The Feeds box: one contract for Kafka on brokers, Kafka without, and Kinesis."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.blocks.security_group import SecurityGroup
from components.feeds import Feeds
from components.network import Network
from settings.environment import EnvironmentSettings
from settings.feeds import FEEDS, FeedsSettings
from settings.network import NetworkSettings
from settings.problems import Problem
from settings.production import production_sets_single_records_aside
from settings.relations import (
    express_brokers_have_three_zones,
    feeds_on_demand_reach_lambda,
    other_accounts_can_reach_the_feeds,
)
from tests.mocks import Recorder, Registered, record

PROJECT = Path(__file__).resolve().parents[2]
ACCOUNT = "111111111111"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/customer"
CLUSTER_ARN = f"arn:aws:kafka:eu-west-1:{ACCOUNT}:cluster/feeds/abcd1234-0123-abcd-5678-1234abcd5678-1"
STREAM_ARN = f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/feeds-"
PIM = "arn:aws:iam::444444444444:role/integration/pim-export"
OWN = f"arn:aws:iam::{ACCOUNT}:role/team/price-tool"
PROVISIONED, SERVERLESS = {"kind": "msk-provisioned"}, {"kind": "msk-serverless"}
KINESIS = {"kind": "kinesis"}
ON_DEMAND = {"pollers": None}
EVERY_ENGINE = pytest.mark.parametrize("engine", [PROVISIONED, SERVERLESS, KINESIS], ids=lambda engine: engine["kind"])

CLUSTER, TOPIC, CONFIGURATION = "msk/cluster:Cluster", "msk/topic:Topic", "msk/configuration:Configuration"
STREAM, MAPPING, POLICY = "kinesis/stream:Stream", "lambda/eventSourceMapping:EventSourceMapping", ":RolePolicy"
READ = "feeds-catalogue-read-by-writer"
INGRESS, ALARM = "vpc/securityGroupIngressRule:SecurityGroupIngressRule", "cloudwatch/metricAlarm:MetricAlarm"


def settings(engine: dict[str, Any] = PROVISIONED, **sections: Any) -> FeedsSettings:
    return FeedsSettings.model_validate_json(json.dumps({"engine": engine, **sections}))


def streams(**catalogue: Any) -> dict[str, Any]:
    return {**{feed: {} for feed in FEEDS}, "catalogue": catalogue}


def box(
    engine: dict[str, Any] = PROVISIONED, *, zones: str = "abc", protect: bool = False, **sections: Any
) -> tuple[Feeds, Network]:
    environment = EnvironmentSettings(
        name="test",
        profile="dev",
        account_id=ACCOUNT,
        region="eu-west-1",
        owner="team",
        cost_center="cc-1",
        protect=protect,
    )
    network = Network(
        "network",
        settings=NetworkSettings(
            cidr_block="10.20.0.0/16", zones=tuple(f"eu-west-1{zone}" for zone in zones), interface_endpoints=()
        ),
        environment=environment,
        logs_key_arn="arn:aws:kms:eu-west-1:111111111111:key/logs",
        payment_key_arn="arn:aws:kms:eu-west-1:111111111111:key/payment",
        alarm_topic_arn="arn:aws:sns:eu-west-1:111111111111:alarms",
    )
    feeds = Feeds(
        "feeds",
        settings=settings(engine, **sections),
        environment=environment,
        network=network,
        key_arn=KEY,
        logs_key_arn="arn:aws:kms:eu-west-1:111111111111:key/logs",
        alarm_topic_arn="arn:aws:sns:eu-west-1:111111111111:alarms",
    )
    return feeds, network


def made(engine: dict[str, Any] = PROVISIONED, **arguments: Any) -> Recorder:
    return record(lambda: box(engine, **arguments))


def used(use: Callable[[Feeds], object], engine: dict[str, Any] = PROVISIONED, **arguments: Any) -> Recorder:
    return record(lambda: use(box(engine, **arguments)[0]))


def consumed(engine: dict[str, Any] = PROVISIONED, *, function: str = "catalogue-writer", **arguments: Any) -> Recorder:
    def use(feeds: Feeds) -> None:
        role = aws.iam.Role("writer", assume_role_policy="{}")
        granted = feeds.grant_consume("catalogue", role)
        feeds.consume("catalogue", consumer="writer", function_name=function, ready=granted, batch_size=50)

    return used(use, engine, **arguments)


def alarms(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {found.name: found.inputs for found in recorder.of(ALARM) if found.name.startswith("feeds-")}


def broker_alarms(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {
        name.removeprefix("feeds-"): inputs
        for name, inputs in alarms(recorder).items()
        if inputs["namespace"] == "AWS/Kafka"
    }


def admitted(recorder: Recorder) -> set[str]:
    return {rule.name for rule in recorder.of(INGRESS)}


def allowed(policy: Registered) -> dict[str, Any]:
    """Action -> resource, of the first statement that allows it."""
    found: dict[str, Any] = {}
    for statement in policy.statements().values():
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            found.setdefault(action, statement["Resource"])
    return found


# Every engine: dead letters, grants, consumers.


@EVERY_ENGINE
def test_each_feed_has_an_encrypted_queue_of_dead_letters_that_alarms_with_the_first(engine: dict[str, Any]) -> None:
    recorder = made(engine, dead_letter_days=10)
    for feed in FEEDS:
        queue = recorder.inputs("sqs/queue:Queue", f"feeds-{feed}-dead")
        assert (queue["kmsMasterKeyId"], queue["messageRetentionSeconds"]) == (KEY, 864_000)
        alarm = alarms(recorder)[f"feeds-{feed}-dead-messages"]
        assert alarm["threshold"] == 0
        assert "docs/runbooks/feeds-dead-letters.md" in alarm["alarmDescription"]
    assert (PROJECT / "docs/runbooks/feeds-dead-letters.md").is_file()


@EVERY_ENGINE
def test_nothing_is_open_to_addresses_and_nothing_is_granted_to_anyone(engine: dict[str, Any]) -> None:
    recorder = consumed(engine, streams=streams(owners=[OWN]))
    for rule in recorder.of(INGRESS):
        assert not rule.inputs.keys() & {"cidrIpv4", "cidrIpv6", "prefixListId"}
    for policy in recorder.of(POLICY):
        assert not [action for action in allowed(policy) if "*" in action]


@EVERY_ENGINE
def test_a_consumer_starts_with_the_oldest_record_once_its_role_may_read(engine: dict[str, Any]) -> None:
    mapping = consumed(engine).inputs(MAPPING, "feeds-catalogue-writer")
    assert mapping["startingPosition"] == "TRIM_HORIZON"
    assert (mapping["functionName"], mapping["batchSize"]) == ("catalogue-writer", 50)


@EVERY_ENGINE
def test_a_consumer_may_write_dead_letters_of_its_feed_only(engine: dict[str, Any]) -> None:
    policy = consumed(engine).one(POLICY, "feeds-catalogue-dead-send-by-writer")
    assert allowed(policy)["sqs:SendMessage"] == f"arn:aws:mock:eu-west-1:{ACCOUNT}:feeds-catalogue-dead"


@EVERY_ENGINE
def test_every_consumer_has_alarms_on_its_lag_and_on_what_could_not_be_set_aside(engine: dict[str, Any]) -> None:
    found = alarms(consumed(engine, function="catalogue-writer:live"))
    assert "feeds-catalogue-writer-lag" in found
    lost = found["feeds-catalogue-writer-lost"]
    assert (lost["metricName"], lost["dimensions"]) == (
        "DestinationDeliveryFailures",
        {"FunctionName": "catalogue-writer"},
    )


@EVERY_ENGINE
def test_a_role_of_the_stores_own_account_gets_its_policy_here(engine: dict[str, Any]) -> None:
    policy = made(engine, streams=streams(owners=[OWN])).one(POLICY, "feeds-catalogue-write-by-owner-price-tool")
    assert policy.inputs["role"] == "price-tool"


@EVERY_ENGINE
def test_a_feed_that_nobody_declared_is_told_with_those_that_are(engine: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"there is no feed prices; feeds\.streams has catalogue, inventory"):
        used(lambda feeds: feeds.dead_letter_url("prices"), engine)


@EVERY_ENGINE
@pytest.mark.parametrize("protect", [True, False])
def test_streams_are_held_by_protection(engine: dict[str, Any], protect: bool) -> None:
    recorder = made(engine, protect=protect)
    held = [*recorder.of(CLUSTER), *recorder.of(":ServerlessCluster"), *recorder.of(TOPIC), *recorder.of(STREAM)]
    assert {(stream.protect, stream.retain_on_delete) for stream in held} == {(protect, protect)}


@EVERY_ENGINE
def test_outputs_lead_to_every_feed(engine: dict[str, Any]) -> None:
    seen: dict[str, Any] = {}

    def use(feeds: Feeds) -> None:
        for feed in FEEDS:
            found = feeds.feed(feed)
            pulumi.Output.all(found.name, found.arn, feeds.dead_letter_url(feed)).apply(
                lambda known, feed=feed: seen.update({feed: known})
            )
        assert (feeds.cluster_arn is None) == (feeds.bootstrap_brokers is None) == (engine == KINESIS)

    used(use, engine)
    name, arn, _ = seen["order-status"]
    assert name == ("feeds-order-status" if engine == KINESIS else "order-status")
    assert arn == (
        f"{STREAM_ARN}order-status"
        if engine == KINESIS
        else f"{CLUSTER_ARN.replace(':cluster/', ':topic/')}/order-status"
    )


# Kafka on brokers.


def test_brokers_are_spread_evenly_over_the_isolated_subnets_of_every_zone() -> None:
    cluster = made({**PROVISIONED, "brokers_per_zone": 2}).inputs(CLUSTER)
    nodes = cluster["brokerNodeGroupInfo"]
    assert nodes["clientSubnets"] == [f"subnet-data-eu-west-1{zone}" for zone in "abc"]
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


@pytest.mark.parametrize(("zones", "replicas", "in_sync"), [("abc", "3", "2"), ("ab", "2", "1")])
def test_a_record_survives_a_zone_and_no_leader_lacks_one(zones: str, replicas: str, in_sync: str) -> None:
    recorder = made(zones=zones)
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
    assert (target["resourceId"], target["minCapacity"], target["maxCapacity"]) == (CLUSTER_ARN, 50, 400)
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
    assert {json.dumps(statement["Principal"]) for statement in statements.values()} == {json.dumps({"AWS": PIM})}
    assert "kafka:CreateVpcConnection" in statements["OwnersConnect"]["Action"]
    assert statements["OwnersWriteCatalogue"]["Resource"].endswith("/catalogue")


def test_without_owners_in_other_accounts_the_cluster_has_no_policy_and_no_way_in() -> None:
    recorder = made(streams=streams(owners=[OWN]))
    assert not recorder.of("msk/clusterPolicy:ClusterPolicy")
    assert "vpcConnectivity" not in recorder.inputs(CLUSTER)["brokerNodeGroupInfo"]["connectivityInfo"]


# Kafka of either kind.

KAFKA = pytest.mark.parametrize("engine", [PROVISIONED, SERVERLESS], ids=lambda engine: engine["kind"])


@KAFKA
def test_the_brokers_group_admits_itself_for_lambda_and_nothing_else(engine: dict[str, Any]) -> None:
    recorder = made(engine)
    assert admitted(recorder) == {"feeds-from-feeds-9098"}


@KAFKA
def test_on_demand_lambda_reaches_its_endpoints_from_the_brokers_group(engine: dict[str, Any]) -> None:
    recorder = made({**engine, **ON_DEMAND})
    assert admitted(recorder) == {"feeds-from-feeds-9098", "network-endpoints-from-feeds-443"}


@KAFKA
def test_a_service_of_the_store_writes_over_tls_once_it_is_admitted(engine: dict[str, Any]) -> None:
    def use(feeds: Feeds) -> None:
        feeds.admit(SecurityGroup("checkout", vpc_id="vpc-1", description="Checkout"))
        feeds.grant_produce("inventory", aws.iam.Role("checkout", assume_role_policy="{}"))

    recorder = used(use, engine)
    assert "feeds-from-checkout-9098" in admitted(recorder)
    found = allowed(recorder.one(POLICY, "feeds-inventory-write-by-checkout"))
    assert found["kafka-cluster:Connect"] == CLUSTER_ARN
    assert found["kafka-cluster:WriteData"].endswith("/inventory")
    assert "kafka-cluster:ReadData" not in found


@KAFKA
def test_lambda_may_read_the_feed_and_keep_positions_of_its_groups(engine: dict[str, Any]) -> None:
    found = allowed(consumed(engine).one(POLICY, READ))
    base = CLUSTER_ARN.split(":cluster/")[1]
    assert found["kafka-cluster:ReadData"].endswith(f":topic/{base}/catalogue")
    assert found["kafka-cluster:AlterGroup"].endswith(f":group/{base}/catalogue.*")
    assert found["kafka:GetBootstrapBrokers"] == found["kafka:DescribeClusterV2"] == CLUSTER_ARN
    assert found["kafka-cluster:WriteData"].endswith(f":topic/{base}/catalogue.dead")
    assert all(
        resource.startswith(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:") for resource in found["ec2:CreateNetworkInterface"]
    )


@KAFKA
def test_pollers_repeat_single_records_and_set_them_aside_in_the_dead_topic(engine: dict[str, Any]) -> None:
    recorder = consumed(engine, retry_attempts=3, streams=streams(max_age_hours=24))
    mapping = recorder.inputs(MAPPING)
    assert mapping["eventSourceArn"] == CLUSTER_ARN
    assert mapping["topics"] == ["catalogue"]
    assert mapping["amazonManagedKafkaEventSourceConfig"] == {"consumerGroupId": "catalogue.writer"}
    assert mapping["provisionedPollerConfig"] == {
        "minimumPollers": 1,
        "maximumPollers": 10,
        "pollerGroupName": "web-store-feeds-test",
    }
    assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": "kafka://catalogue.dead"}}
    assert (mapping["maximumRetryAttempts"], mapping["maximumRecordAgeInSeconds"]) == (3, 86_400)
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    set_aside = alarms(recorder)["feeds-catalogue-writer-set-aside"]
    assert set_aside["dimensions"] == {"EventSourceMappingUUID": "feeds-catalogue-writer-uuid"}


@KAFKA
def test_on_demand_the_mapping_has_only_what_lambda_takes_then(engine: dict[str, Any]) -> None:
    recorder = consumed({**engine, **ON_DEMAND}, streams=streams(max_age_hours=24))
    assert recorder.inputs(MAPPING).keys() == {
        "amazonManagedKafkaEventSourceConfig",
        "batchSize",
        "destinationConfig",
        "eventSourceArn",
        "functionName",
        "startingPosition",
        "topics",
    }
    queue = f"arn:aws:mock:eu-west-1:{ACCOUNT}:feeds-catalogue-dead"
    assert recorder.inputs(MAPPING)["destinationConfig"] == {"onFailure": {"destinationArn": queue}}
    assert "feeds-catalogue-writer-set-aside" not in alarms(recorder)
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
    assert cluster["vpcConfigs"][0]["subnetIds"] == [f"subnet-data-eu-west-1{zone}" for zone in "abc"]
    assert not recorder.of(TOPIC), "AWS has no way to declare topics of serverless clusters"
    assert not recorder.of(CLUSTER)


# Kinesis.


def test_a_stream_is_encrypted_and_follows_the_load() -> None:
    recorder = made(KINESIS, streams=streams(retention_hours=48))
    stream = recorder.inputs(STREAM, "feeds-catalogue")
    assert (stream["encryptionType"], stream["kmsKeyId"], stream["retentionPeriod"]) == ("KMS", KEY, 48)
    assert stream["streamModeDetails"] == {"streamMode": "ON_DEMAND"}
    assert "shardCount" not in stream
    assert not recorder.of(CLUSTER)
    assert not recorder.of(INGRESS)


def test_a_stream_of_provisioned_capacity_has_its_shards() -> None:
    stream = made({**KINESIS, "mode": "provisioned"}, streams=streams(partitions=2)).inputs(STREAM, "feeds-catalogue")
    assert (stream["streamModeDetails"], stream["shardCount"]) == ({"streamMode": "PROVISIONED"}, 2)


def test_owners_of_other_accounts_write_one_stream_and_use_the_key_for_it_alone() -> None:
    recorder = made(KINESIS, streams=streams(owners=[PIM, OWN]))
    (statement,) = recorder.one("kinesis/resourcePolicy:ResourcePolicy").statements().values()
    assert statement["Principal"] == {"AWS": PIM}
    assert statement["Resource"] == f"{STREAM_ARN}catalogue"
    assert not [action for action in statement["Action"] if "Get" in action]
    grant = recorder.inputs("kms/grant:Grant")
    assert (grant["granteePrincipal"], grant["keyId"], grant["operations"]) == (PIM, KEY, ["GenerateDataKey"])
    assert grant["constraints"] == [{"encryptionContextEquals": {"aws:kinesis:arn": f"{STREAM_ARN}catalogue"}}]


def test_without_owners_in_other_accounts_streams_have_no_policy_and_the_key_no_grant() -> None:
    recorder = made(KINESIS, streams=streams(owners=[OWN]))
    assert not recorder.of("kinesis/resourcePolicy:ResourcePolicy")
    assert not recorder.of("kms/grant:Grant")


@pytest.mark.parametrize(
    ("policy", "action", "absent"),
    [
        (READ, "kms:Decrypt", "kinesis:PutRecord"),
        ("feeds-catalogue-write-by-writer", "kms:GenerateDataKey", "kinesis:GetRecords"),
    ],
)
def test_the_key_is_used_through_kinesis_and_for_the_stream(policy: str, action: str, absent: str) -> None:
    def use(feeds: Feeds) -> None:
        role = aws.iam.Role("writer", assume_role_policy="{}")
        feeds.grant_consume("catalogue", role)
        feeds.grant_produce("catalogue", role)

    granted = used(use, KINESIS).one(POLICY, policy)
    statement = granted.statements()["KeyThroughKinesis"]
    assert (statement["Action"], statement["Resource"]) == (action, KEY)
    assert statement["Condition"]["StringEquals"] == {
        "kms:ViaService": "kinesis.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:aws:kinesis:arn": f"{STREAM_ARN}catalogue",
    }
    assert absent not in allowed(granted)


def test_a_reader_of_a_stream_splits_batches_and_sets_places_aside_in_the_queue() -> None:
    recorder = consumed(KINESIS, retry_attempts=3, streams=streams(alarm_lag_minutes=5))
    mapping = recorder.inputs(MAPPING)
    assert mapping["eventSourceArn"] == f"{STREAM_ARN}catalogue"
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["maximumRetryAttempts"] == 3
    assert "maximumRecordAgeInSeconds" not in mapping
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"].endswith("feeds-catalogue-dead")
    lag = alarms(recorder)["feeds-catalogue-writer-lag"]
    assert (lag["metricName"], lag["threshold"]) == ("IteratorAge", 300_000)


def test_writers_that_are_refused_raise_an_alarm() -> None:
    alarm = alarms(made(KINESIS))["feeds-inventory-throttled"]
    assert (alarm["metricName"], alarm["dimensions"]) == (
        "WriteProvisionedThroughputExceeded",
        {"StreamName": "feeds-inventory"},
    )


def test_clients_of_kinesis_need_no_way_through_the_network() -> None:
    recorder = used(lambda feeds: feeds.admit(SecurityGroup("any", vpc_id="vpc-1", description="Any")), KINESIS)
    assert not recorder.of(INGRESS)


# Settings.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"streams": {"catalogue": {}}}, "lacks inventory, order-status"),
        ({"streams": streams(retention_hours=24, max_age_hours=48)}, "must be 24 or less"),
        ({"streams": streams(owners=[PIM, PIM])}, "names a role a second time"),
        ({"streams": streams(owners=["arn:aws:iam::444444444444:user/pim"])}, "pattern"),
        ({"engine": {**PROVISIONED, "storage_gib": 100, "storage_max_gib": 50}}, "must be 100 or more"),
        ({"engine": {**PROVISIONED, "kafka_version": "3.9.x"}}, "pattern"),
        ({"engine": {**SERVERLESS, "pollers": {"minimum": 4, "maximum": 2}}}, "must be 4 or more"),
        ({"engine": {"kind": "kafka"}}, "kind"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**wrong)


@KAFKA
def test_polling_on_demand_needs_endpoints_of_what_lambda_calls(engine: dict[str, Any]) -> None:
    on_demand = settings({**engine, **ON_DEMAND}).engine
    (problem,) = feeds_on_demand_reach_lambda.check(on_demand, ("logs", "sts"))
    assert "missing: lambda, sqs" in problem.rule
    assert not list(feeds_on_demand_reach_lambda.check(on_demand, ("lambda", "sqs", "sts")))
    assert not list(feeds_on_demand_reach_lambda.check(settings(engine).engine, ()))


def test_kinesis_needs_no_endpoints() -> None:
    assert not list(feeds_on_demand_reach_lambda.check(settings(KINESIS).engine, ()))


def test_express_brokers_need_three_zones() -> None:
    express = settings({**PROVISIONED, "instance_type": "express.m7g.large"}).engine
    (problem,) = express_brokers_have_three_zones.check(express, ("a", "b"))
    assert "`network.zones` names 2" in problem.rule
    assert not list(express_brokers_have_three_zones.check(express, ("a", "b", "c")))
    assert not list(express_brokers_have_three_zones.check(settings().engine, ("a", "b")))


@pytest.mark.parametrize("engine", [SERVERLESS, {**PROVISIONED, "instance_type": "kafka.t3.small"}])
def test_owners_of_other_accounts_are_refused_where_they_could_not_connect(engine: dict[str, Any]) -> None:
    def problems(owner: str) -> list[Problem]:
        found = settings(engine, streams=streams(owners=[OWN, owner]))
        return list(other_accounts_can_reach_the_feeds.check(ACCOUNT, found.engine, found.streams))

    (problem,) = problems(PIM)
    assert problem.path == ("feeds", "streams", "catalogue", "owners", 1)
    assert not problems(OWN.replace("price-tool", "other"))


@pytest.mark.parametrize("engine", [PROVISIONED, KINESIS])
def test_owners_of_other_accounts_are_taken_where_they_can_connect(engine: dict[str, Any]) -> None:
    found = settings(engine, streams=streams(owners=[PIM]))
    assert not list(other_accounts_can_reach_the_feeds.check(ACCOUNT, found.engine, found.streams))


@KAFKA
def test_production_reads_kafka_with_pollers(engine: dict[str, Any]) -> None:
    check = production_sets_single_records_aside.check
    on_demand = settings({**engine, **ON_DEMAND}).engine
    assert [problem.path for problem in check("prod", on_demand)] == [("feeds", "engine", "pollers")]
    assert not list(check("dev", on_demand))
    assert not list(check("prod", settings(engine).engine))
    assert not list(check("prod", settings(KINESIS).engine))
