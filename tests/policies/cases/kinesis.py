"""Kinesis and Firehose: streams."""

from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res


def stream(**props):
    return res("kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", CULPRIT, props)


def records(**props):
    return res("kinesis/stream:Stream", CULPRIT, props)


CASES = {
    "kinesis-firehose-encrypted": Cases(
        good={
            "on": [stream(serverSideEncryption={"enabled": True})],
            "from a stream": [stream(kinesisSourceConfiguration={"kinesisStreamArn": UNKNOWN})],
        },
        bad={"not set": [stream()], "off": [stream(serverSideEncryption={"enabled": False})]},
    ),
    "kinesis-stream-encrypted": Cases(
        good={
            "on": [records(encryptionType="KMS", kmsKeyId=KEY)],
            "an AWS managed key": [records(encryptionType="KMS", kmsKeyId="alias/aws/kinesis")],
        },
        bad={"not set": [records()], "off": [records(encryptionType="NONE")]},
    ),
}
