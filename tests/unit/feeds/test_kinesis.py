"""Feeds on Kinesis data streams."""

import pytest

from components.blocks.stream_key import stream_key_statements
from tests.unit.feeds.feeds_box import (
    ACCOUNT,
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
    settings,
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


def test_owners_of_other_accounts_write_one_stream() -> None:
    recorder = made(KINESIS, streams=streams(owners=[PIM, OWN]))
    (statement,) = recorder.one("kinesis/resourcePolicy:ResourcePolicy").statements().values()
    assert statement["Principal"] == {"AWS": "arn:aws:iam::444444444444:root"}
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": PIM}}
    assert statement["Resource"] == f"{STREAM_ARN}catalogue"
    assert not [action for action in statement["Action"] if "Get" in action]


def test_owners_of_other_accounts_use_the_key_for_their_stream_alone() -> None:
    chosen = settings(KINESIS, streams=streams(owners=[PIM, OWN]))
    writers = chosen.stream_writers(ACCOUNT)
    assert writers == {"catalogue": (PIM,)}
    (statement,) = stream_key_statements(ACCOUNT, "eu-west-1", writers)
    assert statement.to_dict() == {
        "Sid": "OwnersOfCatalogueEncrypt",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444444444444:root"},
        "Action": "kms:GenerateDataKey",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:ViaService": "kinesis.eu-west-1.amazonaws.com"},
            "ArnLike": {
                "kms:EncryptionContext:aws:kinesis:arn": f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/*-catalogue-*"
            },
            "ArnEquals": {"aws:PrincipalArn": PIM},
        },
    }


def test_without_streams_of_other_accounts_nobody_there_uses_the_key() -> None:
    assert not made(KINESIS, streams=streams(owners=[OWN])).of("kinesis/resourcePolicy:ResourcePolicy")
    assert settings(KINESIS, streams=streams(owners=[OWN])).stream_writers(ACCOUNT) == {}
    assert settings(streams=streams(owners=[PIM])).stream_writers(ACCOUNT) == {}, "Kafka's brokers use the key"


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
    recorder = consumed(KINESIS, streams=streams(alarm_lag_minutes=5, retention_hours=24))
    mapping = recorder.inputs(MAPPING)
    assert mapping["eventSourceArn"] == f"{STREAM_ARN}catalogue"
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["maximumRetryAttempts"], mapping["maximumRecordAgeInSeconds"]) == (-1, 23 * 3600)
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"].endswith("feeds-catalogue-dead")
    lag = alarms(recorder)["feeds-catalogue-writer-lag"]
    assert (lag["metricName"], lag["threshold"]) == ("IteratorAge", 300_000)
    assert alarms(recorder)["feeds-catalogue-writer-lost"]["metricName"] == "DestinationDeliveryFailures"


@pytest.mark.parametrize(
    ("stream", "seconds"),
    [
        ({"retention_hours": 24, "max_age_hours": 24}, 86_400),
        ({"retention_hours": 168}, 167 * 3600),
        ({"retention_hours": 8760}, 604_800),
    ],
)
def test_lambda_repeats_until_a_record_is_too_old_however_often_that_is(stream: dict[str, int], seconds: int) -> None:
    mapping = consumed(KINESIS, streams=streams(**stream)).inputs(MAPPING)
    assert (mapping["maximumRetryAttempts"], mapping["maximumRecordAgeInSeconds"]) == (-1, seconds)


def test_writers_that_are_refused_raise_an_alarm() -> None:
    alarm = alarms(made(KINESIS))["feeds-inventory-throttled"]
    assert (alarm["metricName"], alarm["dimensions"]) == (
        "WriteProvisionedThroughputExceeded",
        {"StreamName": "feeds-inventory"},
    )
