"""RDS, Aurora, DocumentDB, Neptune: databases."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text

INSTANCE, CLUSTER, MEMBER = "rds/instance", "rds/cluster", "rds/clusterInstance"
_ORIGINS = ("replicateSourceDb", "replicationSourceIdentifier", "snapshotIdentifier", "restoreToPointInTime")
"""Properties that name the origin of a database, from which it has its encryption and kind."""
_LIKE_AURORA = {"docdb/cluster": "kmsKeyId", "neptune/cluster": "kmsKeyArn"}
"""Databases that the RDS API also creates, with the property that names their key."""


def _is_member(subject: Subject) -> bool:
    """Whether an instance belongs to a cluster, which has these settings."""
    return subject.has("dbClusterIdentifier")


@rule(
    "rds-database-encryption-at-rest",
    control="ENC-24",
    pack="encryption",
    title="Databases are encrypted at rest",
    why="a database created without encryption stays unencrypted, with its backups and replicas",
    fix="set storage_encrypted to true (the database is replaced), and kms_key_id to a customer managed key",
    severity="high",
    dev="mandatory",
    kinds=(INSTANCE, CLUSTER, *_LIKE_AURORA),
    paths=("storageEncrypted", "kmsKeyId"),
    references=("fsbp:RDS.3", "cdk-nag:RDS2", "checkov:CKV_AWS_16", "checkov:CKV_AWS_96", "trivy:AVD-AWS-0080"),
    settings={"customer_key": Setting(False, {"type": "boolean"}, "Whether the key must be a customer managed key.")},
    limits="Replicas and restored databases have the encryption of their origin and are not judged.",
)
def at_rest(subject: Subject) -> Iterator[Problem]:
    serverless = subject.text("engineMode") in ("serverless", UNKNOWN)
    if serverless or _is_member(subject) or any(subject.has(path) for path in _ORIGINS):
        return
    if subject.flag("storageEncrypted") in (False, MISSING):
        yield subject.problem("storageEncrypted", "must be true")
        return
    key = _LIKE_AURORA.get(subject.resource.kind, "kmsKeyId")
    if subject.config["customer_key"] and subject.lacks_customer_key(key):
        yield subject.problem(key, "must be a customer managed key")


@rule(
    "rds-database-kept",
    control="BCK-19",
    pack="guardrails",
    title="Databases have backups and deletion protection",
    why="a faulty release, or a deleted stack, would delete all data",
    fix="set backup_retention_period to at least the days of the profile, and deletion_protection to true",
    severity="medium",
    dev="disabled",
    kinds=(INSTANCE, CLUSTER),
    paths=("backupRetentionPeriod", "deletionProtection"),
    references=("fsbp:RDS.8", "fsbp:RDS.11", "checkov:CKV_AWS_133", "checkov:CKV_AWS_139"),
    settings={"days": Setting(7, {"type": "integer", "minimum": 1}, "Minimum number of days that backups are kept.")},
    limits="Replicas and instances of a cluster are not judged.",
)
def kept(subject: Subject) -> Iterator[Problem]:
    if _is_member(subject) or subject.has("replicateSourceDb"):
        return
    days, needed = subject.number("backupRetentionPeriod"), int(subject.config["days"])
    if days is not UNKNOWN and (days is MISSING or days < needed):
        yield subject.problem("backupRetentionPeriod", f"must be at least {needed} days")
    if subject.flag("deletionProtection") in (False, MISSING):
        yield subject.problem("deletionProtection", "must be true")


@rule(
    "rds-database-multi-az",
    control="HA-24",
    pack="multi_az",
    title="Databases fail over to another zone",
    why="with one instance, the failure of a disk or a zone stops every order",
    fix="set multi_az to true; give an Aurora cluster two or more instances",
    severity="high",
    dev="disabled",
    kinds=(INSTANCE, CLUSTER),
    paths=("multiAz", "rds/clusterInstance · clusterIdentifier", "rds/instance · dbClusterIdentifier"),
    stack_kinds=("*",),
    references=("fsbp:RDS.5", "fsbp:RDS.15", "cdk-nag:RDS3", "checkov:CKV_AWS_157"),
    limits="Replicas are not judged; instances of a cluster count in any zone.",
)
def multi_az(subject: Subject) -> Iterator[Problem]:
    stack = subject.stack
    if subject.resource.kind == INSTANCE:
        if _is_member(subject) or subject.has("replicateSourceDb"):
            return
        if subject.flag("multiAz") in (False, MISSING):
            yield subject.problem("multiAz", "must be true")
        return
    # A Multi-AZ DB cluster has no instances of its own.
    if subject.has("dbClusterInstanceClass") or as_text(subject.value("engineMode")) in ("serverless", UNKNOWN):
        return
    pointers = ((MEMBER, "clusterIdentifier"), (INSTANCE, "dbClusterIdentifier"))
    members = [item for pointer in pointers for item in stack.pointing_at(subject.resource, *pointer)]
    if len(members) < 2:
        yield Problem("clusterInstances", f"must have at least 2 instances; it has {len(members)}")


@rule(
    "rds-database-no-public-access",
    control="NET-21",
    pack="guardrails",
    title="Databases have no public address",
    why="attackers try passwords on every database on the internet",
    fix="set publicly_accessible to false, and place the database in private subnets",
    severity="critical",
    dev="mandatory",
    kinds=(INSTANCE, MEMBER),
    paths=("publiclyAccessible",),
    references=("fsbp:RDS.2", "checkov:CKV_AWS_17", "trivy:AVD-AWS-0180", "prowler:rds_instance_no_public_access"),
)
def private(subject: Subject) -> Iterator[Problem]:
    if subject.flag("publiclyAccessible") is True:
        yield subject.problem("publiclyAccessible", "must be false")
