"""AWS Backup: plans, selections and vaults."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from policies.library.documents import names_everything
from policies.library.resources import Resource
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read
from policies.rules.helpers.customer_keys import no_customer_key
from policies.rules.helpers.tags import default_tags

_SERVICES = {"dynamodb/table": "dynamodb", "efs/fileSystem": "elasticfilesystem"}


@rule(
    "backup-plan-frequency",
    control="BCK-04",
    pack="guardrails",
    title="Backup plans have a schedule, a minimum retention, and a copy in another Region",
    why="a backup that is too old, or lost with its Region, cannot restore the data",
    fix="set schedule and lifecycle.delete_after on each rule, and on one a copy_action to a vault in another Region",
    severity="medium",
    dev="disabled",
    kinds=("backup/plan",),
    paths=("rules[].schedule", "rules[].lifecycle.deleteAfter", "rules[].copyActions"),
    references=("aws-config:BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK",),
    url="https://docs.aws.amazon.com/config/latest/developerguide/backup-plan-min-frequency-and-min-retention-check.html",
    settings={
        "days": Setting(35, {"type": "integer", "minimum": 1}, "Minimum number of days that backups are kept."),
        "copies": Setting(True, {"type": "boolean"}, "Whether a copy in another vault is required."),
    },
    limits="Backups without delete_after are kept for ever and pass.",
)
def backup_plan(subject: Subject) -> Iterator[Problem]:
    blocks = list(subject.blocks("rules"))
    needed = int(subject.config["days"])
    for path, _ in blocks:
        if subject.text(f"{path}.schedule") is MISSING and not subject.has(f"{path}.enableContinuousBackup"):
            yield subject.problem(f"{path}.schedule", "must be set: the rule never runs")
        days = subject.number(f"{path}.lifecycle.deleteAfter")
        if isinstance(days, float) and days < needed:
            yield subject.problem(f"{path}.lifecycle.deleteAfter", f"must be at least {needed} days")
    copies = any(read(block, "copyActions") not in (MISSING, []) for _, block in blocks)
    if subject.config["copies"] and blocks and not copies and not subject.deferred:
        yield Problem("rules", "one rule must have copy_actions: all backups are in one Region")


def _tags(resource: Resource) -> Any:
    """All tags of a resource, with those of its provider; `UNKNOWN` when some are not known."""
    held: dict[str, Any] = {}
    for tags in (default_tags(resource), read(resource.props, "tags"), read(resource.props, "tagsAll")):
        if tags is UNKNOWN:
            return UNKNOWN
        held |= tags if isinstance(tags, dict) else {}
    return held


def _names(subject: Subject, selection: Resource) -> bool | None:
    """Whether a selection names a resource by its ARN; None if not known."""
    resource = subject.resource
    reference = subject.stack.referred(selection, "resources", resource.kind)
    if any(meant.urn == resource.urn for meant in reference.resources):
        return True
    arn = read(resource.outputs, "arn")
    for pattern in as_list(read(selection.props, "resources")):
        if not isinstance(pattern, str):
            continue
        own_service = not pattern.strip("*") or f":{_SERVICES[resource.kind]}:" in pattern
        if own_service and names_everything(pattern):
            return True
        if isinstance(arn, str) and fnmatch.fnmatchcase(arn, pattern):
            return True
    return None if reference.doubtful else False


def _by_tags(tags: Any, blocks: list[Any]) -> bool | None:
    """Whether tags meet one of the conditions of a selection; None if not known."""
    if tags is UNKNOWN or any(not isinstance(block, dict) for block in blocks):
        return None
    wanted = [(as_text(read(block, "key")), read(block, "value")) for block in blocks]
    pairs = [(key.removeprefix("aws:ResourceTag/"), value) for key, value in wanted if isinstance(key, str)]
    if len(pairs) < len(wanted) or any(UNKNOWN in (value, tags.get(key)) for key, value in pairs):
        return None
    return any(tags.get(key) == value for key, value in pairs)


def _selected(subject: Subject, selection: Resource) -> bool | None:
    tags = _tags(subject.resource)
    by_tags = _by_tags(tags, as_list(read(selection.props, "selectionTags")))
    named = _names(subject, selection)
    conditions = read(selection.props, "conditions")
    if named and conditions is not MISSING:
        equal = as_list(read(conditions, "stringEquals"))
        named = _by_tags(tags, equal) if equal else None
    if named or by_tags:
        return True
    return None if named is None or by_tags is None else False


@rule(
    "backup-selection-covers-data",
    control="BCK-03",
    pack="guardrails",
    title="Tables and file systems are in a backup plan",
    why="point-in-time recovery reaches back 35 days and is lost with the account; a plan keeps copies elsewhere",
    fix="add the ARN to resources of a backup.Selection, or add a tag that the selection names",
    severity="medium",
    dev="disabled",
    kinds=tuple(_SERVICES),
    paths=(
        "backup/selection · resources",
        "backup/selection · selectionTags",
        "efs/backupPolicy · backupPolicy.status",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:DynamoDB.4",
        "fsbp:EFS.2",
        "checkov:CKV2_AWS_18",
        "aws-config:DYNAMODB_IN_BACKUP_PLAN",
        "aws-config:EFS_IN_BACKUP_PLAN",
    ),
    settings={
        "without": Setting(
            [],
            {"type": "array", "items": {"type": "string"}},
            "Resources that need no backup, such as a table of sessions: globs over the resource's name.",
        )
    },
    limits="A selection with other conditions than equal tags counts as one that may include the resource.",
)
def covered(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if any(fnmatch.fnmatchcase(resource.name, glob) for glob in subject.config["without"]):
        return
    policies = stack.pointing_at(resource, "efs/backupPolicy", "fileSystemId")
    if any(as_text(read(item.props, "backupPolicy.status")) in ("ENABLED", UNKNOWN) for item in policies):
        return
    answers = [_selected(subject, selection) for selection in stack.of_kind("backup/selection")]
    if True in answers:
        return
    if None in answers:
        subject.defer("tagsAll")
    else:
        yield Problem("backupSelection", "the resource must be in a backup selection; none of this program includes it")


@rule(
    "backup-vault-customer-key",
    control="ENC-16",
    pack="encryption",
    title="Backup vaults are encrypted with a customer managed key",
    why="backups hold all data, and cannot be copied to another account under an AWS managed key",
    fix="set kms_key_arn to a customer managed key (the vault is replaced)",
    severity="medium",
    dev="advisory",
    kinds=("backup/vault",),
    paths=("kmsKeyArn",),
    references=("fsbp:Backup.1", "checkov:CKV_AWS_166", "prowler:backup_vaults_encrypted"),
)
def vault(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, "kmsKeyArn")


@rule(
    "backup-vault-locked",
    control="BCK-05",
    pack="guardrails",
    title="Backup vaults are locked against deletion",
    why="an attacker with an administrator's role deletes the backups first",
    fix="add a backup.VaultLockConfiguration, or a vault policy that denies backup:DeleteRecoveryPoint",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=("backup/vault",),
    paths=("backup/vaultLockConfiguration · backupVaultName", "backup/vaultPolicy · backupVaultName"),
    stack_kinds=("*",),
    references=("aws-config:BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED",),
    url="https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html",
)
def vault_locked(subject: Subject) -> Iterator[Problem]:
    kinds = ("backup/vaultLockConfiguration", "backup/vaultPolicy")
    if not any(subject.stack.pointing_at(subject.resource, kind, "backupVaultName") for kind in kinds):
        yield Problem("vaultLockConfiguration", "must have a VaultLockConfiguration or VaultPolicy; none references it")
