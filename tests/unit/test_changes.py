"""The guard: which changes AWS refuses, what replacements cost, and who may go on."""

import asyncio
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pytest

from changes.consequences import CONSEQUENCES
from changes.deployed import Deployed
from changes.guard import RULE, Guard
from changes.steps import STEPS, refused
from components.dns import HANDED_OVER
from policies.library.waivers import Waiver
from settings.stack_files import stack_settings
from tests.foundation import environment
from tests.mocks import ACCOUNT_ID, REGION, record

TODAY = date(2026, 6, 1)
POOL, TABLE, STREAM = (
    "aws:cognito/userPool:UserPool",
    "aws:dynamodb/table:Table",
    "aws:kinesis/stream:Stream",
)


def attribute(name: str, longest: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "attributeDataType": "String",
        "mutable": True,
        "stringAttributeConstraints": {"maxLength": longest, "minLength": "0"},
        **more,
    }


REFUSED: list[tuple[str, str, Any, Any, str]] = [
    (STREAM, "shardCount", 1, 4, "`partitions` to 2 first"),
    (STREAM, "shardCount", 3, 7, "`partitions` to 6 first"),
    (STREAM, "shardCount", 8, 1, "`partitions` to 4 first"),
    (STREAM, "shardCount", 5.0, 2, "`partitions` to 3 first"),
    (POOL, "schemas", [attribute("number", "64")], [attribute("number", "128")], "attribute number cannot change"),
    (POOL, "schemas", [attribute("number", "64")], [], "attribute number cannot be removed"),
    (POOL, "schemas", [], [attribute("number", "64", required=True)], "attribute number cannot be required"),
    (
        TABLE,
        "ttl",
        {"attributeName": "a", "enabled": True},
        {"attributeName": "b", "enabled": True},
        "attribute a cannot become b in one update",
    ),
    ("aws:msk/cluster:Cluster", "kafkaVersion", "3.9.x.kraft", "3.8.x.kraft", "no way back"),
    ("aws:msk/cluster:Cluster", "kafkaVersion", "3.10.x", "3.9.x", "no way back"),
    ("aws:msk/topic:Topic", "partitionCount", 12, 6, "12 partitions cannot become 6"),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "engineVersion", "8.1", "8.0", "no way back"),
]
ACCEPTED: list[tuple[str, str, Any, Any]] = [
    (STREAM, "shardCount", 1, 2),
    (STREAM, "shardCount", 7, 4),
    (STREAM, "shardCount", 4, 8),
    (POOL, "schemas", [attribute("number", "64")], [attribute("number", "64"), attribute("second", "8")]),
    # What AWS fills in is no change.
    (POOL, "schemas", [attribute("email", "2048", required=True)], [{"name": "email", "required": True}]),
    (TABLE, "ttl", {"attributeName": "a", "enabled": True}, {"attributeName": "", "enabled": False}),
    (TABLE, "ttl", {"enabled": False}, {"attributeName": "b", "enabled": True}),
    ("aws:msk/cluster:Cluster", "kafkaVersion", "3.9.x.kraft", "3.10.x.kraft"),
    ("aws:msk/topic:Topic", "partitionCount", 6, 12),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "engineVersion", "8.0", "8.1"),
]


@pytest.mark.parametrize(("type_", "key", "old", "new", "words"), REFUSED)
def test_what_aws_refuses_is_told_with_the_way(type_: str, key: str, old: Any, new: Any, words: str) -> None:
    (said,) = refused(type_, {key: old}, {key: new})
    assert words in said
    assert "https://" in said


@pytest.mark.parametrize(("type_", "key", "old", "new"), ACCEPTED)
def test_what_aws_takes_is_not_told(type_: str, key: str, old: Any, new: Any) -> None:
    assert list(refused(type_, {key: old}, {key: new})) == []


def test_every_step_is_in_the_tables() -> None:
    assert {(step.type, step.property) for step in STEPS} == {case[:2] for case in REFUSED}
    assert {(step.type, step.property) for step in STEPS} == {case[:2] for case in ACCEPTED}


def old(type_: str, logical: str, /, **outputs: Any) -> Deployed:
    return Deployed(f"urn:pulumi:test::web-store::{type_}::{logical}", type_, outputs)


