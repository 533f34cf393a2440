"""IAM roles and users: who may act as whom."""

import fnmatch
from collections.abc import Iterator

from policies.library.documents import Statement, parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN, as_text, read

_TEXTS = {"type": "array", "items": {"type": "string"}}
_IDENTITY_POOLS = "cognito-identity.amazonaws.com"
_SOURCES = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
_BOUNDS = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalArn", "aws:PrincipalAccount", "sts:ExternalId")


def _subjects_pinned(statement: Statement, provider: str) -> bool:
    """Whether a statement for an OIDC provider names which of its identities may come."""
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
    title="Trust policies name who may take the role, and on whose behalf",
    why="an open trust policy lends the role to every account, or to a service that acts for another one",
    fix="name accounts or roles in Principal; add aws:SourceArn or aws:SourceAccount for services that act on behalf of"
    " a resource; pin the sub claim for OIDC",
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
            "Services whose roles need aws:SourceArn or aws:SourceAccount.",
        ),
        "pinned_providers": Setting(
            ["*token.actions.githubusercontent.com", "*gitlab.com", "*app.terraform.io", "*api.pulumi.com/oidc"],
            _TEXTS,
            "OIDC providers (globs) that serve everybody, so that the sub claim must be pinned.",
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
            yield Problem(path, f"{path} lets every AWS account take the role")
        for kind, name in statement.principals or ():
            if kind == "Service" and name in subject.config["services"] and not statement.conditions_on(*_SOURCES):
                yield Problem(path, f"{path} trusts {name} on behalf of any account")
            open_to_all = kind == "Federated" and any(
                fnmatch.fnmatchcase(name, glob) for glob in subject.config["pinned_providers"]
            )
            if (
                kind == "Federated"
                and name == _IDENTITY_POOLS
                and not statement.conditions_on(f"{_IDENTITY_POOLS}:aud")
            ):
                yield Problem(path, f"{path} trusts every identity pool of any account")
            if open_to_all and not _subjects_pinned(statement, name):
                yield Problem(path, f"{path} trusts every identity of {name.rsplit('oidc-provider/', 1)[-1]}")


@rule(
    "iam-user-none",
    control="IAM-25",
    pack="guardrails",
    title="No IAM users or access keys",
    why="access keys do not expire, are copied about, and end up in repositories",
    fix="use roles: IAM Identity Center for people, OIDC for pipelines, task and function roles for workloads",
    severity="high",
    dev="mandatory",
    kinds=("iam/user", "iam/accessKey", "iam/userLoginProfile"),
    paths=("name", "iam/accessKey · user"),
    references=("checkov:CKV_AWS_273", "trivy:AVD-AWS-0143"),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-users-federation-idp",
)
def no_users(subject: Subject) -> Iterator[Problem]:
    what = {"iam/user": "an IAM user", "iam/accessKey": "a long-lived access key"}
    yield Problem("name", f"{what.get(subject.resource.kind, 'a console password')} is made by this program")


@rule(
    "ecs-task-definition-separate-roles",
    control="IAM-08",
    pack="guardrails",
    title="Tasks and the agent that starts them have roles of their own",
    why="the application would hold the agent's rights: every image, log group and secret of the task",
    fix="give task_role_arn a role with what the application needs, and execution_role_arn another for images and logs",
    severity="medium",
    dev="advisory",
    prod="mandatory",
    kinds=("ecs/taskDefinition",),
    paths=("taskRoleArn", "executionRoleArn"),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_249",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html",
)
def separate_roles(subject: Subject) -> Iterator[Problem]:
    texts = [as_text(read(subject.resource.props, path)) for path in ("taskRoleArn", "executionRoleArn")]
    if all(isinstance(text, str) for text in texts):
        same = texts[0] == texts[1]
    else:
        roles = [
            {role.urn for role in subject.stack.referred(subject.resource, path, "iam/role").resources}
            for path in ("taskRoleArn", "executionRoleArn")
        ]
        same = len(roles[0]) == 1 and roles[0] == roles[1]
    if same:
        yield subject.problem("taskRoleArn", "it is the execution role too")
