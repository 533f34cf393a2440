"""Backup plans that reach what holds data, and the capacity of tables."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from policies.library.documents import names_everything
from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read
from policies.rules.packs import default_tags

_SERVICES = {"dynamodb/table": "dynamodb", "efs/fileSystem": "elasticfilesystem"}


def _tags(resource: Resource) -> Any:
    """All tags of a resource, with those of its provider; `UNKNOWN` when some are not known."""
    held: dict[str, Any] = {}
    for tags in (default_tags(resource), read(resource.props, "tags"), read(resource.props, "tagsAll")):
        if tags is UNKNOWN:
            return UNKNOWN
        held |= tags if isinstance(tags, dict) else {}
    return held


def _names(subject: Subject, selection: Resource) -> bool | None:
    """Whether a selection names a resource by its ARN; None when that is not known."""
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
    """Whether tags meet one of the conditions of a selection."""
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
    why="point-in-time recovery goes back 35 days and dies with the account; a plan keeps copies elsewhere",
    fix="add the ARN to the resources of a backup.Selection, or the tag that it selects",
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
            "Resources that nobody would restore, such as a table of sessions: globs over the resource's name.",
        )
    },
    limits="A selection by other conditions than equal tags counts as one that may cover the resource.",
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
        yield Problem("backupSelection", "no backup selection of this program takes it in")


def _scales(stack: Stack, table: Resource) -> bool:
    """Whether a scaling target has a table, or may have it by a name that is not known yet."""
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
    why="a fixed capacity refuses requests on the day that counts",
    fix="set billing_mode to PAY_PER_REQUEST, or add an appautoscaling.Target for table/<name>",
    severity="medium",
    dev="disabled",
    kinds=("dynamodb/table",),
    paths=("billingMode", "appautoscaling/target · resourceId"),
    stack_kinds=("*",),
    references=("fsbp:DynamoDB.1", "checkov:CKV2_AWS_16", "aws-config:DYNAMODB_AUTOSCALING_ENABLED"),
    limits="Targets of indexes are not looked for.",
)
def scales(subject: Subject) -> Iterator[Problem]:
    if subject.text("billingMode") in (MISSING, "PROVISIONED") and not _scales(subject.stack, subject.resource):
        yield subject.problem("billingMode", "its capacity is fixed, and no appautoscaling.Target has it")
