"""One contract for Kafka on brokers, Kafka without, and Kinesis: dead letters, grants, consumers."""

from typing import Any

import pulumi
import pytest

from components.feeds import Feeds
from settings.feeds import FEEDS
from tests.unit.feeds.feeds_box import (
    ACCOUNT,
    CLUSTER,
    EVERY_ENGINE,
    INGRESS,
    KEY,
    KINESIS,
    MAPPING,
    OWN,
    POLICY,
    PROJECT,
    STREAM,
    STREAM_ARN,
    TOPIC,
    alarms,
    allowed,
    cluster_arn,
    consumed,
    made,
    streams,
    used,
)


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
    assert allowed(policy)["sqs:SendMessage"] == f"arn:aws:sqs:eu-west-1:{ACCOUNT}:feeds-catalogue-dead"


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
    with pytest.raises(ValueError, match=r"prices must be declared in feeds\.streams, which has catalogue, inventory"):
        used(lambda feeds: feeds.feed("prices"), engine)


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
            pulumi.Output.all(found.name, found.arn, found.dead_letter_url).apply(
                lambda known, feed=feed: seen.update({feed: known})
            )
        assert (feeds.cluster_arn is None) == (feeds.bootstrap_brokers is None) == (engine == KINESIS)

    used(use, engine)
    name, arn, _ = seen["order-status"]
    assert name == ("feeds-order-status" if engine == KINESIS else "order-status")
    assert arn == (
        f"{STREAM_ARN}order-status"
        if engine == KINESIS
        else f"{cluster_arn(engine).replace(':cluster/', ':topic/')}/order-status"
    )
