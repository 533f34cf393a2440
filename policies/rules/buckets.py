"""S3: customer keys, TLS-only access, no public access."""

import re
from collections.abc import Iterator
from typing import Any

from policies.library.documents import Statement, covers, is_complete, parse, statements
from policies.library.resources import Resource
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, is_aws_key, read, show

BUCKET = "s3/bucket"
_ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration"
_DEFAULT = "applyServerSideEncryptionByDefault"
_LOG_WRITERS = {"logdelivery.elasticloadbalancing.amazonaws.com", "logging.s3.amazonaws.com"}
_LOG_ACCOUNTS = re.compile(
    r"(?:arn:aws[a-z-]*:iam::)?(?:009996457667|027434742980|033677994240|048591011584|054676820928|076674570225"
    r"|086441151436|098369216593|114774131450|127311923021|156460612806|190560391635|507241528517|582318560864"
    r"|589379963580|600734575887|635631232127|652711504416|718504428378|754344448648|783225319266|797873946194"
    r"|897822967062|985666609251)(?::root)?"
)
"""Accounts from which load balancers write logs in Regions older than August 2022."""
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def policies_of(subject: Subject) -> list[Any]:
    """Policy documents of a bucket, inline and standalone; not known ones as `UNKNOWN`."""
    inline = parse(read(subject.resource.props, "policy"))
    standalone = [
        parse(read(policy.props, "policy"))
        for policy in subject.stack.pointing_at(subject.resource, "s3/bucketPolicy", "bucket")
    ]
    return [document for document in (inline, *standalone) if document is not MISSING]


def takes_service_logs(subject: Subject) -> bool:
    """Whether load balancers or S3 write access logs here, which they can do with SSE-S3 only.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    stack, bucket = subject.stack, subject.resource
    writers = (
        ("lb/loadBalancer", "accessLogs.bucket"),
        ("lb/loadBalancer", "connectionLogs.bucket"),
        ("s3/bucketLogging", "targetBucket"),
        (BUCKET, "logging.targetBucket"),
    )
    if any(stack.pointing_at(bucket, kind, path, sure=True) for kind, path in writers):
        return True
    return any(
        (kind.lower() == "service" and name.lower() in _LOG_WRITERS)
        or (kind == "AWS" and bool(_LOG_ACCOUNTS.fullmatch(name)))
        for document in policies_of(subject)
        for statement in statements(document)
        for kind, name in statement.principals or ()
    )


def _encryption(subject: Subject) -> Iterator[tuple[Resource, str, Any]]:
    """Rules of a bucket's default encryption with their holder and path, inline and standalone."""
    attached = subject.stack.pointing_at(subject.resource, _ENCRYPTION, "bucket")
    for holder in (subject.resource, *attached):
        path = "rules" if holder.kind == _ENCRYPTION else "serverSideEncryptionConfiguration.rule"
        rules = read(holder.props, path)
        for number, entry in enumerate(as_list(rules)):
            yield holder, f"{path}[{number}]" if isinstance(rules, list) else path, entry


@rule(
    "s3-bucket-customer-key",
    control="ENC-01",
    pack="encryption",
    title="Buckets are encrypted with a customer key",
    why="only a key of one's own can be restricted, audited and withdrawn",
    fix="add an s3.BucketServerSideEncryptionConfiguration with sse_algorithm aws:kms and kms_master_key_id",
    severity="high",
    dev="advisory",
    kinds=(BUCKET,),
    paths=(
        "serverSideEncryptionConfiguration",
        f"{_ENCRYPTION} · rules[].{_DEFAULT}.kmsMasterKeyId",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:S3.17",
        "checkov:CKV_AWS_145",
        "trivy:AVD-AWS-0132",
        "aws-config:S3_DEFAULT_ENCRYPTION_KMS",
    ),
    limits="Targets of load balancer and S3 access logs are exempt: those writers support SSE-S3 only.",
)
def customer_key(subject: Subject) -> Iterator[Problem]:
    if takes_service_logs(subject):
        return
    names = (subject.resource.name, read(subject.resource.props, "bucket"))
    if UNKNOWN in policies_of(subject) and any(isinstance(name, str) and "log" in name.lower() for name in names):
        # Its policy may let load balancers of other stacks write.
        subject.defer("policy")
        return
    found = list(_encryption(subject))
    if not found:
        yield Problem(
            "serverSideEncryptionConfiguration", "no encryption is configured: objects are encrypted with a key of S3's"
        )
    for holder, place, entry in found:
        algorithm = as_text(read(entry, f"{_DEFAULT}.sseAlgorithm"))
        key = as_text(read(entry, f"{_DEFAULT}.kmsMasterKeyId"))
        if UNKNOWN in (algorithm, key):
            subject.defer(f"{place}.{_DEFAULT}")
        if algorithm is UNKNOWN:
            continue
        if algorithm is MISSING or not algorithm.startswith("aws:kms"):
            yield _entry_problem(subject, holder, f"{place}.{_DEFAULT}.sseAlgorithm", algorithm, "must be aws:kms")
        elif key is MISSING or is_aws_key(key):
            yield _entry_problem(subject, holder, f"{place}.{_DEFAULT}.kmsMasterKeyId", key, "names no customer key")


