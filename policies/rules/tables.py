"""DynamoDB: customer keys."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, read

TABLE = "dynamodb/table"
REPLICA = "dynamodb/tableReplica"


@rule(
    "dynamodb-table-customer-key",
    control="ENC-02",
    pack="encryption",
    title="Tables and their replicas are encrypted with a customer key",
    why="the key that DynamoDB owns can be neither restricted nor withdrawn nor seen in CloudTrail",
    fix="set server_side_encryption to enabled true with kms_key_arn, and kms_key_arn of every replica to a key of its"
    " Region",
    severity="high",
    dev="advisory",
    types=(TABLE, REPLICA),
    paths=("serverSideEncryption.kmsKeyArn", "serverSideEncryption.enabled", "replicas[].kmsKeyArn"),
    references=(
        "checkov:CKV_AWS_119",
        "checkov:CKV_AWS_271",
        "trivy:AVD-AWS-0025",
        "aws-config:DYNAMODB_TABLE_ENCRYPTED_KMS",
    ),
    url="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html",
)
def customer_key(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == REPLICA:
        if not subject.has("kmsKeyArn"):
            yield subject.problem("kmsKeyArn", "names no customer key")
        return
    if subject.value("serverSideEncryption") is UNKNOWN:
        return
    if subject.flag("serverSideEncryption.enabled") in (False, MISSING):
        yield subject.problem("serverSideEncryption.enabled", "the table is encrypted with a key of DynamoDB's")
    elif not subject.has("serverSideEncryption.kmsKeyArn"):
        yield subject.problem("serverSideEncryption.kmsKeyArn", "names no customer key")
    for path, replica in subject.blocks("replicas"):
        if read(replica, "kmsKeyArn") in (MISSING, ""):
            yield subject.problem(f"{path}.kmsKeyArn", "names no customer key")
