"""IAM: what permission policies allow."""

import re
from collections.abc import Iterator

from policies.library.documents import Statement, covers, names_everything, parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN, read
from policies.rules.helpers.permission_policies import BOUNDARIES_LEFT, INLINE, MANAGED, documents_of
from policies.rules.helpers.scoped_actions import ON_DATA, ON_GUARDS

_TOTAL = ("*", "*:*")
_ANYTHING = ("arn:aws:iam::111111111111:role/a", "arn:aws:s3:::a/b")
_TYPES = (*INLINE, "iam/role")
_PATHS = ("policy", "iam/role · inlinePolicies[].policy")
_OF_THE_CALL = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:tokenissuetime",
    "aws:useragent",
)
"""Condition keys about time, network or caller of a request: they do not restrict the resources of a statement."""
_ESCALATIONS = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)


def _on_all(statement: Statement) -> bool:
    return any(all(covers(resource, arn) for arn in _ANYTHING) for resource in statement.resources or ())


@rule(
    "iam-policy-no-admin",
    control="IAM-01",
    pack="guardrails",
    title="No policy allows every action on every resource",
    why="an attacker with the role controls the account",
    fix="list the actions and the ARNs that the role needs",
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
                yield Problem(path, f"{path} must not allow Action {everything[0]} on Resource *")


def _on_everything(statement: Statement) -> bool:
    """Whether an Allow without a restricting condition names every resource, or every one of a kind."""
    unbounded = statement.conditions is not None and all(key in _OF_THE_CALL for _, key, _ in statement.conditions)
    return statement.allows and unbounded and any(map(names_everything, statement.resources or ()))


def _allowed(statement: Statement, names: tuple[str, ...]) -> list[str]:
    """Which of the actions a statement names; full access is the finding of another rule."""
    given = [action for action in statement.actions or () if action not in _TOTAL]
    return [name for name in names if any(covers(action, name) for action in given)]


@rule(
    "iam-policy-no-decrypt-on-all-keys",
    control="IAM-09",
    pack="guardrails",
    title="No policy allows decryption with every key",
    why="everything that the account encrypts would be readable, and separate keys would separate nothing",
    fix="list the ARNs of the keys in Resource, or restrict the statement by kms:ViaService or kms:ResourceAliases",
    severity="high",
    dev="advisory",
    kinds=_TYPES,
    stack_kinds=MANAGED,
    paths=_PATHS,
    references=(
        "fsbp:KMS.1",
        "fsbp:KMS.2",
        "aws-config:IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS",
    ),
    limits=BOUNDARIES_LEFT,
)
def no_decrypt_on_all(subject: Subject) -> Iterator[Problem]:
    for path, document in documents_of(subject):
        for statement in statements(document):
            if not _on_everything(statement):
                continue
            found = _allowed(statement, ("kms:Decrypt", "kms:ReEncryptFrom"))
            if found:
                yield Problem(path, f"{path} must not allow {', '.join(found)} with every key")


@rule(
    "iam-policy-no-inverted-allow",
    control="IAM-05",
    pack="guardrails",
    title="No Allow statement uses NotAction, NotResource or NotPrincipal",
    why="they allow everything else, also in every service that AWS adds",
    fix="list what is allowed in Action, Resource and Principal; use the Not... elements with Deny only",
    severity="high",
    dev="mandatory",
    kinds=_TYPES,
    stack_kinds=MANAGED,
    paths=(*_PATHS, "iam/role · assumeRolePolicy"),
    references=("cfn-guard:iam_role_or_policy_no_allow_plus_not_action",),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
    limits=BOUNDARIES_LEFT,
)
def no_inverted_allow(subject: Subject) -> Iterator[Problem]:
    found = list(documents_of(subject))
    if subject.resource.kind == "iam/role":
        trust = parse(read(subject.resource.props, "assumeRolePolicy"))
        if trust is UNKNOWN:
            subject.defer("assumeRolePolicy")
        found.append(("assumeRolePolicy", trust))
    for path, document in found:
        for statement in statements(document):
            members = {
                "NotAction": statement.not_actions,
                "NotResource": statement.not_resources,
                "NotPrincipal": statement.not_principals,
            }
            inverted = [name for name, value in members.items() if value]
            if statement.allows and inverted:
                yield Problem(path, f"{path} must not have an Allow with {', '.join(inverted)}")


@rule(
    "iam-policy-no-privilege-escalation",
    control="IAM-04",
    pack="guardrails",
    title="No policy allows its holder to extend its own permissions",
    why="a role that can change policies, or pass any role to a service, can get every permission of the account",
    fix="list the ARNs of the roles and policies, and restrict iam:PassRole by iam:PassedToService",
    severity="critical",
    dev="mandatory",
    kinds=_TYPES,
    stack_kinds=MANAGED,
    paths=_PATHS,
    references=("checkov:CKV_AWS_286", "trivy:AVD-AWS-0342", "prowler:iam_policy_allows_privilege_escalation"),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    limits=f"{BOUNDARIES_LEFT} Statements with a condition on the resource are not judged; Action * is the"
    " finding of iam-policy-no-admin.",
)
def no_escalation(subject: Subject) -> Iterator[Problem]:
    for path, document in documents_of(subject):
        for statement in statements(document):
            if not _on_everything(statement):
                continue
            found = _allowed(statement, (*_ESCALATIONS, "iam:PassRole"))
            if found:
                more = f" and {len(found) - 3} more" if len(found) > 3 else ""
                yield Problem(path, f"{path} must not allow {', '.join(found[:3])}{more} on every role, user or policy")


@rule(
    "iam-policy-no-service-wildcard",
    control="IAM-02",
    pack="guardrails",
    title="No policy allows all actions of a service",
    why="service:* includes deleting, sharing and changing permissions, now and in every future action",
    fix="list the actions that are needed, at most with a wildcard inside a verb such as s3:Get*",
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
                yield Problem(path, f"{path} must not allow {', '.join(broad)}")


@rule(
    "iam-policy-scoped-resources",
    control="IAM-03",
    pack="guardrails",
    title="Actions on data and on guards name their resources",
    why="a stolen role could read and write every table, bucket, queue and secret of the account, or take the web ACL,"
    " the log or the key policy from each of its resources",
    fix="list the ARNs in Resource; restrict by a condition such as aws:ResourceTag what has no ARN yet",
    severity="high",
    dev="advisory",
    kinds=_TYPES,
    stack_kinds=MANAGED,
    paths=_PATHS,
    references=("checkov:CKV_AWS_355", "checkov:CKV_AWS_290", "checkov:CKV_AWS_289"),
    url="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    settings={
        "actions": Setting(
            [*ON_DATA, *ON_GUARDS],
            {"type": "array", "items": {"type": "string"}},
            "Actions with resource-level permissions that must name their resources.",
        )
    },
    limits=f"{BOUNDARIES_LEFT} Actions without resource-level permissions, and service:*, are not judged here.",
)
def scoped_resources(subject: Subject) -> Iterator[Problem]:
    for path, document in documents_of(subject):
        for statement in statements(document):
            if not _on_everything(statement):
                continue
            given = statement._replace(
                actions=tuple(action for action in statement.actions or () if not action.endswith(":*"))
            )
            found = _allowed(given, tuple(subject.config["actions"]))
            if found:
                more = f" and {len(found) - 3} more" if len(found) > 3 else ""
                yield Problem(path, f"{path} must not allow {', '.join(found[:3])}{more} on every resource")
