"""IAM: trust of roles, and managed policies attached to them."""

import fnmatch
import re
from collections.abc import Iterator

from policies.library.documents import Statement, parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN, as_list, as_text
from policies.rules.helpers.policy_attachments import ATTACHED, ATTACHMENTS, EXCLUSIVE

_TEXTS = {"type": "array", "items": {"type": "string"}}
_SOURCES = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
_IDENTITY_POOLS = "cognito-identity.amazonaws.com"
_BOUNDS = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalArn", "aws:PrincipalAccount", "sts:ExternalId")


@rule(
    "iam-role-no-broad-managed-policy",
    control="IAM-06",
    pack="guardrails",
    title="No administrator or other broad AWS managed policy is attached",
    why="these policies grant far more than a workload needs, and AWS extends them",
    fix="attach a customer managed policy with the actions and ARNs that are needed",
    severity="critical",
    dev="mandatory",
    kinds=("iam/role", *ATTACHMENTS, *EXCLUSIVE),
    paths=(
        "managedPolicyArns",
        "iam/rolePolicyAttachment · policyArn",
        "iam/rolePolicyAttachmentsExclusive · policyArns",
    ),
    references=("checkov:CKV_AWS_274", "cdk-nag:IAM4", "checkov:CKV2_AWS_56"),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    settings={
        "refused": Setting(
            ["PowerUserAccess"],
            {"type": "array", "items": {"type": "string"}},
            "Names of AWS managed policies refused, besides all with FullAccess or Administrator in their names.",
        )
    },
)
def no_broad_managed_policy(subject: Subject) -> Iterator[Problem]:
    path = dict(ATTACHED)[subject.resource.kind]
    for value in as_list(subject.value(path)):
        arn = as_text(value)
        if not isinstance(arn, str) or ":iam::aws:policy/" not in arn:
            continue
        name = arn.rsplit("/", 1)[-1]
        if name in subject.config["refused"] or re.search("FullAccess|Administrator", name):
            yield Problem(path, f"{path} must not name the AWS managed policy {name}")


def _subjects_pinned(statement: Statement, provider: str) -> bool:
    """Whether a statement for an OIDC provider restricts the sub claim."""
    keys = [key for _, key, _ in statement.conditions or () if key.endswith(":sub")]
    issuer = provider.split("oidc-provider/", 1)[-1].lower()
    for key in keys:
        if not key.startswith(issuer):
            continue
        values = statement.condition(key)
        if values is None:
            return True
        if values and not any(value in ("*", "repo:*", "repo:*/*", "repo:*:*") for value in values):
            return True
    return False


@rule(
    "iam-role-trust-bounded",
    control="IAM-07",
    pack="guardrails",
    title="Trust policies restrict who may assume the role, and for which account",
    why="an open trust policy lets every account assume the role, or lets a service assume it for another account",
    fix="name accounts or roles in Principal; add aws:SourceArn or aws:SourceAccount for services that act on behalf"
    " of a resource; restrict the sub claim for OIDC",
    severity="high",
    dev="advisory",
    kinds=("iam/role",),
    paths=("assumeRolePolicy",),
    references=(
        "checkov:CKV_AWS_60",
        "checkov:CKV_AWS_61",
        "checkov:CKV_AWS_393",
        "prowler:iam_role_cross_service_confused_deputy_prevention",
    ),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    settings={
        "services": Setting(
            [
                "cognito-idp.amazonaws.com",
                "personalize.amazonaws.com",
                "pipes.amazonaws.com",
                "scheduler.amazonaws.com",
                "vpc-flow-logs.amazonaws.com",
            ],
            _TEXTS,
            "Services whose roles must have aws:SourceArn or aws:SourceAccount.",
        ),
        "pinned_providers": Setting(
            ["*token.actions.githubusercontent.com", "*gitlab.com", "*app.terraform.io", "*api.pulumi.com/oidc"],
            _TEXTS,
            "OIDC providers (globs) that serve all their customers alike, so that the sub claim must be restricted.",
        ),
    },
)
def trust_bounded(subject: Subject) -> Iterator[Problem]:
    path = "assumeRolePolicy"
    document = parse(subject.value(path))
    if document is UNKNOWN:
        subject.defer(path)
    for statement in statements(document):
        if not statement.allows or statement.conditions is None:
            continue
        if statement.is_public() and not statement.conditions_on(*_SOURCES, *_BOUNDS):
            yield Problem(path, f"{path} must not allow every AWS account")
        for kind, name in statement.principals or ():
            if kind == "Service" and name in subject.config["services"] and not statement.conditions_on(*_SOURCES):
                yield Problem(path, f"{path} must restrict {name} by aws:SourceArn or aws:SourceAccount")
            open_to_all = kind == "Federated" and any(
                fnmatch.fnmatchcase(name, glob) for glob in subject.config["pinned_providers"]
            )
            if (
                kind == "Federated"
                and name == _IDENTITY_POOLS
                and not statement.conditions_on(f"{_IDENTITY_POOLS}:aud")
            ):
                yield Problem(path, f"{path} must restrict {_IDENTITY_POOLS}:aud: it trusts every identity pool")
            if open_to_all and not _subjects_pinned(statement, name):
                yield Problem(path, f"{path} must restrict the sub claim of {name.rsplit('oidc-provider/', 1)[-1]}")
