"""KMS: keys."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING
from policies.rules.helpers.resource_policies import open_statements


@rule(
    "kms-key-deletion-guarded",
    control="BCK-15",
    pack="guardrails",
    title="KMS keys are enabled, have a long deletion window, and cannot lock out the account",
    why="everything that a key encrypts is lost with the key",
    fix="leave deletion_window_in_days out (30) or set it to at least the days of the profile; leave is_enabled and"
    " bypass_policy_lockout_safety_check out",
    severity="high",
    dev="advisory",
    kinds=("kms/key", "kms/replicaKey", "kms/externalKey"),
    paths=("deletionWindowInDays", "bypassPolicyLockoutSafetyCheck", "isEnabled"),
    references=("fsbp:KMS.3", "checkov:CKV_AWS_227"),
    settings={"days": Setting(14, {"type": "integer", "minimum": 7}, "Minimum days before a key is deleted.")},
)
def guarded_key(subject: Subject) -> Iterator[Problem]:
    days, needed = subject.number("deletionWindowInDays"), int(subject.config["days"])
    if isinstance(days, float) and days < needed:
        yield subject.problem("deletionWindowInDays", f"must be at least {needed} days")
    if subject.flag("bypassPolicyLockoutSafetyCheck") is True:
        yield subject.problem("bypassPolicyLockoutSafetyCheck", "must be false")
    enabled = "isEnabled" if subject.resource.kind == "kms/key" else "enabled"
    if subject.flag(enabled) is False:
        yield subject.problem(enabled, "must be true: data that the key encrypts cannot be read")


@rule(
    "kms-key-policy-not-public",
    control="IAM-10",
    pack="guardrails",
    title="Key policies are not public",
    why="anyone who can use the key can decrypt what it encrypts",
    fix="name the account or roles in Principal, or restrict the statement by kms:CallerAccount",
    severity="critical",
    dev="mandatory",
    kinds=("kms/key", "kms/keyPolicy", "kms/replicaKey", "kms/externalKey"),
    paths=("policy",),
    references=("fsbp:KMS.5", "checkov:CKV_AWS_33", "checkov:CKV2_AWS_64"),
)
def key_policy(subject: Subject) -> Iterator[Problem]:
    yield from open_statements(subject, "policy")


@rule(
    "kms-key-rotation",
    control="ENC-17",
    pack="encryption",
    title="Symmetric KMS keys rotate",
    why="rotation limits the data that one leaked key version can decrypt",
    fix="set enable_key_rotation to true",
    severity="medium",
    dev="mandatory",
    kinds=("kms/key",),
    paths=("enableKeyRotation", "customerMasterKeySpec", "keyUsage"),
    references=(
        "fsbp:KMS.4",
        "cdk-nag:KMS5",
        "checkov:CKV_AWS_7",
        "trivy:AVD-AWS-0065",
        "aws-config:CMK_BACKING_KEY_ROTATION_ENABLED",
    ),
    limits="Asymmetric, HMAC and imported keys, and keys in custom key stores, have no automatic rotation.",
)
def rotation(subject: Subject) -> Iterator[Problem]:
    if subject.text("customerMasterKeySpec") not in (MISSING, "SYMMETRIC_DEFAULT"):
        return
    if subject.text("keyUsage") not in (MISSING, "ENCRYPT_DECRYPT") or subject.has("customKeyStoreId"):
        return
    if subject.text("origin") not in (MISSING, "AWS_KMS"):
        return
    if subject.flag("enableKeyRotation") in (False, MISSING):
        yield subject.problem("enableKeyRotation", "must be true")
