"""Secrets Manager: secrets."""

import fnmatch
import re
from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING
from policies.rules.helpers.customer_keys import no_customer_key


@rule(
    "secretsmanager-secret-customer-key",
    control="ENC-10",
    pack="encryption",
    title="Secrets are encrypted with a customer managed key",
    why="the AWS managed key serves everyone in the account who can read the secret, and no other account",
    fix="set kms_key_id to a customer managed key",
    severity="medium",
    dev="advisory",
    kinds=("secretsmanager/secret",),
    paths=("kmsKeyId",),
    references=("checkov:CKV_AWS_149", "trivy:AVD-AWS-0098", "aws-config:SECRETSMANAGER_USING_CMK"),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
)
def secret(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, "kmsKeyId")


@rule(
    "secretsmanager-secret-policy-block-public",
    control="SEC-05",
    pack="guardrails",
    title="Public policies of secrets are rejected",
    why="without the check AWS accepts a policy that opens the secret to every account",
    fix="set block_public_policy to true",
    severity="high",
    dev="mandatory",
    kinds=("secretsmanager/secretPolicy",),
    paths=("blockPublicPolicy",),
    references=("prowler:secretsmanager_not_publicly_accessible",),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
)
def block_public_policy(subject: Subject) -> Iterator[Problem]:
    if subject.flag("blockPublicPolicy") in (False, MISSING):
        yield subject.problem("blockPublicPolicy", "must be true")


@rule(
    "secretsmanager-secret-recovery-window",
    control="SEC-06",
    pack="guardrails",
    title="Deleted secrets can be recovered",
    why="a secret deleted by mistake is lost at once",
    fix="leave recovery_window_in_days out, or set it to 7 to 30",
    severity="medium",
    dev="disabled",
    kinds=("secretsmanager/secret",),
    paths=("recoveryWindowInDays",),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
)
def recovery_window(subject: Subject) -> Iterator[Problem]:
    if subject.number("recoveryWindowInDays") == 0:
        yield subject.problem("recoveryWindowInDays", "must be 7 to 30: a deleted secret is lost at once")


@rule(
    "secretsmanager-secret-rotates",
    control="SEC-04",
    pack="guardrails",
    title="Passwords in Secrets Manager rotate",
    why="a leaked password works until it is changed",
    fix="add a secretsmanager.SecretRotation with rotation_rules of at most the days of the profile",
    severity="medium",
    dev="disabled",
    kinds=("secretsmanager/secret", "secretsmanager/secretRotation"),
    paths=("secretsmanager/secretRotation · secretId", "secretsmanager/secretRotation · rotationRules"),
    stack_kinds=("*",),
    references=("fsbp:SecretsManager.1", "fsbp:SecretsManager.4", "cdk-nag:SMG4", "checkov:CKV2_AWS_57"),
    settings={
        "secrets": Setting(
            ["*password*", "*credentials*", "*database*", "*master-user*"],
            {"type": "array", "items": {"type": "string"}},
            "Secrets (globs over resource and secret name) that must rotate.",
        ),
        "days": Setting(90, {"type": "integer", "minimum": 1}, "Maximum days between rotations."),
    },
    limits="Keys of third parties cannot rotate automatically, and cron schedules are not judged.",
)
def rotates(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "secretsmanager/secretRotation":
        days = subject.number("rotationRules.automaticallyAfterDays")
        rate = subject.text("rotationRules.scheduleExpression")
        stated = re.fullmatch(r"rate\((\d+) days?\)", rate) if isinstance(rate, str) else None
        days = float(stated[1]) if stated else days
        if isinstance(days, float) and days > subject.config["days"]:
            yield subject.problem("rotationRules", f"{int(days)} days; must be at most {int(subject.config['days'])}")
        return
    names = (subject.resource.name, subject.text("name"))
    if not any(
        isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        for glob in subject.config["secrets"]
    ):
        return
    if not subject.stack.pointing_at(subject.resource, "secretsmanager/secretRotation", "secretId"):
        yield Problem("secretRotation", "must have a secretsmanager.SecretRotation; none references it")