def _entry_problem(subject: Subject, holder: Resource, path: str, value: Any, reason: str) -> Problem:
    """A defect in a rule of default encryption, which may stand in a resource of its own."""
    if holder is subject.resource:
        return subject.problem(path, reason)
    return Problem(
        "serverSideEncryptionConfiguration", f"{holder.name}: {holder.written(path)} is {show('', value)}: {reason}"
    )


@rule(
    "s3-bucket-bucket-key",
    control="ENC-23",
    pack="encryption",
    title="Buckets under a customer key use bucket keys",
    why="without a bucket key, each object read or written is a request to KMS, paid for and limited",
    fix="set bucket_key_enabled to true in the bucket's rule of default encryption",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=(BUCKET,),
    paths=(f"{_ENCRYPTION} · rules[].bucketKeyEnabled", "serverSideEncryptionConfiguration"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html",
    limits="Dual-layer encryption (aws:kms:dsse) has no bucket keys.",
)
def bucket_key(subject: Subject) -> Iterator[Problem]:
    for holder, place, entry in _encryption(subject):
        algorithm = as_text(read(entry, f"{_DEFAULT}.sseAlgorithm"))
        enabled = as_flag(read(entry, "bucketKeyEnabled"))
        if algorithm == "aws:kms" and enabled in (False, MISSING):
            yield _entry_problem(subject, holder, f"{place}.bucketKeyEnabled", enabled, "must be true")


def _denies_plain_http(statement: Statement) -> bool:
    if not statement.denies or statement.conditions is None:
        return False
    insecure = any(
        operator in ("bool", "boolifexists")
        and key == "aws:securetransport"
        and values is not None
        and "false" in values
        for operator, key, values in statement.conditions
    )
    alone = len(statement.conditions) == 1
    everything = statement.actions is None or any(covers(action, "s3:anything") for action in statement.actions)
    return insecure and alone and everything and (statement.principals is None or statement.is_public())


def _kinds_of_resource(statement: Statement) -> set[str]:
    if statement.resources is None:
        return {"bucket", "objects"}
    found = {"objects" if resource.endswith("/*") else "bucket" for resource in statement.resources}
    everything = any(
        resource == "*" or (resource.endswith("*") and "/" not in resource) for resource in statement.resources
    )
    return found | {"bucket", "objects"} if everything else found


@rule(
    "s3-bucket-tls-only",
    control="TLS-10",
    pack="encryption",
    title="Bucket policies deny requests without TLS",
    why="S3 answers plain HTTP unless its policy forbids it",
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
        yield Problem("policy", "no bucket policy has this bucket: plain HTTP requests are answered")
        return
    covered: set[str] = set()
    for document in documents:
        for statement in statements(document):
            if _denies_plain_http(statement):
                covered |= _kinds_of_resource(statement)
    if covered >= {"bucket", "objects"}:
        return
    if not all(is_complete(document) for document in documents):
        subject.defer("policy")
    elif covered:
        missing = "the bucket itself" if "objects" in covered else "its objects (arn/*)"
        yield Problem("policy", f"policy denies requests without TLS, but not for {missing}")
    else:
        yield Problem("policy", "policy has no statement that denies requests with aws:SecureTransport false")


@rule(
    "s3-bucket-public-access-block",
    control="NET-16",
    pack="guardrails",
    title="Buckets block public access in all four ways",
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
            yield Problem("bucketPublicAccessBlock", "no public access block has this bucket")
        return
    for path in _BLOCKS:
        if subject.flag(path) in (False, MISSING):
            yield subject.problem(path, "must be true")