def guarded(state: list[Deployed], program: Callable[[], object], **more: Any) -> Guard:
    made: list[Guard] = []

    def run() -> None:
        chosen = {"waivers": (), "environment": environment(), **more}
        made.append(Guard(state=state, today=TODAY, **chosen))
        program()

    record(run)
    return made[0]


def test_inputs_of_the_program_are_compared_with_what_is_deployed() -> None:
    def program() -> None:
        aws.kinesis.Stream("feed", shard_count=8)
        aws.kinesis.Stream("scaled", shard_count=8, opts=pulumi.ResourceOptions(ignore_changes=["shardCount"]))
        aws.kinesis.Stream("unknown", shard_count=pulumi.Output.from_input(8))
        aws.kinesis.Stream("new", shard_count=8)
        aws.cognito.UserPool(
            "pool",
            schemas=[
                aws.cognito.UserPoolSchemaArgs(
                    name="number",
                    attribute_data_type="String",
                    string_attribute_constraints=aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(
                        min_length="0", max_length="128"
                    ),
                )
            ],
        )

    state = [old(STREAM, name, shardCount=1) for name in ("feed", "scaled", "unknown")]
    state.append(old(POOL, "pool", schemas=[attribute("number", "64")]))
    feed, pool = guarded(state, program).refused()
    assert feed.startswith("aws:kinesis/stream:Stream `feed`: 1 shards cannot become 8")
    assert pool.startswith("aws:cognito/userPool:UserPool `pool`: attribute number cannot change")


def test_settings_that_are_fixed_are_compared_too() -> None:
    vpc = old("aws:ec2/vpc:Vpc", "network", arn=f"arn:aws:ec2:{REGION}:999999999999:vpc/vpc-1")
    (said,) = guarded([vpc], lambda: None, settings=stack_settings()["dev"]).refused()
    assert said.startswith("environment.account_id")


def costs(guard: Guard) -> dict[tuple[str, str], str]:
    return dict(asyncio.new_event_loop().run_until_complete(guard.costs()))


def test_what_leaves_the_program_is_told_unless_nobody_misses_it() -> None:
    state = [
        old(TABLE, "gone"),
        old("aws:iam/role:Role", "gone"),
        old(TABLE, "stays"),
        Deployed(
            "urn:pulumi:test::web-store::webstore:x:Network$awsx:ec2:Vpc$aws:ec2/vpc:Vpc::n", "aws:ec2/vpc:Vpc", {}
        ),
    ]
    guard = guarded(state[:3], lambda: aws.dynamodb.Table("stays", hash_key="id"))
    assert costs(guard) == {(TABLE, "gone"): "deleted: its items are deleted"}
    assert costs(guarded([], lambda: None)) == {}
    guard = guarded(
        [Deployed(state[3].urn, state[3].type, {"arn": f"arn:aws:ec2:{REGION}:{ACCOUNT_ID}:vpc/v"})], lambda: None
    )
    assert costs(guard) == {}


def test_a_zone_that_was_handed_over_goes_without_a_word() -> None:
    def zone(**tags: str) -> Deployed:
        urn = "urn:pulumi:test::web-store::webstore:index:Store$webstore:edge:Dns$aws:route53/zone:Zone::dns-zone"
        return Deployed(urn, "aws:route53/zone:Zone", {"tags": tags})

    assert costs(guarded([zone(**{HANDED_OVER: "true"})], lambda: None)) == {}
    (said,) = costs(guarded([zone()], lambda: None)).values()
    assert "its records are deleted" in said


def test_images_are_missed_unless_the_cache_brings_them_again() -> None:
    state = [
        old("aws:ecr/repository:Repository", "images-store/orders", name="store/orders"),
        old("aws:ecr/repository:Repository", "images-cached", name="store-public-test/team/collector"),
    ]
    ((key, words),) = costs(guarded(state, lambda: None)).items()
    assert key[1] == "images-store/orders"
    assert words == "deleted: its images are deleted; with `environment.protect` they stay in ECR, outside the stack"


