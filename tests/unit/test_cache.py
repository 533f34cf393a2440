"""The cache block: who gets in, how it is encrypted, what survives a zone."""

import pulumi_aws as aws
import pytest

from components.blocks.cache import Cache, CacheArgs
from settings.cache import CacheSettings
from tests.foundation import inside, key_arn
from tests.mocks import Recorder, record

GROUP = "elasticache/replicationGroup:ReplicationGroup"
SERVERLESS = "elasticache/serverlessCache:ServerlessCache"
KEY_ARN = key_arn("customer")


def cache(**settings) -> Cache:
    return Cache(
        "cache",
        CacheArgs(
            settings=CacheSettings(**settings),
            vpc_id="vpc-1",
            subnet_ids=["subnet-a", "subnet-b"],
            key_arn=KEY_ARN,
            user_name="cache-dev",
        ),
        opts=inside(),
    )


def made(**settings) -> Recorder:
    return record(lambda: cache(**settings))


def test_data_is_encrypted_at_rest_with_the_customer_key_and_tls_is_required() -> None:
    inputs = made().inputs(GROUP)
    assert (inputs["atRestEncryptionEnabled"], inputs["kmsKeyId"]) == (True, KEY_ARN)
    assert (inputs["transitEncryptionEnabled"], inputs["transitEncryptionMode"]) == (True, "required")


def test_the_one_user_signs_in_by_iam_under_its_own_id() -> None:
    user = made().inputs("elasticache/user:User")
    assert user["authenticationMode"] == {"type": "iam"}
    assert user["userId"] == user["userName"] == "cache-dev", "ElastiCache refuses IAM users whose id is not their name"
    assert "-@admin" in user["accessString"]


@pytest.mark.parametrize("engine", ["valkey", "valkey_serverless"])
def test_nobody_gets_in_without_credentials(engine) -> None:
    recorder = made(engine=engine)
    users = recorder.of("elasticache/user:User")
    assert len(users) == 1, "a user `default` would let clients in without a name"
    assert not {"passwords", "noPasswordRequired"} & users[0].inputs.keys()
    group = recorder.inputs("elasticache/userGroup:UserGroup")
    assert (group["engine"], group["userIds"]) == ("valkey", ["cache-dev"])
    if engine == "valkey":
        assert recorder.inputs(GROUP)["userGroupIds"] == ["cache-dev"]
    else:
        assert recorder.inputs(SERVERLESS)["userGroupId"] == "cache-dev"


def test_replicas_stand_in_several_zones_and_take_over() -> None:
    inputs = made(replicas_per_shard=2).inputs(GROUP)
    assert (inputs["multiAzEnabled"], inputs["automaticFailoverEnabled"]) == (True, True)
    assert (inputs["numNodeGroups"], inputs["replicasPerNodeGroup"]) == (1, 2)


def test_a_single_node_claims_no_second_zone() -> None:
    assert made(replicas_per_shard=0).inputs(GROUP)["multiAzEnabled"] is False


def test_the_cache_is_a_cluster_so_that_shards_can_be_added_in_place() -> None:
    recorder = made(shards=3)
    assert recorder.inputs(GROUP)["clusterMode"] == "enabled"
    parameters = recorder.inputs("elasticache/parameterGroup:ParameterGroup")
    assert {"name": "cluster-enabled", "value": "yes"} in parameters["parameters"]


@pytest.mark.parametrize(("version", "family"), [("8.2", "valkey8"), ("9.0", "valkey9")])
def test_parameters_are_of_the_engine_s_family(version, family) -> None:
    recorder = made(version=version)
    assert recorder.inputs("elasticache/parameterGroup:ParameterGroup")["family"] == family
    assert (recorder.inputs(GROUP)["engine"], recorder.inputs(GROUP)["engineVersion"]) == ("valkey", version)


