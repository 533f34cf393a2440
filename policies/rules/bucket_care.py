"""S3: no ACLs and websites, versions, lifecycles, locks, replicas."""

import fnmatch
from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read
from policies.rules.buckets import BUCKET

_OBJECTS = ("s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy")
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "aws-exec-read")
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_UPLOADS = ("abortIncompleteMultipartUpload", "abortIncompleteMultipartUploadDays")
_VERSIONS = (
    "noncurrentVersionExpiration",
    "noncurrentVersionExpirations",
    "noncurrentVersionExpirationInDays",
)
"""The same under all names that bucket, standalone configuration and CloudFormation give it."""
_GLOBS = {"type": "array", "items": {"type": "string"}}


@rule(
    "s3-bucket-no-acl",
    control="NET-17",
    pack="guardrails",
    title="Buckets use no ACLs and no website hosting",
    why="an ACL opens single objects unseen by any policy, and website endpoints are public and without TLS",
    fix="leave acl and website out, keep object_ownership BucketOwnerEnforced; serve through CloudFront",
    severity="high",
    dev="mandatory",
    kinds=(BUCKET, "s3/bucketAcl", "s3/bucketOwnershipControls", "s3/bucketWebsiteConfiguration", *_OBJECTS),
    paths=(
        "acl",
        "grants",
        "website",
        "s3/bucketAcl · acl",
        "s3/bucketAcl · accessControlPolicy.grants",
        "s3/bucketOwnershipControls · rule.objectOwnership",
    ),
    stack_kinds=("*",),
    references=("fsbp:S3.12", "checkov:CKV2_AWS_65", "checkov:CKV_AWS_20", "trivy:AVD-AWS-0092"),
    limits="Legacy logs of CloudFront need ACLs on their bucket, which may keep them. A website that redirects every"
    " request shows no objects.",
)
def no_acl(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == "s3/bucketWebsiteConfiguration":
        if not subject.has("redirectAllRequestsTo"):
            yield Problem("bucket", "the bucket is published as a website")
    elif resource.kind == "s3/bucketOwnershipControls":
        if subject.text("rule.objectOwnership") in (MISSING, UNKNOWN, "BucketOwnerEnforced"):
            return
        buckets = stack.referred(resource, "bucket", BUCKET).resources
        path = "loggingConfig.bucket"
        if not any(stack.pointing_at(bucket, "cloudfront/distribution", path) for bucket in buckets):
            yield subject.problem("rule.objectOwnership", "must be BucketOwnerEnforced")
    else:
        if subject.text("acl") in _PUBLIC_ACLS:
            what = "object" if resource.kind in _OBJECTS else "bucket"
            yield subject.problem("acl", f"the {what} is opened by an ACL")
        for path in ("grants", "accessControlPolicy.grants"):
            uris = [read(block, key) for _, block in subject.blocks(path) for key in ("uri", "grantee.uri")]
            if any(isinstance(uri, str) and uri.endswith(_EVERYBODY) for uri in uris):
                yield subject.problem(path, "the bucket is opened by a grant")
        if resource.kind == BUCKET and subject.has("website") and not subject.has("website.redirectAllRequestsTo"):
            yield subject.problem("website", "the bucket is published as a website")


@rule(
    "s3-bucket-versioning",
    control="BCK-06",
    pack="guardrails",
    title="Buckets keep versions",
    why="an overwritten or deleted object is gone, by mistake as well as by ransom",
    fix="add an s3.BucketVersioning for the bucket with status Enabled",
    severity="medium",
    dev="advisory",
    kinds=(BUCKET,),
    paths=("versioning.enabled", "s3/bucketVersioning · versioningConfiguration.status"),
    stack_kinds=("*",),
    references=("fsbp:S3.14", "checkov:CKV_AWS_21", "trivy:AVD-AWS-0090", "aws-config:S3_BUCKET_VERSIONING_ENABLED"),
)
def versioning(subject: Subject) -> Iterator[Problem]:
    if subject.flag("versioning.enabled") in (True, UNKNOWN):
        return
    found = subject.stack.pointing_at(subject.resource, "s3/bucketVersioning", "bucket")
    states = [as_text(read(item.props, "versioningConfiguration.status")) for item in found]
    if not states:
        yield Problem("versioning", "no s3.BucketVersioning has this bucket")
    elif not any(state in ("Enabled", UNKNOWN) for state in states):
        yield Problem("versioning", f"versioning status is {states[0] if isinstance(states[0], str) else 'not set'}")


@rule(
    "s3-bucket-lifecycle",
    control="BCK-07",
    pack="guardrails",
    title="Buckets expire old versions and broken uploads",
    why="versions and parts of broken uploads are paid for, and kept, for ever",
    fix="add an s3.BucketLifecycleConfiguration with noncurrent_version_expiration and"
    " abort_incomplete_multipart_upload",
    severity="low",
    dev="advisory",
    kinds=(BUCKET,),
    paths=(
        "lifecycleRules",
        "s3/bucketLifecycleConfiguration · rules[].noncurrentVersionExpiration",
        "s3/bucketLifecycleConfiguration · rules[].abortIncompleteMultipartUpload",
        "s3/bucketVersioning · versioningConfiguration.status",
    ),
    stack_kinds=("*",),
    references=("fsbp:S3.10", "fsbp:S3.13", "checkov:CKV2_AWS_61", "checkov:CKV_AWS_300"),
    limits="Expiry of old versions is asked for where versioning is on.",
)
def lifecycle(subject: Subject) -> Iterator[Problem]:
    stack, bucket = subject.stack, subject.resource
    inline = subject.value("lifecycleRules")
    found = stack.pointing_at(bucket, "s3/bucketLifecycleConfiguration", "bucket")
    if not found and inline is MISSING:
        yield Problem("lifecycleRules", "no s3.BucketLifecycleConfiguration has this bucket")
        return
    rules = [*as_list(inline), *(item for holder in found for item in as_list(read(holder.props, "rules")))]
    live = [
        item
        for item in rules
        if not isinstance(item, dict)
        or (as_text(read(item, "status")) in ("Enabled", MISSING, UNKNOWN) and read(item, "enabled") is not False)
    ]
    if any(not isinstance(item, dict) for item in live):
        subject.defer("rules")
        return
    versions = stack.pointing_at(bucket, "s3/bucketVersioning", "bucket", sure=True)
    versioned = subject.flag("versioning.enabled") is True or any(
        read(item.props, "versioningConfiguration.status") == "Enabled" for item in versions
    )
    wanted = [_UPLOADS, *([_VERSIONS] if versioned else [])]
    missing = [names[0] for names in wanted if all(read(item, name) is MISSING for item in live for name in names)]
    if missing:
        yield Problem("lifecycleRules", f"no rule of its lifecycle configuration has {', '.join(missing)}")


def _is_named(subject: Subject) -> bool:
    names = (subject.resource.name, read(subject.resource.props, "bucket"))
    return any(
        isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        for glob in subject.config["buckets"]
    )


@rule(
    "s3-bucket-object-lock",
    control="BCK-08",
    pack="guardrails",
    title="Buckets of audit trails and archives are locked",
    why="whoever breaks in deletes the traces first",
    fix="set object_lock_enabled to true and add an s3.BucketObjectLockConfiguration (the bucket is replaced)",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(BUCKET,),
    paths=("objectLockEnabled", "s3/bucketObjectLockConfiguration · bucket"),
    stack_kinds=("*",),
    references=("fsbp:S3.15", "checkov:CKV_AWS_143", "aws-config:S3_BUCKET_DEFAULT_LOCK_ENABLED"),
    settings={"buckets": Setting(["*audit*", "*trail*", "*log-archive*"], _GLOBS, "Buckets (globs) that need it.")},
)
def object_lock(subject: Subject) -> Iterator[Problem]:
    if not _is_named(subject) or subject.has("objectLockConfiguration"):
        return
    if subject.flag("objectLockEnabled") in (True, UNKNOWN):
        return
    if not subject.stack.pointing_at(subject.resource, "s3/bucketObjectLockConfiguration", "bucket"):
        yield subject.problem("objectLockEnabled", "its objects can be deleted by whoever may write")


@rule(
    "s3-bucket-replication",
    control="BCK-09",
    pack="guardrails",
    title="Critical buckets are replicated to another Region",
    why="when a Region fails, what is stored in it alone cannot be served",
    fix="add an s3.BucketReplicationConfig with a destination bucket in another Region",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(BUCKET,),
    paths=("replicationConfiguration", "s3/bucketReplicationConfig · bucket"),
    stack_kinds=("*",),
    references=("fsbp:S3.7", "checkov:CKV_AWS_144"),
    settings={"buckets": Setting(["*critical*", "*orders*", "*payments*"], _GLOBS, "Buckets (globs) that need it.")},
)
def replication(subject: Subject) -> Iterator[Problem]:
    if not _is_named(subject) or subject.has("replicationConfiguration"):
        return
    if not subject.stack.pointing_at(subject.resource, "s3/bucketReplicationConfig", "bucket"):
        yield Problem("replicationConfiguration", "no s3.BucketReplicationConfig has this bucket")
