"""IAM permission policies: nothing that leads to more rights, nothing wider than what it is for."""

from collections.abc import Iterator

from policies.library.documents import Statement, covers, names_everything, parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN, read
from policies.rules.access import BOUNDARIES_LEFT, INLINE, MANAGED, documents_of

_TYPES = (*INLINE, "iam/role")
_PATHS = ("policy", "iam/role · inlinePolicies[].policy")
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
_SCOPABLE = (
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DeleteTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
    "ecs:UpdateService",
    "events:PutEvents",
    "events:PutRule",
    "kinesis:PutRecord",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "sns:Publish",
    "sqs:DeleteMessage",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:PutParameter",
    "states:StartExecution",
    "sts:AssumeRole",
)
_TOTAL = ("*", "*:*")
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
"""Condition keys that tell how, when or by whom something is asked for, and bound nothing of what it is asked for."""


def _on_everything(statement: Statement) -> bool:
    """Whether an Allow that no condition bounds names every resource, or every one of a kind."""
    unbounded = statement.conditions is not None and all(key in _OF_THE_CALL for _, key, _ in statement.conditions)
    return statement.allows and unbounded and any(map(names_everything, statement.resources or ()))


def _allowed(statement: Statement, names: tuple[str, ...]) -> list[str]:
    """Which of the actions a statement names; full access is another rule's finding."""
    given = [action for action in statement.actions or () if action not in _TOTAL]
    return [name for name in names if any(covers(action, name) for action in given)]


@rule(
    "iam-policy-no-privilege-escalation",
    control="IAM-04",
    pack="guardrails",
    title="No policy lets its holder give itself more rights",
    why="who may change policies, or pass any role to a service, has every right of the account",
    fix="name the ARNs of the roles and policies, bound iam:PassRole by iam:PassedToService",
    severity="critical",
    dev="mandatory",
    kinds=_TYPES,
    stack_kinds=MANAGED,
    paths=_PATHS,
    references=("checkov:CKV_AWS_286", "trivy:AVD-AWS-0342", "prowler:iam_policy_allows_privilege_escalation"),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    limits=f"{BOUNDARIES_LEFT} A statement under a condition on what is asked for is left alone; Action * is the"
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
                yield Problem(path, f"{path} allows {', '.join(found[:3])}{more} on every role, user or policy")


@rule(
    "iam-policy-scoped-resources",
    control="IAM-03",
    pack="guardrails",
    title="Actions on data name the resources they are for",
    why="one stolen role would read and write every table, bucket, queue and secret of the account",
    fix="name the ARNs in Resource; bound what cannot be named by a condition such as aws:ResourceTag",
    severity="high",
    dev="advisory",
    kinds=_TYPES,
    stack_kinds=MANAGED,
    paths=_PATHS,
    references=("checkov:CKV_AWS_355", "checkov:CKV_AWS_290", "checkov:CKV_AWS_289"),
    url="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    settings={
        "actions": Setting(
            list(_SCOPABLE),
            {"type": "array", "items": {"type": "string"}},
            "Actions that AWS can bound to a resource, and that must be.",
        )
    },
    limits=f"{BOUNDARIES_LEFT} Actions that AWS cannot bound to a resource, and service:*, are not judged here.",
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
                yield Problem(path, f"{path} allows {', '.join(found[:3])}{more} on every resource")


@rule(
    "iam-policy-no-decrypt-on-all-keys",
    control="IAM-09",
    pack="guardrails",
    title="No policy may decrypt with every key",
    why="all that the account encrypts would be readable, whatever the key was separated for",
    fix="name the ARNs of the keys in Resource, or bound the statement by kms:ViaService or kms:ResourceAliases",
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
                yield Problem(path, f"{path} allows {', '.join(found)} with every key")


@rule(
    "iam-policy-no-inverted-allow",
    control="IAM-05",
    pack="guardrails",
    title="No Allow by what it leaves out",
    why="NotAction, NotResource and NotPrincipal allow all the rest, with every service that AWS adds",
    fix="name what is allowed in Action, Resource and Principal; use the inverted members with Deny only",
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
                yield Problem(path, f"{path} has an Allow with {', '.join(inverted)}")
