"""Stateful resources: not destroyed by a slip."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule

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
    types=tuple(_FORCED),
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
    types=_STATEFUL,
    paths=("protect",),
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    settings={
        "kinds": Setting(list(_STATEFUL), {"type": "array", "items": {"type": "string"}}, "Kinds that need the option.")
    },
)
def protected(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in subject.config["kinds"] and not subject.resource.protect:
        yield Problem("protect", "the option protect is not set")


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
    types=("kms/key", "kms/replicaKey", "kms/externalKey"),
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
