"""S3: buckets."""

from collections.abc import Iterator

from policies.library.documents import is_complete, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, is_aws_key, read, show
from policies.rules.helpers.bucket_logs import keeps_logs, takes_service_logs
from policies.rules.helpers.buckets import (
    BUCKET,
    BY_DEFAULT,
    ENCRYPTION,
    denies_plain_http,
    encryption_rules,
    entry_problem,
    is_named,
    kinds_of_resource,
    policies_of,
)

_UPLOADS = ("abortIncompleteMultipartUpload", "abortIncompleteMultipartUploadDays")
_VERSIONS = (
    "noncurrentVersionExpiration",
    "noncurrentVersionExpirations",
    "noncurrentVersionExpirationInDays",
)
"""One property each, under its names in bucket, standalone configuration and CloudFormation."""
_OBJECTS = ("s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy")
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "aws-exec-read")
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_GLOBS = {"type": "array", "items": {"type": "string"}}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@rule(
    "s3-bucket-access-logs",
    control="LOG-07",
    pack="guardrails",
    title="Buckets keep access logs in another bucket",
    why="only an access log shows who read or deleted an object",
    fix="add an s3.BucketLogging for the bucket with target_bucket another bucket",
    severity="medium",
    dev="disabled",
    kinds=(BUCKET, "s3/bucketLogging"),
    paths=(
        "loggings",
        "s3/bucketLogging · targetBucket",
        "s3/bucketPolicy · policy",
        "lb/loadBalancer · accessLogs.bucket",
        "cloudfront/distribution · loggingConfig.bucket",
        "ec2/flowLog · logDestination",
    ),
    stack_kinds=("*",),
    references=("fsbp:S3.9", "cdk-nag:S1", "checkov:CKV_AWS_18", "trivy:AVD-AWS-0089"),
    limits="Buckets that receive logs of AWS services are not judged.",
)
def bucket_logs(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == "s3/bucketLogging":
        source, target = (stack.referred(resource, path, BUCKET) for path in ("bucket", "targetBucket"))
        name = as_text(read(resource.props, "bucket"))
        same = isinstance(name, str) and name == read(resource.props, "targetBucket")
        one = len(source.resources) == 1 and len(target.resources) == 1
        if same or (one and source.resources[0].urn == target.resources[0].urn):
            yield subject.problem("targetBucket", "must be another bucket: each log entry would cause another one")
        return
    if subject.has("loggings") or subject.has("logging") or keeps_logs(subject):
        return
    if not stack.pointing_at(resource, "s3/bucketLogging", "bucket"):
        yield Problem("loggings", "must have an s3.BucketLogging; none references it")


@rule(
    "s3-bucket-bucket-key",
    control="ENC-23",
    pack="encryption",
    title="Buckets with a customer managed key use bucket keys",
    why="without a bucket key, each object read or written is a request to KMS with a price and a quota",
    fix="set bucket_key_enabled to true in the bucket's default encryption rule",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=(BUCKET,),
    paths=(f"{ENCRYPTION} · rules[].bucketKeyEnabled", "serverSideEncryptionConfiguration"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html",
    limits="Dual-layer encryption (aws:kms:dsse) does not support bucket keys.",
)
def bucket_key(subject: Subject) -> Iterator[Problem]:
    for holder, place, entry in encryption_rules(subject):
        algorithm = as_text(read(entry, f"{BY_DEFAULT}.sseAlgorithm"))
        enabled = as_flag(read(entry, "bucketKeyEnabled"))
        if algorithm == "aws:kms" and enabled in (False, MISSING):
            yield entry_problem(subject, holder, f"{place}.bucketKeyEnabled", enabled, "must be true")


@rule(
    "s3-bucket-customer-key",
    control="ENC-01",
    pack="encryption",
    title="Buckets are encrypted with a customer managed key",
    why="only a customer managed key can be restricted, audited and revoked",
    fix="add an s3.BucketServerSideEncryptionConfiguration with sse_algorithm aws:kms and kms_master_key_id",
    severity="high",
    dev="advisory",
    kinds=(BUCKET,),
    paths=(
        "serverSideEncryptionConfiguration",
        f"{ENCRYPTION} · rules[].{BY_DEFAULT}.kmsMasterKeyId",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:S3.17",
        "checkov:CKV_AWS_145",
        "trivy:AVD-AWS-0132",
        "aws-config:S3_DEFAULT_ENCRYPTION_KMS",
    ),
    limits="Target buckets of load balancer and S3 access logs are exempt: these logs support SSE-S3 only.",
)
def customer_key(subject: Subject) -> Iterator[Problem]:
    if takes_service_logs(subject):
        return
    names = (subject.resource.name, read(subject.resource.props, "bucket"))
    if UNKNOWN in policies_of(subject) and any(isinstance(name, str) and "log" in name.lower() for name in names):
        # The policy may allow load balancers of other stacks to write.
        subject.defer("policy")
        return
    found = list(encryption_rules(subject))
    if not found:
        yield Problem("serverSideEncryptionConfiguration", "default encryption must name a customer managed key")
    for holder, place, entry in found:
        algorithm = as_text(read(entry, f"{BY_DEFAULT}.sseAlgorithm"))
        key = as_text(read(entry, f"{BY_DEFAULT}.kmsMasterKeyId"))
        if UNKNOWN in (algorithm, key):
            subject.defer(f"{place}.{BY_DEFAULT}")
        if algorithm is UNKNOWN:
            continue
        if algorithm is MISSING or not algorithm.startswith("aws:kms"):
            yield entry_problem(subject, holder, f"{place}.{BY_DEFAULT}.sseAlgorithm", algorithm, "must be aws:kms")
        elif key is MISSING or is_aws_key(key):
            yield entry_problem(
                subject, holder, f"{place}.{BY_DEFAULT}.kmsMasterKeyId", key, "must be a customer managed key"
            )


@rule(
    "s3-bucket-lifecycle",
    control="BCK-07",
    pack="guardrails",
    title="Buckets expire old versions and incomplete uploads",
    why="old versions and parts of incomplete uploads are kept, and paid for, for ever",
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
    limits="Expiry of old versions is required if versioning is on.",
)
def lifecycle(subject: Subject) -> Iterator[Problem]:
    stack, bucket = subject.stack, subject.resource
    inline = subject.value("lifecycleRules")
    found = stack.pointing_at(bucket, "s3/bucketLifecycleConfiguration", "bucket")
    if not found and inline is MISSING:
        yield Problem("lifecycleRules", "must have an s3.BucketLifecycleConfiguration; none references it")
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
        yield Problem("lifecycleRules", f"the lifecycle configuration must have a rule with {', '.join(missing)}")


@rule(
    "s3-bucket-no-acl",
    control="NET-17",
    pack="guardrails",
    title="Buckets use no ACLs and no website hosting",
    why="an ACL opens single objects that no policy shows; website endpoints are public and have no TLS",
    fix="leave acl and website out, keep object_ownership BucketOwnerEnforced, and serve through CloudFront",
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
    limits="The log bucket of CloudFront standard logging (legacy) may keep ACLs. A website that redirects every"
    " request is not reported.",
)
def no_acl(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == "s3/bucketWebsiteConfiguration":
        if not subject.has("redirectAllRequestsTo"):
            yield Problem("bucket", "the bucket must not be a website: serve it through CloudFront")
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
            yield subject.problem("acl", f"must not be public: the ACL opens the {what}")
        for path in ("grants", "accessControlPolicy.grants"):
            uris = [read(block, key) for _, block in subject.blocks(path) for key in ("uri", "grantee.uri")]
            if any(isinstance(uri, str) and uri.endswith(_EVERYBODY) for uri in uris):
                yield subject.problem(path, "must not include everyone: the grant opens the bucket")
        if resource.kind == BUCKET and subject.has("website") and not subject.has("website.redirectAllRequestsTo"):
            yield subject.problem("website", "must be left out: the bucket is published as a website")


@rule(
    "s3-bucket-object-lock",
    control="BCK-08",
    pack="guardrails",
    title="Buckets of audit trails and archives have Object Lock",
    why="an attacker deletes the traces first",
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
    if not is_named(subject) or subject.has("objectLockConfiguration"):
        return
    if subject.flag("objectLockEnabled") in (True, UNKNOWN):
        return
    if not subject.stack.pointing_at(subject.resource, "s3/bucketObjectLockConfiguration", "bucket"):
        yield subject.problem("objectLockEnabled", "must be true: anyone with write access can delete the objects")


@rule(
    "s3-bucket-public-access-block",
    control="NET-16",
    pack="guardrails",
    title="Buckets have all four public access blocks",
    why="one careless ACL or policy would publish the bucket's objects",
    fix="add an s3.BucketPublicAccessBlock for the bucket with all four settings true",
    severity="high",
    dev="mandatory",
    kinds=(BUCKET, "s3/bucketPublicAccessBlock"),
    paths=tuple(f"s3/bucketPublicAccessBlock · {name}" for name in ("bucket", *_BLOCKS)),
    stack_kinds=("*",),
    references=(
        "fsbp:S3.8",
        "cdk-nag:S2",
        "checkov:CKV2_AWS_6",
        "checkov:CKV_AWS_53",
        "trivy:AVD-AWS-0094",
        "aws-config:S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
    ),
    limits="An s3.AccountPublicAccessBlock of the same program with all four settings covers every bucket.",
)
def public_access_block(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == BUCKET:
        whole = subject.stack.of_kind("s3/accountPublicAccessBlock")
        if any(all(as_flag(read(item.props, path)) in (True, UNKNOWN) for path in _BLOCKS) for item in whole):
            return
        if not subject.stack.pointing_at(subject.resource, "s3/bucketPublicAccessBlock", "bucket"):
            yield Problem("bucketPublicAccessBlock", "must have an s3.BucketPublicAccessBlock; none references it")
        return
    for path in _BLOCKS:
        if subject.flag(path) in (False, MISSING):
            yield subject.problem(path, "must be true")


@rule(
    "s3-bucket-replication",
    control="BCK-09",
    pack="guardrails",
    title="Critical buckets are replicated to another Region",
    why="objects in one Region are not available while the Region fails",
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
    if not is_named(subject) or subject.has("replicationConfiguration"):
        return
    if not subject.stack.pointing_at(subject.resource, "s3/bucketReplicationConfig", "bucket"):
        yield Problem("replicationConfiguration", "must have an s3.BucketReplicationConfig; none references it")


@rule(
    "s3-bucket-tls-only",
    control="TLS-10",
    pack="encryption",
    title="Bucket policies deny requests without TLS",
    why="S3 answers plain HTTP unless the bucket policy denies it",
    fix="add a bucket policy statement: Effect Deny, Principal *, Action s3:*, Resource the bucket and bucket/*,"
    ' Condition {"Bool": {"aws:SecureTransport": "false"}}',
    severity="high",
    dev="mandatory",
    kinds=(BUCKET,),
    paths=("policy", "s3/bucketPolicy · policy"),
    stack_kinds=("*",),
    references=(
        "fsbp:S3.5",
        "cdk-nag:S10",
        "checkov:CKV_AWS_379",
        "aws-config:S3_BUCKET_SSL_REQUESTS_ONLY",
    ),
)
def tls_only(subject: Subject) -> Iterator[Problem]:
    documents = policies_of(subject)
    if not documents:
        yield Problem("policy", "must have a policy that denies plain HTTP; none references it")
        return
    covered: set[str] = set()
    for document in documents:
        for statement in statements(document):
            if denies_plain_http(statement):
                covered |= kinds_of_resource(statement)
    if covered >= {"bucket", "objects"}:
        return
    if not all(is_complete(document) for document in documents):
        subject.defer("policy")
    elif covered:
        missing = "the bucket itself" if "objects" in covered else "its objects (arn/*)"
        yield Problem("policy", f"policy must deny requests without TLS for {missing} too")
    else:
        yield Problem("policy", "policy must have a statement that denies requests with aws:SecureTransport false")


@rule(
    "s3-bucket-versioning",
    control="BCK-06",
    pack="guardrails",
    title="Buckets have versioning",
    why="without versions an object that is overwritten or deleted is lost, by mistake or by ransomware",
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
        yield Problem("versioning", "must have an s3.BucketVersioning; none references it")
    elif not any(state in ("Enabled", UNKNOWN) for state in states):
        yield Problem("versioning", f"versioning status is {show('', states[0])}; must be Enabled")
