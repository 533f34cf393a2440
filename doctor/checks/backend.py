"""State backend, its key, and the stack's secrets provider."""

import os
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import yaml

from doctor.account import Account
from doctor.program import PROJECT, Program
from doctor.result import Check, Finding, Step, missing, ok, unseen

_VARIABLE = "PULUMI_BACKEND_URL"


def _backend(program: Program, account: Account) -> Iterator[Finding]:
    url = os.environ.get(_VARIABLE) or _of_project()
    if not url:
        yield unseen(
            "backend",
            f"neither {_VARIABLE} nor `backend.url` of Pulumi.yaml names one; Pulumi's own login is not read",
            f"make bootstrap ENV={program.stack}   # or: export {_VARIABLE}="
            f"'s3://<bucket>?region={program.home}&awssdk=v2'",
        )
        return
    parts = urlsplit(url)
    if parts.scheme != "s3":
        yield ok("backend", f"{parts.scheme}://..., which AWS does not hold")
        return
    bucket, region = parts.netloc, (parse_qs(parts.query).get("region") or [program.home])[0]
    if account.find("s3", "head_bucket", absent=("404", "NoSuchBucket"), region=region, Bucket=bucket) is None:
        yield missing(f"bucket {bucket}", "does not exist", _create(bucket, region))
        return
    yield from _properties(bucket, region, account)


def _of_project() -> str:
    project = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))
    return (project.get("backend") or {}).get("url") or ""


def _create(bucket: str, region: str) -> str:
    return (
        f"aws s3 mb s3://{bucket} --region {region}   # then its versions, public access and key: run the doctor again"
    )


def _encrypt(bucket: str) -> str:
    rule = "ApplyServerSideEncryptionByDefault={SSEAlgorithm=aws:kms,KMSMasterKeyID=<key ARN>},BucketKeyEnabled=true"
    return (
        f"aws s3api put-bucket-encryption --bucket {bucket} --server-side-encryption-configuration 'Rules=[{{{rule}}}]'"
    )


def _properties(bucket: str, region: str, account: Account) -> Iterator[Finding]:
    versioning = account.call("s3", "get_bucket_versioning", region=region, Bucket=bucket).get("Status")
    command = f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
    yield _whether(
        versioning == "Enabled", f"versions of {bucket}", "kept", "not kept: a damaged state is lost", command
    )
    block = account.find(
        "s3", "get_public_access_block", absent=("NoSuchPublicAccessBlockConfiguration",), region=region, Bucket=bucket
    )
    closed = bool(block) and all(block["PublicAccessBlockConfiguration"].values())
    command = (
        f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration "
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    )
    yield _whether(closed, f"public access of {bucket}", "blocked", "not blocked", command)
    rules = account.find(
        "s3",
        "get_bucket_encryption",
        absent=("ServerSideEncryptionConfigurationNotFoundError",),
        region=region,
        Bucket=bucket,
    )
    used = (rules or {}).get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])[0]
    kms = used.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "").startswith("aws:kms")
    yield _whether(
        kms,
        f"encryption of {bucket}",
        "by KMS",
        "not by a key of yours",
        _encrypt(bucket),
    )


def _whether(fine: bool, subject: str, good: str, bad: str, mend: str) -> Finding:
    return ok(subject, good) if fine else missing(subject, bad, mend)


def _provider(program: Program, account: Account) -> Iterator[Finding]:
    """The key that encrypts the stack's secrets, as its stack file or the deployment names it."""
    stack_file = f"Pulumi.{program.stack}.yaml"
    content = yaml.safe_load((PROJECT / stack_file).read_text(encoding="utf-8"))
    provider = content.get("secretsprovider") or os.environ.get("PULUMI_SECRETS_PROVIDER") or ""
    if not provider:
        yield unseen(
            "secrets provider",
            f"{stack_file} has no `secretsprovider` yet, and PULUMI_SECRETS_PROVIDER is not set",
            f"pulumi stack init {program.stack} --secrets-provider 'awskms:///<key ARN>?region={program.home}'"
            f"   # then commit `secretsprovider` and `encryptedkey` of {stack_file}",
        )
        return
    if not provider.startswith("awskms://"):
        yield ok("secrets provider", f"{provider.partition(':')[0]}, which AWS does not hold")
        return
    parts = urlsplit(provider)
    key = parts.netloc + parts.path if parts.netloc else parts.path.removeprefix("/")
    region = (parse_qs(parts.query).get("region") or [program.home])[0]
    found = account.find("kms", "describe_key", absent=("NotFoundException",), region=region, KeyId=key)
    if found is None:
        yield missing(
            "secrets provider", f"there is no key {key}", f"aws kms create-key --region {region}   # and its ARN here"
        )
    elif found["KeyMetadata"]["KeyState"] != "Enabled":
        yield missing(
            "secrets provider",
            f"key {key} is {found['KeyMetadata']['KeyState']}",
            f"aws kms cancel-key-deletion --key-id {key} && aws kms enable-key --key-id {key}",
        )
    else:
        yield ok("secrets provider", f"key {key}, enabled")


CHECKS = (
    Check(
        name="backend",
        step=Step.BACKEND,
        looks_at=f"The bucket that {_VARIABLE} or `backend.url` of Pulumi.yaml names: versions, public access, key "
        "(`s3api get-bucket-*`).",
        mends="`make bootstrap`; or `aws s3 mb`, and the commands that the doctor prints; at once.",
        run=_backend,
    ),
    Check(
        name="secrets-provider",
        step=Step.BACKEND,
        looks_at="The KMS key of `secretsprovider` in the stack file, or of PULUMI_SECRETS_PROVIDER "
        "(`kms describe-key`).",
        mends="`pulumi stack init --secrets-provider`, with the key of `make bootstrap`; commit the lines it writes.",
        run=_provider,
    ),
)
