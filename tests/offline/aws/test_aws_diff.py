"""A diff names each changed path, replaces where AWS cannot change in place, and is silent about nothing."""

import json

import pytest
from pulumi.runtime.proto import provider_pb2 as rpc

from offline.wire import encode
from tests.offline.aws.driver import BUCKET, GROUP, QUEUE, ROLE, SUBNET, TABLE, TRUST, VPC, Engine, Made

_NONE, _SOME = rpc.DiffResponse.DIFF_NONE, rpc.DiffResponse.DIFF_SOME


def _kinds(diff) -> dict[str, str]:
    return {path: rpc.PropertyDiff.Kind.Name(detail.kind) for path, detail in diff.detailedDiff.items()}


def test_an_unchanged_program_has_no_diff(engine: Engine):
    queue = engine.create(QUEUE, "orders", tags={"a": "b"}, visibilityTimeoutSeconds=30)
    assert queue.diff(tags={"a": "b"}, visibilityTimeoutSeconds=30).changes == _NONE


def test_each_change_is_named_with_its_path(engine: Engine):
    queue = engine.create(QUEUE, "orders", tags={"a": "b", "gone": "x"}, visibilityTimeoutSeconds=30)
    diff = queue.diff(tags={"a": "c", "new": "y"}, visibilityTimeoutSeconds=60)
    assert diff.changes == _SOME
    kinds = _kinds(diff)
    assert kinds["visibilityTimeoutSeconds"] == "UPDATE"
    assert (kinds["tags.a"], kinds["tags.new"], kinds["tags.gone"]) == ("UPDATE", "ADD", "DELETE")
    assert not diff.replaces


def test_a_changed_cidr_block_replaces_the_vpc(engine: Engine):
    diff = engine.create(VPC, "net", cidrBlock="10.0.0.0/16").diff(cidrBlock="10.1.0.0/16")
    assert list(diff.replaces) == ["cidrBlock"]
    assert _kinds(diff) == {"cidrBlock": "UPDATE_REPLACE"}


def test_another_region_replaces_everything(engine: Engine):
    assert list(engine.create(QUEUE, "orders").diff(region="us-east-1").replaces) == ["region"]


def test_a_nested_change_that_replaces_names_the_top_property(engine: Engine):
    table = {
        "hashKey": "id",
        "attributes": [{"name": "id", "type": "S"}, {"name": "at", "type": "S"}],
        "rangeKey": "at",
    }
    made = engine.create(TABLE, "carts", **table, billingMode="PAY_PER_REQUEST")
    other = {**table, "rangeKey": "to", "attributes": [{"name": "id", "type": "S"}, {"name": "to", "type": "S"}]}
    assert list(made.diff(**other, billingMode="PAY_PER_REQUEST").replaces) == ["rangeKey"]


def test_brokers_of_kafka_grow_in_place_and_move_by_replacement(engine: Engine):
    nodes = {
        "instanceType": "kafka.m7g.large",
        "clientSubnets": ["subnet-a", "subnet-b"],
        "securityGroups": ["sg-1"],
        "storageInfo": {"ebsStorageInfo": {"volumeSize": 100}},
    }
    brokers = {"kafkaVersion": "3.9.x.kraft", "numberOfBrokerNodes": 2}
    made = engine.create("aws:msk/cluster:Cluster", "feeds", **brokers, brokerNodeGroupInfo=nodes)
    larger = {**nodes, "instanceType": "kafka.m7g.xlarge", "storageInfo": {"ebsStorageInfo": {"volumeSize": 200}}}
    grown = made.diff(**brokers, brokerNodeGroupInfo=larger)
    assert grown.changes == _SOME
    assert not grown.replaces
    moved = {**nodes, "clientSubnets": ["subnet-a", "subnet-c"]}
    assert list(made.diff(**brokers, brokerNodeGroupInfo=moved).replaces) == ["brokerNodeGroupInfo"]


def test_a_resource_with_a_name_of_its_own_goes_before_its_replacement(engine: Engine):
    named = engine.create(QUEUE, "orders", name="orders", fifoQueue=False)
    unnamed = engine.create(QUEUE, "carts", fifoQueue=False)
    assert named.diff(name="orders", region="us-east-1").deleteBeforeReplace
    assert not unnamed.diff(region="us-east-1").deleteBeforeReplace
    assert not named.diff(name="other").deleteBeforeReplace, "two names can live side by side"


