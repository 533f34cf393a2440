"""Check refuses what the types of pulumi_aws do not allow, all at once, and fills in what the provider would."""

import json
import re

import pytest
from pulumi.runtime.proto import provider_pb2 as rpc

from offline.wire import UNKNOWN, Secret, decode, encode
from tests.offline.aws.driver import BALANCER, BUCKET, QUEUE, ROLE, SUBNET, TABLE, TRUST, VPC, Engine

_TOPIC = "aws:sns/topic:Topic"
_SERVERLESS_KAFKA = {
    "clientAuthentication": {"sasl": {"iam": {"enabled": True}}},
    "vpcConfigs": [{"subnetIds": ["subnet-1", "subnet-2"]}],
}
_GOOD_TABLE = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}


@pytest.mark.parametrize(
    ("token", "inputs", "path", "words"),
    [
        (QUEUE, {"visibilityTimeout": 30}, "visibilityTimeout", "did you mean 'visibilityTimeoutSeconds'"),
        (QUEUE, {"fifo_queu": True}, "fifo_queu", "did you mean 'fifo_queue'"),
        (TABLE, {**_GOOD_TABLE, "ttl": {"enabeld": True}}, "ttl.enabeld", "did you mean 'enabled'"),
        (
            TABLE,
            {**_GOOD_TABLE, "attributes": [{"name": "id", "type": "S", "kind": "x"}]},
            "attributes[0].kind",
            "unknown property",
        ),
        (TABLE, {**_GOOD_TABLE, "attributes": [{"name": "id"}]}, "attributes[0].type", "missing required property"),
        (ROLE, {}, "assumeRolePolicy", "missing required property"),
        (QUEUE, {"delaySeconds": "soon"}, "delaySeconds", "expected a whole number, got 'soon'"),
        (QUEUE, {"fifoQueue": "perhaps"}, "fifoQueue", "expected true or false"),
        (QUEUE, {"fifoQueue": []}, "fifoQueue", "expected true or false"),
        (TABLE, {**_GOOD_TABLE, "attributes": {"name": "id", "type": "S"}}, "attributes", "expected a list"),
        (QUEUE, {"tags": ["a"]}, "tags", "expected a mapping"),
        (QUEUE, {"tags": {"a": ["b"]}}, "tags.a", "expected a text"),
        (BALANCER, {"subnets": "subnet-1"}, "subnets", "expected a list"),
        (BALANCER, {"accessLogs": "bucket"}, "accessLogs", "expected a mapping"),
        (
            SUBNET,
            {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-west-1z"},
            "availabilityZone",
            "eu-west-1z is not an Availability Zone of eu-west-1; it has eu-west-1a, eu-west-1b, eu-west-1c",
        ),
    ],
)
def test_a_structural_mistake_is_refused_with_its_path(engine: Engine, token, inputs, path, words):
    assert words in engine.problems(token, inputs)[path]


def test_all_problems_are_told_at_once(engine: Engine):
    problems = engine.problems(TABLE, {"hashKey": "id", "billingMode": "ON_DEMAND", "ttl": {"enabeld": True}, "x": 1})
    assert {"billingMode", "ttl.enabeld", "x"} <= problems.keys()


def test_the_value_of_a_secret_is_not_told(engine: Engine):
    problems = engine.problems(
        "aws:rds/cluster:Cluster", {"engine": "aurora-postgresql", "masterPassword": Secret([1, "hush"])}
    )
    assert "masterPassword" in problems
    assert "hush" not in str(problems)


@pytest.mark.parametrize("value", [UNKNOWN, Secret(UNKNOWN), "30", 30, 30.0, None])
def test_values_that_the_real_bridge_takes_are_taken(engine: Engine, value):
    assert engine.problems(QUEUE, {"visibilityTimeoutSeconds": value}) == {}


def test_a_number_may_stand_for_a_text(engine: Engine):
    task = {"family": "web", "cpu": 256, "memory": 512, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
    containers = '[{"name":"web","image":"nginx","essential":true}]'
    assert engine.problems("aws:ecs/taskDefinition:TaskDefinition", {**task, "containerDefinitions": containers}) == {}


def test_a_policy_given_as_an_object_becomes_json_text(engine: Engine):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    checked = engine.check(ROLE, "web", {"assumeRolePolicy": {"Version": "2012-10-17", "Statement": [statement]}})
    assert json.loads(checked["assumeRolePolicy"]) == json.loads(TRUST)


def test_defaults_of_the_provider_are_filled_in_and_listed(engine: Engine):
    checked = engine.check(VPC, "net", {"cidrBlock": "10.0.0.0/16"})
    assert checked["enableDnsSupport"] is True
    assert checked["instanceTenancy"] == "default"
    assert checked["__defaults"] == ["enableDnsSupport", "instanceTenancy"]


def test_a_given_value_is_not_replaced_by_a_default(engine: Engine):
    assert (
        engine.check(VPC, "net", {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": False})["enableDnsSupport"] is False
    )


def test_default_tags_go_under_the_tags_of_the_resource(start):
    engine = start(defaultTags='{"tags":{"owner":"store","env":"dev"}}')
    checked = engine.check(QUEUE, "orders", {"tags": {"env": "prod"}})
    assert checked["tags"] == {"env": "prod"}
    assert checked["tagsAll"] == {"owner": "store", "env": "prod"}


def test_default_tags_may_also_come_as_a_mapping(start):
    assert start(defaultTags={"tags": {"owner": "store"}}).check(QUEUE, "orders", {})["tagsAll"] == {"owner": "store"}


def test_an_unknown_tag_makes_all_tags_unknown(start):
    engine = start(defaultTags='{"tags":{"owner":"store"}}')
    assert engine.check(QUEUE, "orders", {"tags": {"vpc": UNKNOWN}})["tagsAll"] is UNKNOWN


def test_ignored_tags_do_not_count(start):
    engine = start(defaultTags='{"tags":{"owner":"store"}}', ignoreTags='{"keyPrefixes":["aws-"],"keys":["tmp"]}')
    checked = engine.check(QUEUE, "orders", {"tags": {"aws-x": "1", "tmp": "2", "env": "dev"}})
    assert checked["tagsAll"] == {"owner": "store", "env": "dev"}


def test_the_settings_of_the_provider_are_kept_as_text(engine: Engine):
    news = encode(
        {"region": "eu-west-1", "defaultTags": '{"tags":{"owner":"store"}}', "allowedAccountIds": '["111111111111"]'}
    )
    response = engine.call("CheckConfig", rpc.CheckRequest(news=news))
    assert not response.failures
    assert decode(response.inputs)["defaultTags"] == '{"tags":{"owner":"store"}}', "as policies meet it on AWS"


@pytest.mark.parametrize(
    ("settings", "property_name"),
    [
        ({"region": "europe"}, "region"),
        ({"regoin": "eu-west-1"}, "regoin"),
        ({"allowedAccountIds": '["12345"]'}, "allowedAccountIds"),
    ],
)
def test_wrong_settings_of_the_provider_are_refused(engine: Engine, settings, property_name):
    response = engine.call("CheckConfig", rpc.CheckRequest(news=encode(settings)))
    assert [failure.property for failure in response.failures] == [property_name]


@pytest.mark.parametrize(
    ("token", "inputs", "key", "form"),
    [
        (QUEUE, {}, "name", r"Orders-[0-9a-f]{7}"),
        (QUEUE, {"fifoQueue": True}, "name", r"Orders-[0-9a-f]{7}\.fifo"),
        (_TOPIC, {"fifoTopic": True}, "name", r"Orders-[0-9a-f]{7}\.fifo"),
        (BUCKET, {}, "bucket", r"orders-[0-9a-f]{7}"),
        ("aws:kms/alias:Alias", {"targetKeyId": "x"}, "name", r"alias/Orders-[0-9a-f]{7}"),
        ("aws:elasticache/subnetGroup:SubnetGroup", {"subnetIds": ["subnet-1"]}, "name", r"orders-[0-9a-f]{7}"),
        ("aws:msk/serverlessCluster:ServerlessCluster", _SERVERLESS_KAFKA, "clusterName", r"Orders-[0-9a-f]{7}"),
    ],
)
def test_what_has_no_name_gets_one(engine: Engine, token, inputs, key, form):
    checked = engine.check(token, "Orders", inputs)
    assert re.fullmatch(form, checked[key])
    assert key in checked["__defaults"]


def test_a_given_name_or_prefix_is_left_alone(engine: Engine):
    assert engine.check(QUEUE, "orders", {"name": "mine"})["name"] == "mine"
    assert "name" not in engine.check(QUEUE, "orders", {"namePrefix": "mine-"})


def test_a_name_made_up_once_is_kept(engine: Engine):
    first = engine.check(QUEUE, "orders", {})
    response = engine.call(
        "Check",
        rpc.CheckRequest(urn=engine.urn(QUEUE, "orders"), news=encode({}), olds=encode(first), randomSeed=b"another"),
    )
    assert decode(response.inputs)["name"] == first["name"]


def test_another_resource_of_the_same_logical_name_gets_another_name(engine: Engine):
    names = set()
    for seed in (b"one", b"two"):
        request = rpc.CheckRequest(urn=engine.urn(QUEUE, "orders"), news=encode({}), randomSeed=seed)
        names.add(decode(engine.call("Check", request).inputs)["name"])
    assert len(names) == 2


def test_an_automatic_name_that_aws_would_not_take_is_refused(engine: Engine):
    problem = engine.problems(
        BALANCER, {"subnets": ["subnet-1", "subnet-2"]}, name="a-very-long-logical-name-of-a-balancer"
    )
    assert "AWS takes 32" in problem["name"]


@pytest.mark.parametrize(("mode", "name"), [("ENFORCE", "wanted"), ("PROPOSE", "wanted")])
def test_the_engines_naming_rule_is_followed(engine: Engine, mode, name):
    options = rpc.CheckRequest.AutonamingOptions
    request = rpc.CheckRequest(
        urn=engine.urn(QUEUE, "orders"),
        news=encode({}),
        autonaming=options(proposed_name="wanted", mode=options.Mode.Value(mode)),
    )
    assert decode(engine.call("Check", request).inputs)["name"] == name


def test_switched_off_naming_demands_a_name(engine: Engine):
    options = rpc.CheckRequest.AutonamingOptions
    request = rpc.CheckRequest(
        urn=engine.urn(QUEUE, "orders"), news=encode({}), autonaming=options(mode=options.DISABLE)
    )
    assert [failure.property for failure in engine.call("Check", request).failures] == ["name"]


def test_rules_between_resources_see_what_was_checked_before(engine: Engine):
    vpc = {"cidrBlock": "10.0.0.0/16"}
    engine.check(VPC, "net", vpc)
    engine.check(VPC, "net", vpc)  # the engine checks twice, in preview and deployment: no conflict with itself


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [(_TOPIC, {"fifoTopic": Secret("hunter2")}, "fifoTopic"), (QUEUE, {"policy": Secret("hunter2")}, "policy")],
)
def test_a_refused_secret_is_not_shown(engine: Engine, token, inputs, path):
    assert "hunter2" not in engine.problems(token, inputs)[path]
