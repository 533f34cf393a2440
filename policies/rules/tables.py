"""DynamoDB: customer keys."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN

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
    kinds=(TABLE, REPLICA),
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
        if subject.lacks_customer_key("kmsKeyArn"):
            yield subject.problem("kmsKeyArn", "names no customer key")
        return
    if subject.value("serverSideEncryption") is UNKNOWN:
        return
    if subject.flag("serverSideEncryption.enabled") in (False, MISSING):
        yield subject.problem("serverSideEncryption.enabled", "the table is encrypted with a key of DynamoDB's")
    elif subject.lacks_customer_key("serverSideEncryption.kmsKeyArn"):
        yield subject.problem("serverSideEncryption.kmsKeyArn", "names no customer key")
    for path, _ in subject.blocks("replicas"):
        if subject.lacks_customer_key(f"{path}.kmsKeyArn"):
            yield subject.problem(f"{path}.kmsKeyArn", "names no customer key")


@rule(
    "dynamodb-table-point-in-time-recovery",
    control="BCK-01",
    pack="guardrails",
    title="Tables can be restored to any second of the last days",
    why="a faulty release overwrites orders at once, and on every replica",
    fix="set point_in_time_recovery to enabled true, on every replica too",
    severity="high",
    dev="advisory",
    kinds=(TABLE, REPLICA),
    paths=("pointInTimeRecovery.enabled", "replicas[].pointInTimeRecovery"),
    references=(
        "fsbp:DynamoDB.2",
        "cdk-nag:DDB3",
        "checkov:CKV_AWS_28",
        "trivy:AVD-AWS-0024",
        "aws-config:DYNAMODB_PITR_ENABLED",
    ),
)
def point_in_time_recovery(subject: Subject) -> Iterator[Problem]:
    path = "pointInTimeRecovery" if subject.resource.kind == REPLICA else "pointInTimeRecovery.enabled"
    if subject.flag(path) in (False, MISSING):
        yield subject.problem(path, "must be true")
    for place, _ in subject.blocks("replicas"):
        if subject.flag(f"{place}.pointInTimeRecovery") in (False, MISSING):
            yield subject.problem(f"{place}.pointInTimeRecovery", "must be true")


@rule(
    "dynamodb-table-deletion-protection",
    control="BCK-02",
    pack="guardrails",
    title="Tables are protected from deletion",
    why="a table is deleted with all its items in one call",
    fix="set deletion_protection_enabled to true",
    severity="medium",
    dev="disabled",
    kinds=(TABLE,),
    paths=("deletionProtectionEnabled",),
    references=("fsbp:DynamoDB.6", "aws-config:DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED"),
)
def deletion_protection(subject: Subject) -> Iterator[Problem]:
    if subject.flag("deletionProtectionEnabled") in (False, MISSING):
        yield subject.problem("deletionProtectionEnabled", "must be true")
