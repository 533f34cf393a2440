"""Feeds on Kinesis data streams."""

import pytest

from tests.unit.feeds.feeds_box import (
    CLUSTER,
    INGRESS,
    KEY,
    KINESIS,
    MAPPING,
    OWN,
    PIM,
    POLICY,
    READ,
    STREAM,
    STREAM_ARN,
    alarms,
    allowed,
    consumed,
    made,
    streams,
)


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
        ("feeds-catalogue-write-by-owner-price-tool", "kms:GenerateDataKey", "kinesis:GetRecords"),
    ],
)
def test_the_key_is_used_through_kinesis_and_for_the_stream(policy: str, action: str, absent: str) -> None:
    granted = consumed(KINESIS, streams=streams(owners=[OWN])).one(POLICY, policy)
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