def test_a_mount_target_goes_before_its_replacement(engine: Engine, network: dict[str, Made]):
    """pulumi-aws asks for it: a zone has one mount target of a file system."""
    files = engine.create("aws:efs/fileSystem:FileSystem", "files")
    target = engine.create("aws:efs/mountTarget:MountTarget", "a", fileSystemId=files.id, subnetId=network["a"].id)
    diff = target.diff(fileSystemId=files.id, subnetId=network["b"].id)
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["subnetId"], True)


def test_the_order_of_a_set_does_not_matter_and_that_of_a_list_does(engine: Engine, network: dict[str, Made]):
    ids = [network["a"].id, network["b"].id]
    group = engine.create("aws:elasticache/subnetGroup:SubnetGroup", "cache", subnetIds=ids)
    assert group.diff(subnetIds=ids[::-1]).changes == _NONE


def test_json_is_compared_by_content(engine: Engine):
    role = engine.create(ROLE, "web", assumeRolePolicy=TRUST)
    assert role.diff(assumeRolePolicy=json.dumps(json.loads(TRUST), indent=2)).changes == _NONE
    other = TRUST.replace("ecs-tasks", "lambda")
    assert role.diff(assumeRolePolicy=other).changes == _SOME


def test_texts_and_numbers_of_the_same_meaning_are_the_same(engine: Engine):
    queue = engine.create(QUEUE, "orders", visibilityTimeoutSeconds=60)
    assert queue.diff(visibilityTimeoutSeconds="60").changes == _NONE


def test_ignored_changes_are_ignored(engine: Engine):
    queue = engine.create(QUEUE, "orders", tags={"a": "b"}, visibilityTimeoutSeconds=30)
    diff = queue.diff(("tags", "visibilityTimeoutSeconds"), tags={"a": "c"}, visibilityTimeoutSeconds=60)
    assert "tags.a" not in _kinds(diff)
    assert "visibilityTimeoutSeconds" not in _kinds(diff)


def test_new_default_tags_of_the_provider_update_every_tagged_resource(start):
    queue = start(defaultTags='{"tags":{"owner":"store"}}').create(QUEUE, "orders")
    queue.engine = start(defaultTags='{"tags":{"owner":"shop"}}')
    assert _kinds(queue.diff()) == {"tagsAll.owner": "UPDATE"}


def test_types_without_recorded_facts_replace_on_a_new_name(engine: Engine):
    group = engine.create(
        "aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup",
        "one",
        name="one",
        standbyReplicas="ENABLED",
    )
    assert list(group.diff(name="two", standbyReplicas="ENABLED").replaces) == ["name"]


def test_a_provider_that_moves_to_another_region_stays_and_moves_what_has_a_region(start):
    """pulumi/pulumi-aws#5652: since 7.0 the provider is not replaced, and global resources stay where they are."""
    here, there = start(), start(region="us-east-1")
    request = rpc.DiffRequest(old_inputs=encode({"region": "eu-west-1"}), news=encode({"region": "us-east-1"}))
    response = here.call("DiffConfig", request)
    assert (response.changes, list(response.diffs), list(response.replaces)) == (_SOME, ["region"], [])

    def moved(token: str, **inputs) -> list[str]:
        made = here.create(token, "it", **inputs)
        made.engine = there
        return list(made.diff(**inputs).replaces)

    assert moved(QUEUE) == ["region"]
    assert moved(ROLE, assumeRolePolicy=TRUST) == []
    assert moved("aws:route53/zone:Zone", name="shop.example.com") == []
    assert moved("aws:acm/certificate:Certificate", domainName="a.example.com", region="us-east-1") == []


def test_moving_a_subnet_to_another_zone_replaces_it(network: dict[str, Made]):
    subnet = network["a"]
    inputs = {"vpcId": network["vpc"].id, "cidrBlock": "10.0.0.0/24"}
    assert subnet.token == SUBNET
    assert "availabilityZone" in subnet.diff(**inputs, availabilityZone="eu-west-1c").replaces


def test_leaving_out_again_what_aws_decides_changes_nothing(engine: Engine):
    queue = engine.create(QUEUE, "orders", kmsDataKeyReusePeriodSeconds=600, visibilityTimeoutSeconds=60)
    diff = queue.diff()
    assert _kinds(diff) == {"visibilityTimeoutSeconds": "UPDATE"}, "this one goes back to the provider's default"


