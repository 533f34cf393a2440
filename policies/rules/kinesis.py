"""Kinesis and Firehose: streams."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN


@rule(
    "kinesis-firehose-encrypted",
    control="ENC-22",
    pack="encryption",
    title="Firehose streams are encrypted",
    why="the stream buffers records, for example web requests and events",
    fix="set server_side_encryption with enabled true; with a Kinesis stream as source, encrypt that stream",
    severity="medium",
    dev="advisory",
    kinds=("kinesis/firehoseDeliveryStream",),
    paths=("serverSideEncryption.enabled", "kinesisSourceConfiguration", "mskSourceConfiguration"),
    references=("fsbp:DataFirehose.1", "cdk-nag:KDF1", "prowler:firehose_stream_encrypted_at_rest"),
)
def firehose(subject: Subject) -> Iterator[Problem]:
    if subject.has("kinesisSourceConfiguration") or subject.has("mskSourceConfiguration"):
        return
    if subject.value("serverSideEncryption") is UNKNOWN:
        return
    if subject.flag("serverSideEncryption.enabled") in (False, MISSING):
        yield subject.problem("serverSideEncryption.enabled", "must be true")


@rule(
    "kinesis-stream-encrypted",
    control="ENC-25",
    pack="encryption",
    title="Kinesis streams are encrypted",
    why="the stream stores records for hours or days, unencrypted on disk",
    fix="set encryption_type to KMS, and kms_key_id to a customer managed key or alias/aws/kinesis",
    severity="medium",
    dev="mandatory",
    kinds=("kinesis/stream",),
    paths=("encryptionType", "kmsKeyId"),
    references=("fsbp:Kinesis.1", "cdk-nag:KDS1", "checkov:CKV_AWS_43", "trivy:AVD-AWS-0064"),
)
def data_stream(subject: Subject) -> Iterator[Problem]:
    kind = subject.text("encryptionType")
    if kind is MISSING or (isinstance(kind, str) and kind.upper() != "KMS"):
        yield subject.problem("encryptionType", "must be KMS")