def waiver(**changes: Any) -> Waiver:
    values = {
        "rule": RULE,
        "urn": f"*::{TABLE}::carts",
        "environments": ("dev",),
        "reason": "empty",
        "owner": "team",
        "granted": TODAY,
        "expires": date(2026, 6, 20),
    }
    return Waiver(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "protected"),
    [
        ({}, False),
        ({"urn": "*::aws:dynamodb/table:Table::other"}, True),
        ({"environments": ("prod",)}, True),
        ({"granted": date(2026, 6, 2)}, True),
    ],
)
def test_a_waiver_takes_the_protection_of_what_it_names(changes: dict[str, Any], protected: bool) -> None:
    def program() -> None:
        Guard(environment(), waivers=[waiver(**changes)], state=(), today=TODAY)
        aws.dynamodb.Table("carts", hash_key="id", opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True))

    table = record(program).one(":Table")
    assert table.protect is protected
    assert table.retain_on_delete


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rule": "other-rule"}, f"rule must be {RULE}"),
        ({"expires": date(2026, 7, 20)}, "must expire within 30 days"),
        ({"granted": date(2026, 5, 1), "expires": date(2026, 5, 20)}, "expired; remove it"),
    ],
)
def test_a_waiver_that_cannot_be_used_is_told(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(pulumi.RunError, match=words):
        record(lambda: Guard(environment(), waivers=[waiver(**changes)], state=(), today=TODAY))


def test_replacements_are_told_by_what_stays() -> None:
    for consequence in CONSEQUENCES.values():
        for text in (consequence.of_replacement(kept=True), consequence.of_replacement(kept=False)):
            assert text
            assert not text.endswith(".")
    kept = CONSEQUENCES[TABLE].of_replacement(kept=True)
    assert "stay in the old one" in kept
    assert "deleted" in CONSEQUENCES[TABLE].of_replacement(kept=False)


def test_a_replaced_resource_is_one_whose_id_is_not_known() -> None:
    async def known(value: bool) -> bool:
        return value

    guard = guarded([old(TABLE, "same"), old(TABLE, "other")], lambda: None)
    for name, is_known in (("same", True), ("other", False)):
        resource = SimpleNamespace(id=SimpleNamespace(is_known=lambda is_known=is_known: known(is_known)))
        args = pulumi.ResourceTransformationArgs(
            cast("pulumi.Resource", resource), TABLE, name, {}, pulumi.ResourceOptions(retain_on_delete=True)
        )
        guard._see(args)
    assert costs(guard) == {(TABLE, "other"): "replaced: " + CONSEQUENCES[TABLE].of_replacement(kept=True)}


BALANCER, SERVICE = "aws:lb/loadBalancer:LoadBalancer", "aws:ecs/service:Service"


@pytest.mark.parametrize(
    ("type_", "first_deleted", "protect", "words"),
    [
        (SERVICE, False, True, ""),
        (SERVICE, True, False, "its tasks stop"),
        (BALANCER, False, False, ""),
        (BALANCER, False, True, "AWS refuses to delete the old one"),
        (BALANCER, True, True, "requests fail"),
        (TABLE, False, False, "its items are deleted"),
    ],
)
def test_what_serves_beside_its_successor_is_missed_by_nobody(
    type_: str, first_deleted: bool, protect: bool, words: str
) -> None:
    async def unknown() -> bool:
        return False

    guard = guarded([old(type_, "web")], lambda: None, environment=environment(protect=protect))
    resource = SimpleNamespace(id=SimpleNamespace(is_known=unknown))
    options = pulumi.ResourceOptions(delete_before_replace=first_deleted or None)
    guard._see(pulumi.ResourceTransformationArgs(cast("pulumi.Resource", resource), type_, "web", {}, options))
    told = costs(guard)
    assert [words in text for text in told.values()] == ([True] if words else [])


def test_a_resource_with_another_logical_name_is_the_one_that_its_alias_names() -> None:
    def program() -> None:
        alias = pulumi.Alias(name="edge-store-a")
        aws.route53.Record(
            "edge-shop.example.com-a",
            zone_id="Z1",
            name="shop.example.com",
            type="A",
            ttl=60,
            records=["203.0.113.1"],
            opts=pulumi.ResourceOptions(aliases=[alias]),
        )

    before = old("aws:route53/record:Record", "edge-store-a", type="A")
    assert costs(guarded([before], program)) == {}
    assert costs(guarded([before], lambda: None)) == {
        ("aws:route53/record:Record", "edge-store-a"): "deleted: its host name leads nowhere any more"
    }


def test_records_that_only_aws_reads_are_missed_by_nobody() -> None:
    assert costs(guarded([old("aws:route53/record:Record", "validation", type="CNAME")], lambda: None)) == {}
