"""Buckets, files and collections."""

import fnmatch
import json
from collections.abc import Iterator

from offline.aws.steps.step import Step, step_rule
from offline.checks.block import Block

_REPLICATION = "s3/bucketReplicationConfig"


def _is_versioned(args: Block) -> bool:
    configuration = args.block("versioningConfiguration")
    return configuration is not None and configuration.text("status") == "Enabled"


@step_rule(_REPLICATION, on=("create",))
def versioned_source(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html"""
    bucket = step.new.text("bucket")
    if bucket is None or step.around.is_preview:
        return  # versioning may be planned
    found = step.around.mentioning(bucket, "s3/bucketVersioning")
    if not any(_is_versioned(other.inputs) for other in found):
        yield (
            "InvalidRequest: Versioning must be 'Enabled' on the bucket to apply a replication configuration "
            f"(property bucket: {bucket})"
        )


@step_rule("s3/bucketVersioning", on=("update",))
def replicated_or_locked(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html"""
    if not _is_versioned(step.old) or _is_versioned(step.new) or not step.new.settled("versioningConfiguration"):
        return
    bucket = step.old.text("bucket")
    for _ in step.around.mentioning(bucket, _REPLICATION):
        yield (
            "InvalidBucketState: A replication configuration is present on this bucket, so the versioning state cannot "
            f"be changed. To change the versioning state, first delete the replication configuration. ({bucket})"
        )
    owner = step.around.named(bucket, "s3/bucket")
    if owner is not None and owner.inputs.flag("objectLockEnabled"):
        yield (
            "InvalidBucketState: An Object Lock configuration is present on this bucket, so the versioning state "
            f"cannot be changed. ({bucket})"
        )


@step_rule("efs/fileSystem", on=("delete",))
def replicated_file_system(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/efs/latest/ug/API_DeleteFileSystem.html"""
    for user in step.around.users("efs/replicationConfiguration"):
        yield (
            "FileSystemInUse: the file system is part of a replication configuration, which must be deleted first "
            f"({user.id})"
        )


@step_rule("opensearch/serverlessCollection", on=("create",))
def encryption_policy(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-encryption.html"""
    name = step.new.text("name")
    if name is None or step.around.is_preview or step.new.given("collectionGroupName"):
        return
    for policy in step.around.all("opensearch/serverlessSecurityPolicy"):
        if policy.inputs.text("type") == "encryption" and _matches(policy.inputs.text("policy"), name):
            return
    yield (
        f"ValidationException: No matching security policy of encryption type found for collection name: {name}. "
        "Please create security policy of encryption type for this collection."
    )


def _matches(policy: str | None, name: str) -> bool:
    rules = json.loads(policy or "{}").get("Rules", ())
    patterns = [pattern for rule in rules for pattern in rule.get("Resource", ())]
    return any(fnmatch.fnmatchcase(f"collection/{name}", pattern) for pattern in patterns)
