"""The Media box: one private bucket, on request with a live copy in a second Region."""

import json

import pytest
from pydantic import ValidationError

from components.media import Media
from settings.media import MediaSettings
from settings.relations.environment import media_is_copied_to_another_region
from tests.foundation import foundation, key_arn
from tests.mocks import Recorder, record

DISTRIBUTION = "arn:aws:cloudfront::111111111111:distribution/E1"
POLICY = "s3/bucketPolicy:BucketPolicy"


def settings(**sections) -> MediaSettings:
    return MediaSettings.model_validate_json(json.dumps(sections))


def media(**sections) -> Recorder:
    return record(
        lambda: Media("media", settings=settings(**sections), foundation=foundation()).serve_through(DISTRIBUTION)
    )


def test_only_the_one_distribution_may_read() -> None:
    statements = media().one(POLICY).statements()
    assert set(statements) == {"DenyWithoutTls", "DenyOldTls", "CloudFrontReads"}
    assert statements["CloudFrontReads"] == {
        "Sid": "CloudFrontReads",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringEquals": {"aws:SourceArn": DISTRIBUTION}},
    }


def test_media_are_encrypted_logged_versioned_and_protected() -> None:
    recorder = media()
    (rule,) = recorder.inputs("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")[
        "rules"
    ]
    encryption = rule["applyServerSideEncryptionByDefault"]
    assert (encryption["sseAlgorithm"], encryption["kmsMasterKeyId"][-9:]) == ("aws:kms", "key/media")
    logging = recorder.inputs("s3/bucketLogging:BucketLogging")
    assert (logging["targetBucket"], logging["targetPrefix"]) == ("access-logs", "s3/media/")
    assert recorder.of("s3/bucketVersioning:BucketVersioning")
    bucket = recorder.one("s3/bucket:Bucket")
    assert (bucket.protect, bucket.retain_on_delete) == (True, True)


@pytest.mark.parametrize("events", [True, False])
def test_events_follow_the_setting(events: bool) -> None:
    assert len(media(events=events).of("s3/bucketNotification:BucketNotification")) == events


def test_scripts_of_other_origins_read_on_request_only() -> None:
    kind = "s3/bucketCorsConfiguration:BucketCorsConfiguration"
    assert not media().of(kind)
    (rule,) = media(cors_origins=["https://app.example.com"]).inputs(kind)["corsRules"]
    assert rule["allowedOrigins"] == ["https://app.example.com"]
    assert rule["allowedMethods"] == ["GET", "HEAD"]


def test_without_a_second_region_there_is_no_copy() -> None:
    recorder = media()
    assert recorder.names("s3/bucket:Bucket") == {"media"}
    for kind in ("kms/key:Key", "iam/role:Role", "s3/bucketReplicationConfig:BucketReplicationConfig"):
        assert not recorder.of(kind)


def test_the_copy_has_key_logs_and_policy_of_its_own_region() -> None:
    recorder = media(replica_region="eu-central-1")
    for name in ("media-replica", "media-replica-logs"):
        assert recorder.inputs("s3/bucket:Bucket", name)["region"] == "eu-central-1"
    key = recorder.one("kms/key:Key")
    assert key.inputs["region"] == "eu-central-1"
    assert key.inputs["enableKeyRotation"] is True
    assert key.statements()["CloudFrontReads"]["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::111111111111:distribution/*"}
    }
    logging = recorder.inputs("s3/bucketLogging:BucketLogging", "media-replica")
    assert (logging["targetBucket"], logging["region"]) == ("media-replica-logs", "eu-central-1")
    reads = recorder.one(POLICY, "media-replica").statements()["CloudFrontReads"]
    assert reads["Condition"] == {"StringEquals": {"aws:SourceArn": DISTRIBUTION}}


def test_everything_is_copied_encrypted_deletions_included() -> None:
    recorder = media(replica_region="eu-central-1")
    (rule,) = recorder.inputs("s3/bucketReplicationConfig:BucketReplicationConfig")["rules"]
    assert rule["status"] == "Enabled"
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["destination"] == {
        "bucket": "arn:aws:s3:::media-replica",
        "encryptionConfiguration": {"replicaKmsKeyId": "arn:aws:kms:eu-central-1:111111111111:key/media-replica"},
    }


def test_the_copying_role_reaches_these_two_buckets_and_keys_only() -> None:
    recorder = media(replica_region="eu-central-1")
    statements = recorder.one("iam/rolePolicy:RolePolicy").statements()
    assert {sid: statement["Resource"] for sid, statement in statements.items()} == {
        "ReadSource": "arn:aws:s3:::media",
        "ReadVersions": "arn:aws:s3:::media/*",
        "WriteCopies": "arn:aws:s3:::media-replica/*",
        "ReadKey": key_arn("media"),
        "WriteKey": "arn:aws:kms:eu-central-1:111111111111:key/media-replica",
    }
    assert all("*" not in "".join(statement["Action"]) for statement in statements.values())
    trust = recorder.one("iam/role:Role").statements("assumeRolePolicy")["AssumedByService"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
    assert "Condition" not in trust, "S3 documents none; with a wrong one nothing is copied, in silence"


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"transitions": {"STANDARD_IA": 7}}, "must be at least 30"),
        ({"transitions": {"STANDARD_IA": 30, "GLACIER_IR": 45}}, "must be at least 60, 30 days after STANDARD_IA"),
        ({"transitions": {"GLACIER": 90}}, "Input should be 'INTELLIGENT_TIERING'"),
        ({"cors_origins": ["*"]}, "should match pattern"),
        ({"replica_region": "europe"}, "should match pattern"),
    ],
)
def test_settings_that_s3_or_cloudfront_could_not_serve_are_refused(sections: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**sections)


def test_a_copy_beside_the_original_is_refused() -> None:
    check = media_is_copied_to_another_region.check
    (problem,) = check("eu-west-1", "eu-west-1")
    assert problem.path == ("media", "replica_region")
    assert not list(check("eu-west-1", "eu-central-1"))
    assert not list(check("eu-west-1", None))