def test_snapshots_are_kept_outside_the_maintenance_window() -> None:
    inputs = made(snapshot_days=14).inputs(GROUP)
    assert (inputs["snapshotRetentionLimit"], inputs["snapshotWindow"]) == (14, "02:00-03:00")
    assert inputs["maintenanceWindow"] == "sun:03:30-sun:04:30"
    assert "snapshotWindow" not in made(snapshot_days=0).inputs(GROUP)


def test_slow_queries_and_engine_messages_go_to_keyed_log_groups() -> None:
    recorder = made(log_days=30)
    deliveries = recorder.inputs(GROUP)["logDeliveryConfigurations"]
    assert {delivery["logType"] for delivery in deliveries} == {"slow-log", "engine-log"}
    groups = recorder.of("cloudwatch/logGroup:LogGroup")
    assert {delivery["destination"] for delivery in deliveries} == {group.name for group in groups}
    assert all(group.inputs["kmsKeyId"].endswith("key/logs") for group in groups)
    assert all(group.inputs["retentionInDays"] == 30 for group in groups)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_larger_node_waits_for_the_maintenance_window_unless_asked_otherwise(at_once: bool) -> None:
    assert made(apply_immediately=at_once).inputs(GROUP)["applyImmediately"] is at_once
    assert made().inputs(GROUP)["applyImmediately"] is False


def test_minor_versions_install_themselves() -> None:
    assert made().inputs(GROUP)["autoMinorVersionUpgrade"] is True


def test_the_group_admits_nobody_by_itself() -> None:
    recorder = made()
    assert recorder.inputs(GROUP)["securityGroupIds"] == ["sg-cache"]
    assert not recorder.of("SecurityGroupIngressRule")
    assert not recorder.of("SecurityGroupEgressRule")


def test_serverless_is_keyed_bounded_and_has_no_nodes() -> None:
    recorder = made(engine="valkey_serverless", version="9.0", max_data_gb=20, max_ecpu_per_second=5000)
    inputs = recorder.inputs(SERVERLESS)
    assert (inputs["engine"], inputs["majorEngineVersion"], inputs["kmsKeyId"]) == ("valkey", "9", KEY_ARN)
    assert inputs["cacheUsageLimits"] == {
        "dataStorage": {"maximum": 20, "unit": "GB"},
        "ecpuPerSeconds": [{"maximum": 5000}],
    }
    assert inputs["dailySnapshotTime"] == "02:00"
    assert not recorder.of(GROUP)
    assert not recorder.of("elasticache/parameterGroup:ParameterGroup")


@pytest.mark.parametrize("engine", ["valkey", "valkey_serverless"])
def test_a_role_may_sign_in_to_this_cache_as_this_user_only(engine) -> None:
    def build() -> None:
        cache(engine=engine).grant_connect(aws.iam.Role("service", assume_role_policy="{}"))

    statement = record(build).one("iam/rolePolicy:RolePolicy").statements()["SignIn"]
    assert statement["Action"] == "elasticache:Connect"
    assert len(statement["Resource"]) == 2
    assert "*" not in "".join(statement["Resource"])


def test_each_node_has_alarms_and_only_replicated_ones_have_a_lag() -> None:
    alarms = made(replicas_per_shard=1).of("MetricAlarm")
    assert {(a.inputs["metricName"], a.inputs["dimensions"]["CacheClusterId"][-9:]) for a in alarms} == {
        (metric, node)
        for metric in ("EngineCPUUtilization", "DatabaseMemoryUsagePercentage", "Evictions", "ReplicationLag")
        for node in ("-0001-001", "-0001-002")
    }
    single = {a.inputs["metricName"] for a in made(replicas_per_shard=0).of("MetricAlarm")}
    assert "ReplicationLag" not in single


def test_serverless_alarms_speak_of_its_limits() -> None:
    alarms = {
        a.inputs["metricName"]: a.inputs for a in made(engine="valkey_serverless", max_data_gb=10).of("MetricAlarm")
    }
    assert alarms.keys() == {"ThrottledCmds", "BytesUsedForCache"}
    assert alarms["BytesUsedForCache"]["threshold"] == 8 * 1024**3
