"""What exists can be read, changed and deleted; what AWS refuses is refused, with the reason."""

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline.aws.cloud import Cloud
from offline.wire import File, Secret, decode, encode
from tests.offline.aws.driver import (
    BALANCER,
    BUCKET,
    GROUP,
    QUEUE,
    ROLE,
    SUBNET,
    TRUST,
    VPC,
    Engine,
    Made,
    RefusedCallError,
)

_SECRET, _VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def test_a_refresh_of_an_untouched_resource_finds_no_change(engine: Engine):
    queue = engine.create(QUEUE, "orders", tags={"a": "b"})
    response = queue.read()
    assert decode(response.inputs) == queue.inputs
    assert decode(response.properties) == queue.outputs


def test_an_import_by_id_gives_inputs_that_show_no_diff(start, engine: Engine):
    queue = engine.create(QUEUE, "orders", name="orders", visibilityTimeoutSeconds=60)
    another = start()
    response = another.read(QUEUE, queue.id)
    imported = Made(another, QUEUE, "imported", response.id, decode(response.inputs), decode(response.properties))
    assert imported.outputs["arn"] == queue.outputs["arn"]
    assert not imported.diff(name="orders", visibilityTimeoutSeconds=60).diffs


def test_what_does_not_exist_reads_as_gone(engine: Engine):
    assert engine.read(QUEUE, "https://sqs.eu-west-1.amazonaws.com/123456789012/none").id == ""


def test_drift_is_seen_by_a_refresh_and_by_the_diff_after_it(engine: Engine, home: Path):
    queue = engine.create(QUEUE, "orders", visibilityTimeoutSeconds=30)
    Cloud(home).edit(QUEUE, queue.id, {"visibilityTimeoutSeconds": 99}, account="123456789012")
    response = queue.read()
    assert decode(response.properties)["visibilityTimeoutSeconds"] == 99
    queue.inputs, queue.outputs = decode(response.inputs), decode(response.properties)
    assert list(queue.diff(visibilityTimeoutSeconds=30).diffs) == ["visibilityTimeoutSeconds"]


def test_an_update_keeps_the_id_and_changes_the_cloud(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    arn = queue.outputs["arn"]
    queue.update(visibilityTimeoutSeconds=60)
    found = engine.read(QUEUE, queue.id)
    assert decode(found.properties)["visibilityTimeoutSeconds"] == 60
    assert decode(found.properties)["arn"] == arn


def test_an_update_of_what_somebody_deleted_fails(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    queue.delete()
    with pytest.raises(RefusedCallError, match="does not exist any more"):
        queue.update(visibilityTimeoutSeconds=60)


def test_deleting_twice_is_no_error(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    queue.delete()
    queue.delete()
    assert engine.read(QUEUE, queue.id).id == ""


def test_two_plugins_of_one_home_see_one_cloud(start):
    vpc = start().create(VPC, "net", cidrBlock="10.0.0.0/16")
    assert start().create(SUBNET, "app-a", vpcId=vpc.id, cidrBlock="10.0.0.0/24").id.startswith("subnet-")


@pytest.mark.parametrize(
    ("token", "inputs", "words"),
    [
        (
            SUBNET,
            {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"},
            "InvalidVpcID.NotFound.*property vpcId",
        ),
        (GROUP, {"vpcId": "vpc-0123456789abcdef0"}, "InvalidVpcID.NotFound"),
        (
            BALANCER,
            {"subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]},
            r"InvalidSubnetID.NotFound.*subnets\[0\]",
        ),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {
                "family": "web",
                "containerDefinitions": '[{"name":"web","image":"nginx","essential":true}]',
                "executionRoleArn": "arn:aws:iam::123456789012:role/none",
            },
            "'arn:aws:iam::123456789012:role/none' does not exist",
        ),
        (BUCKET, {"tags": {"a": "vpc-0123456789abcdef0"}}, ""),
    ],
)
def test_referring_to_what_does_not_exist_fails(engine: Engine, token, inputs, words):
    if not words:
        assert engine.create(token, "it", **inputs).id, "a tag is only a text"
        return
    with pytest.raises(RefusedCallError, match=words):
        engine.create(token, "it", **inputs)


def test_a_vpc_of_another_region_does_not_exist_here(start):
    vpc = start(region="us-east-1").create(VPC, "net", cidrBlock="10.0.0.0/16")
    with pytest.raises(RefusedCallError, match="InvalidVpcID"):
        start().create(SUBNET, "app-a", vpcId=vpc.id, cidrBlock="10.0.0.0/24")


def test_arns_of_other_accounts_and_of_aws_itself_are_not_judged(engine: Engine):
    role = engine.create(ROLE, "web", assumeRolePolicy=TRUST)
    for number, arn in enumerate(("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::999999999999:policy/other")):
        assert engine.create(_ATTACHMENT, f"web-{number}", role=role.id, policyArn=arn).id == f"{role.id}/{arn}"


def test_a_failed_create_leaves_nothing(engine: Engine):
    with pytest.raises(RefusedCallError):
        engine.create(SUBNET, "app-a", vpcId="vpc-0123456789abcdef0", cidrBlock="10.0.0.0/24")
    assert engine.invoke("aws:ec2/getSubnets:getSubnets")["ids"] == []


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (QUEUE, {"name": "orders"}),
        (ROLE, {"name": "orders", "assumeRolePolicy": TRUST}),
        (BUCKET, {"bucket": "orders-of-the-shop"}),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "/store/orders"}),
    ],
)
def test_a_name_is_taken_once(start, token, inputs):
    start().create(token, "one", **inputs)
    other = start()
    with pytest.raises(RefusedCallError, match=r"already exists.*::one\)"):
        other.create(token, "two", **inputs)


