"""The bucket block: closed by default, one policy."""

import asyncio
import json

import pulumi
import pulumi_aws as aws
import pytest

from components.blocks.bucket import Bucket, BucketArgs, Lifecycle, access_log_bucket
from components.blocks.policy_document import Statement
from tests.foundation import key_arn
from tests.mocks import Recorder, record

KEY = key_arn("media")


def bucket(**options) -> Recorder:
    defaults = {"key_arn": KEY, "access_logs_bucket": "logs", "protect": True}
    return record(lambda: Bucket("media", BucketArgs(**{**defaults, **options})))


def statements(recorder: Recorder, name: str = "media") -> dict[str, dict]:
    document = json.loads(recorder.inputs("s3/bucketPolicy:BucketPolicy", name)["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_no_public_access_of_any_kind_is_possible() -> None:
    block = bucket().inputs("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert {key: block[key] for key in block if key != "bucket"} == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }


def test_acls_are_off() -> None:
    controls = bucket().inputs("s3/bucketOwnershipControls:BucketOwnershipControls")
    assert controls["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_objects_are_encrypted_with_the_customer_key_and_a_bucket_key() -> None:
    (rule,) = bucket().inputs("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")[
        "rules"
    ]
    assert rule == {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
        "bucketKeyEnabled": True,
    }


def test_a_log_target_uses_the_encryption_that_log_writers_can_use() -> None:
    recorder = bucket(key_arn=None, access_logs_bucket=None)
    (rule,) = recorder.inputs("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")[
        "rules"
    ]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    assert not recorder.of("s3/bucketLogging:BucketLogging"), "a log target must not log to itself"


def test_plain_http_and_old_tls_are_refused_on_bucket_and_objects() -> None:
    policy = statements(bucket())
    for sid, condition in {
        "DenyWithoutTls": {"Bool": {"aws:SecureTransport": "false"}},
        "DenyOldTls": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    }.items():
        statement = policy[sid]
        assert statement["Effect"] == "Deny"
        assert statement["Principal"] == "*"
        assert statement["Action"] == "s3:*"
        assert statement["Resource"] == ["arn:aws:s3:::media", "arn:aws:s3:::media/*"]
        assert statement["Condition"] == condition


def test_a_later_grant_joins_the_same_policy() -> None:
    def program() -> None:
        block = Bucket("media", BucketArgs(key_arn=KEY, access_logs_bucket="logs", protect=True, statements=None))
        arn = pulumi.Output.from_input("arn:aws:cloudfront::111111111111:distribution/E1")
        block.set_policy(
            [
                Statement(
                    sid="Read",
                    services=["cloudfront.amazonaws.com"],
                    actions=["s3:GetObject"],
                    resources=[block.objects()],
                    conditions={"StringEquals": {"aws:SourceArn": arn}},
                )
            ]
        )

    policy = statements(record(program))
    assert set(policy) == {"DenyWithoutTls", "DenyOldTls", "Read"}
    assert policy["Read"]["Condition"] == {
        "StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111111111111:distribution/E1"}
    }


@pytest.mark.parametrize("protect", [True, False])
def test_only_an_unprotected_bucket_may_be_emptied(protect: bool) -> None:
    assert bucket(protect=protect).inputs("s3/bucket:Bucket")["forceDestroy"] is not protect


def test_versions_are_kept_and_expire() -> None:
    recorder = bucket(lifecycle=Lifecycle(noncurrent_days=30, transitions={"GLACIER_IR": 60, "STANDARD_IA": 30}))
    versioning = recorder.inputs("s3/bucketVersioning:BucketVersioning")
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    housekeeping, tiering = recorder.inputs("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert housekeeping["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert housekeeping["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert housekeeping["expiration"] == {"expiredObjectDeleteMarker": True}
    assert [step["storageClass"] for step in tiering["transitions"]] == ["STANDARD_IA", "GLACIER_IR"]


def test_an_expiry_in_days_replaces_the_clean_up_of_delete_markers() -> None:
    recorder = bucket(lifecycle=Lifecycle(expire_days=365))
    (rule,) = recorder.inputs("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert rule["expiration"] == {"days": 365}, "S3 takes one kind of expiration per rule"


@pytest.mark.parametrize("events", [True, False])
def test_events_are_sent_on_request_only(events: bool) -> None:
    notifications = bucket(events=events).of("s3/bucketNotification:BucketNotification")
    assert [notification.inputs["eventbridge"] for notification in notifications] == [True] * events


def test_every_part_is_in_the_bucket_s_region() -> None:
    recorder = bucket(region="us-east-1", events=True)
    parts = [resource for resource in recorder.resources if resource.type.startswith("aws:s3/")]
    assert len(parts) == 9
    assert {part.inputs["region"] for part in parts} == {"us-east-1"}


def test_the_name_of_an_access_log_bucket_comes_through_its_policy() -> None:
    names: list[pulumi.Output[str]] = []
    record(
        lambda: names.append(
            access_log_bucket("edge-logs", account_id="111111111111", protect=False, region="us-east-1")
        )
    )
    waits_for = asyncio.get_event_loop().run_until_complete(names[0].resources())
    assert {type(resource) for resource in waits_for} == {aws.s3.BucketPolicy}, "earlier logs would be lost"


def test_an_access_log_bucket_admits_s3_for_its_own_account_only() -> None:
    recorder = record(
        lambda: access_log_bucket("edge-logs", account_id="111111111111", protect=False, region="us-east-1")
    )
    grant = statements(recorder, "edge-logs")["S3WritesAccessLogs"]
    assert grant["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert grant["Action"] == "s3:PutObject"
    assert grant["Resource"] == "arn:aws:s3:::edge-logs/s3/*"
    assert grant["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
