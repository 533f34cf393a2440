"""IAM: no wildcards that give everything away."""

import re
from collections.abc import Iterator
from typing import Any

from policies.library.documents import Statement, covers, parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN, as_list, as_text, read

MANAGED = ("iam/policy",)
"""Judged among the others: it may be a permissions boundary."""
BOUNDARIES_LEFT = "A managed policy that is only a permissions boundary gives nothing and is not judged."
INLINE = ("iam/policy", "iam/rolePolicy", "iam/groupPolicy", "iam/userPolicy")
_ATTACHMENTS = (
    "iam/rolePolicyAttachment",
    "iam/policyAttachment",
    "iam/groupPolicyAttachment",
    "iam/userPolicyAttachment",
)
_EXCLUSIVE = (
    "iam/rolePolicyAttachmentsExclusive",
    "iam/groupPolicyAttachmentsExclusive",
    "iam/userPolicyAttachmentsExclusive",
)
_ATTACHED = (
    *((kind, "policyArn") for kind in _ATTACHMENTS),
    *((kind, "policyArns") for kind in _EXCLUSIVE),
    ("iam/role", "managedPolicyArns"),
)
_TOTAL = ("*", "*:*")
_ANYTHING = ("arn:aws:iam::111111111111:role/a", "arn:aws:s3:::a/b")


def _is_boundary(subject: Subject) -> bool:
    """Whether a managed policy only bounds what roles and users are given, and gives nothing itself.

    Where that cannot be told yet it counts as one, and is noted.
    """
    policy, stack = subject.resource, subject.stack
    bounded = [(kind, "permissionsBoundary") for kind in ("iam/role", "iam/user")]
    if not any(stack.pointing_at(policy, *place) for place in bounded):
        return False
    if any(map(subject.has, ("roles", "users", "groups"))) or any(stack.pointing_at(policy, *p) for p in _ATTACHED):
        return False
    if not any(stack.pointing_at(policy, *place, sure=True) for place in bounded):
        subject.defer("permissionsBoundary")
    return True


def documents_of(subject: Subject) -> Iterator[tuple[str, Any]]:
    """Permission policies of a resource with the path of each; unknown ones are noted.

    A policy that is a permissions boundary only has none.
    """
    if subject.resource.kind == "iam/policy" and _is_boundary(subject):
        return
    if subject.resource.kind == "iam/role":
        found = [(f"{path}.policy", parse(read(block, "policy"))) for path, block in subject.blocks("inlinePolicies")]
    else:
        found = [("policy", parse(subject.value("policy")))]
    for path, document in found:
        if document is UNKNOWN:
            subject.defer(path)
        else:
            yield path, document


def _on_all(statement: Statement) -> bool:
    return any(all(covers(resource, arn) for arn in _ANYTHING) for resource in statement.resources or ())


@rule(
    "iam-policy-no-admin",
    control="IAM-01",
    pack="guardrails",
    title="No policy allows every action on every resource",
    why="whoever gets hold of the role owns the account",
    fix="name the actions and the ARNs that are needed",
    severity="critical",
    dev="mandatory",
    kinds=(*INLINE, "iam/role"),
    stack_kinds=MANAGED,
    paths=("policy", "iam/role · inlinePolicies[].policy"),
    references=(
        "fsbp:IAM.1",
        "cdk-nag:IAM5",
        "checkov:CKV_AWS_62",
        "trivy:AVD-AWS-0057",
        "aws-config:IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
    ),
    limits=BOUNDARIES_LEFT,
)
def no_admin(subject: Subject) -> Iterator[Problem]:
    for path, document in documents_of(subject):
        for statement in statements(document):
            everything = [action for action in statement.actions or () if action in _TOTAL]
            if statement.allows and everything and _on_all(statement):
                yield Problem(path, f"{path} allows Action {everything[0]} on Resource *")


@rule(
    "iam-policy-no-service-wildcard",
    control="IAM-02",
    pack="guardrails",
    title="No policy allows all actions of a service",
    why="service:* includes deleting, sharing and changing permissions, now and with every future action",
    fix="name the actions that are needed, at most with a wildcard inside a verb such as s3:Get*",
    severity="high",
    dev="advisory",
    kinds=(*INLINE, "iam/role"),
    stack_kinds=MANAGED,
    paths=("policy", "iam/role · inlinePolicies[].policy"),
    references=(
        "fsbp:IAM.21",
        "cdk-nag:IAM5",
        "checkov:CKV_AWS_63",
        "aws-config:IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS",
    ),
    limits=BOUNDARIES_LEFT,
)
def no_service_wildcard(subject: Subject) -> Iterator[Problem]:
    for path, document in documents_of(subject):
        for statement in statements(document):
            broad = [action for action in statement.actions or () if re.fullmatch(r"[^:]+:\*+", action)]
            broad = sorted(action for action in broad if action not in _TOTAL)
            if statement.resources is not None and not _on_all(statement):
                broad += [action for action in statement.actions or () if action in _TOTAL]
            if statement.allows and broad:
                yield Problem(path, f"{path} allows {', '.join(broad)}")


@rule(
    "iam-role-no-broad-managed-policy",
    control="IAM-06",
    pack="guardrails",
    title="No administrator or other broad AWS-managed policy is attached",
    why="such policies give far more than a workload needs, and grow without review",
    fix="attach a policy of one's own with the actions and ARNs that are needed",
    severity="critical",
    dev="mandatory",
    kinds=("iam/role", *_ATTACHMENTS, *_EXCLUSIVE),
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
            "Names of AWS-managed policies refused, besides all that speak of FullAccess or an Administrator.",
        )
    },
)
def no_broad_managed_policy(subject: Subject) -> Iterator[Problem]:
    path = dict(_ATTACHED)[subject.resource.kind]
    for value in as_list(subject.value(path)):
        arn = as_text(value)
        if not isinstance(arn, str) or ":iam::aws:policy/" not in arn:
            continue
        name = arn.rsplit("/", 1)[-1]
        if name in subject.config["refused"] or re.search("FullAccess|Administrator", name):
            yield Problem(path, f"{path} names the AWS-managed policy {name}")