def test_a_bucket_and_a_group_keep_their_automatic_names(engine: Engine, network: dict[str, Made]):
    assert engine.create(BUCKET, "media").diff().changes == _NONE
    assert network["group"].token == GROUP
    assert network["group"].diff(vpcId=network["vpc"].id, description="web").changes == _NONE


_NODES = {
    "brokerNodeGroupInfo": {"instanceType": "kafka.m7g.large", "clientSubnets": ["a", "b"], "securityGroups": ["c"]}
}
_CACHE = {"replicationGroupId": "cache", "description": "x", "numCacheClusters": 2}
_WARM = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}
_FLEET = {"cluster": "store", "taskDefinition": "web:1"}


def _warm(units: int) -> dict:
    return {"warmThroughput": {"readUnitsPerSecond": units, "writeUnitsPerSecond": units}}


def _spot(share: int) -> dict:
    return {"capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT", "weight": share}]}


@pytest.mark.parametrize(
    ("token", "fixed", "before", "after", "replaced"),
    [
        (
            "aws:msk/cluster:Cluster",
            {**_NODES, "numberOfBrokerNodes": 2},
            {"kafkaVersion": "3.8.x"},
            {"kafkaVersion": "3.9.x"},
            False,
        ),
        (
            "aws:msk/cluster:Cluster",
            {**_NODES, "numberOfBrokerNodes": 2},
            {"kafkaVersion": "3.10.x"},
            {"kafkaVersion": "3.9.x"},
            True,
        ),
        (
            "aws:elasticache/replicationGroup:ReplicationGroup",
            {**_CACHE, "engine": "valkey"},
            {"engineVersion": "8.0"},
            {"engineVersion": "8.1"},
            False,
        ),
        (
            "aws:elasticache/replicationGroup:ReplicationGroup",
            {**_CACHE, "engine": "valkey"},
            {"engineVersion": "8.0"},
            {"engineVersion": "7.2"},
            True,
        ),
        ("aws:elasticache/replicationGroup:ReplicationGroup", _CACHE, {"engine": "redis"}, {"engine": "valkey"}, False),
        ("aws:elasticache/replicationGroup:ReplicationGroup", _CACHE, {"engine": "valkey"}, {"engine": "redis"}, True),
        (TABLE, _WARM, _warm(8000), _warm(16000), False),
        (TABLE, _WARM, _warm(16000), _warm(8000), True),
        (TABLE, _WARM, {"tableClass": "STANDARD"}, {"tableClass": "STANDARD_INFREQUENT_ACCESS"}, False),
        ("aws:ecs/service:Service", {**_FLEET, "forceNewDeployment": True}, _spot(1), _spot(3), False),
        ("aws:ecs/service:Service", _FLEET, _spot(1), _spot(3), True),
        (
            "aws:ssm/parameter:Parameter",
            {"name": "/a", "type": "String", "value": "b"},
            {"tier": "Advanced"},
            {"tier": "Standard"},
            True,
        ),
        (
            "aws:ssm/parameter:Parameter",
            {"name": "/a", "type": "String", "value": "b"},
            {"tier": "Standard"},
            {"tier": "Advanced"},
            False,
        ),
    ],
)
def test_some_changes_replace_by_their_values(engine: Engine, token, fixed, before, after, replaced):
    diff = engine.create(token, "it", **fixed, **before).diff(**fixed, **after)
    assert diff.changes == _SOME
    assert list(diff.replaces) == (list(after) if replaced else [])


def test_what_a_failed_update_has_set_is_no_change_and_what_it_has_taken_away_is(engine: Engine):
    """pulumi/pulumi#21458: the engine keeps old inputs and new outputs; the bridge compares with the outputs."""
    queue = engine.create(QUEUE, "orders", visibilityTimeoutSeconds=30, tags={"a": "b", "c": "d"})
    queue.outputs = {**queue.outputs, "visibilityTimeoutSeconds": 60}
    same = {"tags": {"a": "b", "c": "d"}}
    assert queue.diff(visibilityTimeoutSeconds=60, **same).changes == _NONE
    assert _kinds(queue.diff(visibilityTimeoutSeconds=90, **same)) == {"visibilityTimeoutSeconds": "UPDATE"}
    assert "tags.c" in _kinds(queue.diff(visibilityTimeoutSeconds=60, tags={"a": "b"}))