def test_a_new_revision_lives_beside_the_old_one_until_that_is_deleted(engine: Engine):
    task = {"family": "web", "containerDefinitions": '[{"name":"web","image":"nginx","essential":true}]'}
    old = engine.create("aws:ecs/taskDefinition:TaskDefinition", "web", **task)
    new = engine.create("aws:ecs/taskDefinition:TaskDefinition", "web", **task)
    old.delete()
    assert decode(new.read().properties)["arn"].endswith("web:2")


def test_the_default_group_of_a_vpc_is_adopted_and_outlives_its_resource(engine: Engine, network: dict[str, Made]):
    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    closed = engine.create(token, "closed", vpcId=network["vpc"].id)
    assert closed.id == network["vpc"].outputs["defaultSecurityGroupId"]
    closed.delete()
    rule = engine.create(_RULE, "in", securityGroupId=closed.id, ipProtocol="-1", cidrIpv4="10.0.0.0/16")
    assert rule.id.startswith("sgr-")


def test_no_secret_lies_in_the_cloud_file_in_clear(engine: Engine, home: Path):
    secret = engine.create(_SECRET, "search")
    engine.create(_VERSION, "search", secretId=secret.id, secretString=Secret("a-very-secret-password"))
    sqlite3.connect(home / "cloud.sqlite").execute("pragma wal_checkpoint(truncate)")
    for file in home.iterdir():
        if file.is_file():
            assert b"a-very-secret-password" not in file.read_bytes()
    assert engine.invoke("aws:secretsmanager/getSecretVersion:getSecretVersion", secretId=secret.id)[
        "secretString"
    ] == Secret("a-very-secret-password")


def test_many_threads_and_connections_create_without_losing_anything(start, home: Path):
    engines = [start(), start()]

    def make(number: int) -> None:
        engines[number % 2].create(QUEUE, f"queue-{number}")

    threads = [threading.Thread(target=make, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = [item.id for item in Cloud(home).all(QUEUE)]
    assert len(set(names)) == 24


_texts = st.text("ab{[é\n", max_size=5)
_scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts
_values = st.recursive(
    _scalars | st.builds(Secret, _texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(_texts, _values, max_size=4))
def test_every_value_comes_back_from_the_wire_as_it_went(values):
    assert decode(encode(values)) == values


def test_an_archive_keeps_its_hash(engine: Engine):
    raw = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "abc", "path": "x.zip"}
    assert decode(encode({"code": raw}))["code"] == File(raw)
    role = engine.create(ROLE, "api", assumeRolePolicy=TRUST)
    made = engine.create(
        "aws:lambda/function:Function",
        "api",
        role=role.outputs["arn"],
        runtime="python3.12",
        handler="app.handler",
        code=File(raw),
    )
    assert decode(made.read().inputs)["code"] == File(raw)
