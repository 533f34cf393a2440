"""S3, Backup and ECR."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule
from offline.checks.rules.schedules import schedule_fault

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_BACKUP_RULE = re.compile(r"[a-zA-Z0-9_.-]{1,50}")
_VAULT = re.compile(r"[a-zA-Z0-9_-]{2,50}")
_REPOSITORY = re.compile(r"(?:[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_ACTIONS = (
    "abortIncompleteMultipartUpload",
    "expiration",
    "noncurrentVersionExpiration",
    "noncurrentVersionTransitions",
    "transitions",
)
_COLD_DAYS = 90
_WARM_DAYS = 30


@rule("s3/bucket:Bucket", "s3/bucketV2:BucketV2")
def bucket_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
    name = args.text("bucket")
    fault = _bucket_fault(name) if name else None
    if fault:
        yield args.problem("bucket", fault)
    prefix = args.text("bucketPrefix")
    if prefix and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,36}", prefix):
        yield args.problem("bucketPrefix", "must be at most 37 lowercase letters, digits, dots or hyphens")


def _bucket_fault(name: str) -> str | None:
    if not _BUCKET.fullmatch(name):
        return "must be 3 to 63 lowercase letters, digits, dots or hyphens, and begin and end with a letter or digit"
    if ".." in name:
        return "a bucket's name cannot contain two dots in a row"
    if name.startswith(_BUCKET_PREFIXES) or name.endswith(_BUCKET_SUFFIXES):
        return (
            f"a bucket's name cannot start with {', '.join(_BUCKET_PREFIXES)} or end with {', '.join(_BUCKET_SUFFIXES)}"
        )
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return None
    return "a bucket's name cannot look like an IP address"


@rule("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html"""
    seen: set[str] = set()
    for entry in args.blocks("rules"):
        label = entry.text("id")
        if label and label in seen:
            yield entry.problem("id", "the ids of rules must be unique")
        seen.add(label or "")
        if all(entry.missing(name) for name in _ACTIONS):
            yield Problem(entry.path, f"a rule needs an action, one of {', '.join(_ACTIONS)}; received none")
        expiration = entry.block("expiration")
        end = expiration.number("days") if expiration else None
        for transition in entry.blocks("transitions"):
            days = transition.number("days")
            if (
                transition.text("storageClass") in ("STANDARD_IA", "ONEZONE_IA")
                and days is not None
                and days < _WARM_DAYS
            ):
                yield transition.problem("days", f"must be at least {_WARM_DAYS} days for that storage class")
            elif days is not None and end is not None and days >= end:
                yield transition.problem("days", f"objects must move before they expire ({end:g} days)")


@rule("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def bucket_encryption(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html"""
    for entry in args.blocks("rules"):
        default = entry.block("applyServerSideEncryptionByDefault")
        if default and default.text("sseAlgorithm") == "AES256" and default.given("kmsMasterKeyId"):
            yield default.problem("kmsMasterKeyId", "a KMS key needs sseAlgorithm aws:kms")


@rule("s3/bucketCorsConfiguration:BucketCorsConfiguration")
def cors(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html"""
    for entry in args.blocks("corsRules"):
        for path, method in entry.texts("allowedMethods"):
            if method not in ("GET", "PUT", "HEAD", "POST", "DELETE"):
                yield Problem(path, f"must be one of GET, PUT, HEAD, POST, DELETE; received {method!r}")
        for path, origin in entry.texts("allowedOrigins"):
            if origin.count("*") > 1:
                yield Problem(path, f"an origin must have at most one *; received {origin!r}")


@rule("backup/plan:Plan")
def backup_plan(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html"""
    seen: set[str] = set()
    for entry in args.blocks("rules"):
        label, vault = entry.text("ruleName"), entry.text("targetVaultName")
        if label and not _BACKUP_RULE.fullmatch(label):
            yield entry.problem("ruleName", "must be 1 to 50 letters, digits, dots, hyphens or underscores")
        elif label and label in seen:
            yield entry.problem("ruleName", "the names of rules must be unique")
        seen.add(label or "")
        if vault and not _VAULT.fullmatch(vault):
            yield entry.problem("targetVaultName", "must be 2 to 50 letters, digits, hyphens or underscores")
        expression = entry.text("schedule")
        fault = schedule_fault(expression) if expression else None
        if fault:
            yield entry.problem("schedule", fault)
        start, completion = entry.number("startWindow"), entry.number("completionWindow")
        if start is not None and start < 60:
            yield entry.problem("startWindow", "must be at least 60 minutes")
        if start is not None and completion is not None and completion < start + 60:
            yield entry.problem("completionWindow", f"must be at least 60 minutes above startWindow ({start:g})")
        for owner in (entry, *entry.blocks("copyActions")):
            yield from _retention(owner)


def _retention(owner: Block) -> Iterator[Problem]:
    life = owner.block("lifecycle")
    cold, end = (life.number("coldStorageAfter"), life.number("deleteAfter")) if life else (None, None)
    if life and cold is not None and end is not None and cold > 0 and 0 < end < cold + _COLD_DAYS:
        yield life.problem("deleteAfter", f"must be at least {_COLD_DAYS} days above coldStorageAfter ({cold:g})")


@rule("backup/vault:Vault")
def vault_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html"""
    name = args.text("name")
    if name and not _VAULT.fullmatch(name):
        yield args.problem("name", "must be 2 to 50 letters, digits, hyphens or underscores")


@rule("ecr/repository:Repository")
def repository_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html"""
    name = args.text("name")
    if name and not (2 <= len(name) <= 256 and _REPOSITORY.fullmatch(name)):
        yield args.problem("name", "must be 2 to 256 lowercase letters, digits, and single . _ - / between them")


@rule("ecr/lifecyclePolicy:LifecyclePolicy")
def image_lifecycle(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html"""
    text = args.text("policy")
    try:
        document = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return
    rules = document.get("rules") if isinstance(document, Mapping) else None
    if text and (not isinstance(rules, list) or not rules):
        yield args.problem_without_value("policy", "must be a JSON object with a list of rules")
        return
    priorities = [entry.get("rulePriority") for entry in rules or () if isinstance(entry, Mapping)]
    if any(priorities.count(priority) > 1 for priority in priorities):
        yield args.problem_without_value("policy", "rulePriority must be unique")
