"""Stateful resources: not destroyed by a slip."""

import re
from collections.abc import Iterator
from functools import cache

from policies.library.rules import REGISTRY, Problem, Setting, Subject, rule

_FORCED = {
    "s3/bucket": "forceDestroy",
    "ecr/repository": "forceDelete",
    "backup/vault": "forceDestroy",
    "route53/zone": "forceDestroy",
    "s3/directoryBucket": "forceDestroy",
}
_STATEFUL = (
    "backup/vault",
    "cognito/userPool",
    "dynamodb/table",
    "efs/fileSystem",
    "elasticache/replicationGroup",
    "kms/key",
    "msk/cluster",
    "opensearch/domain",
    "rds/cluster",
    "rds/instance",
    "route53/zone",
    "s3/bucket",
)


@rule(
    "aws-resource-no-force-destroy",
    control="BCK-10",
    pack="guardrails",
    title="Stateful resources are not deleted while they hold data",
    why="one wrong change would delete every object, image or recovery point in them",
    fix="leave force_destroy (force_delete) out; empty what is to be deleted by hand, after review",
    severity="high",
    dev="advisory",
    kinds=tuple(_FORCED),
    paths=("forceDestroy", "ecr/repository · forceDelete"),
    url="https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/#forcedestroy_python",
)
def no_force_destroy(subject: Subject) -> Iterator[Problem]:
    path = _FORCED[subject.resource.kind]
    if subject.flag(path) is True:
        yield subject.problem(path, "must be false")


@rule(
    "aws-resource-protected",
    control="BCK-11",
    pack="guardrails",
    title="Stateful resources are protected in the stack",
    why="a renamed or moved resource would be replaced, and its data lost, in one update",
    fix="give the resource (or its component) the option protect=True",
    severity="high",
    dev="disabled",
    kinds=_STATEFUL,
    paths=("protect",),
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    settings={
        "kinds": Setting(list(_STATEFUL), {"type": "array", "items": {"type": "string"}}, "Kinds that need the option.")
    },
)
def protected(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in subject.config["kinds"] and not subject.resource.protect:
        yield Problem("protect", "the option protect is not set")


_MOVED = ("authToken", "containerDefinitions", "defaultActions", "environment")
"""What deployments and rotation change beside the program."""


@cache
def _guarded(kind: str) -> tuple[tuple[str, str], ...]:
    """Properties of a kind that rules of security look at, each with its rule; how many of something is for scaling."""
    found: dict[str, str] = {}
    for name, guard in REGISTRY.items():
        if kind not in guard.kinds or guard.severity not in ("high", "critical") or guard.control.startswith("HA-"):
            continue
        for path in guard.paths:
            of_kind, _, below = path.rpartition(" · ")
            if of_kind in ("", kind) and below.split(".")[0].removesuffix("[]") not in _MOVED:
                found.setdefault(below, name)
    return tuple(found.items())


def _steps(path: str) -> list[str]:
    """Members of a path, however it spells them: `server_side_encryption[0].enabled`."""
    return [step.replace("_", "").lower() for step in re.findall(r"[^.\[\]\"]+", path) if not step.isdigit()]


@rule(
    "aws-resource-no-ignored-changes",
    control="BCK-20",
    pack="guardrails",
    title="The engine ignores no change of what is guarded",
    why="what the program says of encryption, access or deletion would no longer be what AWS has",
    fix="leave the property out of ignore_changes, and import what was changed by hand into the program",
    severity="high",
    dev="disabled",
    kinds=("*",),
    paths=("ignoreChanges",),
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/",
    limits="Guarded are properties that rules of severity high or critical look at. Left out is what scaling,"
    " deployments and rotation move.",
)
def no_ignored_changes(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    for ignored in resource.ignore_changes:
        steps = _steps(ignored)
        for path, name in _guarded(resource.kind):
            written = resource.written(path, needed=False)
            place = _steps(written.split(" ")[0]) if written else _steps(path)
            whole = ignored == "*" or steps == ["desiredstate"]
            if whole or steps[: len(place)] == place[: len(steps)]:
                yield Problem("ignoreChanges", f"ignoreChanges (ignore_changes) has {ignored}: {name} judges {path}")
                break


@rule(
    "kms-key-deletion-guarded",
    control="BCK-15",
    pack="guardrails",
    title="Keys are enabled, deleted late, and cannot lock everybody out",
    why="with its key, everything encrypted by it is lost",
    fix="leave deletion_window_in_days out (30) or set it to the days of the profile at least; leave is_enabled and"
    " bypass_policy_lockout_safety_check out",
    severity="high",
    dev="advisory",
    kinds=("kms/key", "kms/replicaKey", "kms/externalKey"),
    paths=("deletionWindowInDays", "bypassPolicyLockoutSafetyCheck", "isEnabled"),
    references=("fsbp:KMS.3", "checkov:CKV_AWS_227"),
    settings={"days": Setting(14, {"type": "integer", "minimum": 7}, "Fewest days before a key is deleted.")},
)
def guarded_key(subject: Subject) -> Iterator[Problem]:
    days, needed = subject.number("deletionWindowInDays"), int(subject.config["days"])
    if isinstance(days, float) and days < needed:
        yield subject.problem("deletionWindowInDays", f"must be at least {needed}")
    if subject.flag("bypassPolicyLockoutSafetyCheck") is True:
        yield subject.problem("bypassPolicyLockoutSafetyCheck", "must be false")
    enabled = "isEnabled" if subject.resource.kind == "kms/key" else "enabled"
    if subject.flag(enabled) is False:
        yield subject.problem(enabled, "what the key encrypts cannot be read")
