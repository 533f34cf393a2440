"""DynamoDB: tables."""

from collections.abc import Iterator

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text, read

TABLE = "dynamodb/table"
REPLICA = "dynamodb/tableReplica"


@rule(
    "dynamodb-table-customer-key",
    control="ENC-02",
    pack="encryption",
    title="Tables and their replicas are encrypted with a customer managed key",
    why="an AWS owned key can be neither restricted nor revoked, and its use is not in CloudTrail",
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
            yield subject.problem("kmsKeyArn", "must be a customer managed key")
        return
    if subject.value("serverSideEncryption") is UNKNOWN:
        return
    if subject.flag("serverSideEncryption.enabled") in (False, MISSING):
        yield subject.problem("serverSideEncryption.enabled", "must be true: the key is owned by DynamoDB")
    elif subject.lacks_customer_key("serverSideEncryption.kmsKeyArn"):
        yield subject.problem("serverSideEncryption.kmsKeyArn", "must be a customer managed key")
    for path, _ in subject.blocks("replicas"):
        if subject.lacks_customer_key(f"{path}.kmsKeyArn"):
            yield subject.problem(f"{path}.kmsKeyArn", "must be a customer managed key")


@rule(
    "dynamodb-table-deletion-protection",
    control="BCK-02",
    pack="guardrails",
    title="Tables are protected from deletion",
    why="one call deletes a table with all its items",
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


@rule(
    "dynamodb-table-point-in-time-recovery",
    control="BCK-01",
    pack="guardrails",
    title="Tables have point-in-time recovery",
    why="a faulty release overwrites orders, and on every replica at once",
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


def _scales(stack: Stack, table: Resource) -> bool:
    """Whether a scaling target names a table, or may name it because a name is not known yet."""
    name = as_text(read(table.props, "name"))
    texts = [read(target.props, "resourceId") for target in stack.of_kind("appautoscaling/target")]
    named = any(
        isinstance(text, str) and (text.startswith("table/") if name is UNKNOWN else text == f"table/{name}")
        for text in texts
    )
    return named or bool(stack.pointing_at(table, "appautoscaling/target", "resourceId"))


@rule(
    "dynamodb-table-scales",
    control="HA-16",
    pack="multi_az",
    title="Tables scale with their load",
    why="a fixed capacity rejects requests at peak load",
    fix="set billing_mode to PAY_PER_REQUEST, or add an appautoscaling.Target for table/<name>",
    severity="medium",
    dev="disabled",
    kinds=("dynamodb/table",),
    paths=("billingMode", "appautoscaling/target · resourceId"),
    stack_kinds=("*",),
    references=("fsbp:DynamoDB.1", "checkov:CKV2_AWS_16", "aws-config:DYNAMODB_AUTOSCALING_ENABLED"),
    limits="Scaling targets of indexes are not judged.",
)
def scales(subject: Subject) -> Iterator[Problem]:
    if subject.text("billingMode") in (MISSING, "PROVISIONED") and not _scales(subject.stack, subject.resource):
        yield subject.problem("billingMode", "must be PAY_PER_REQUEST: no appautoscaling.Target has the table")
