"""IAM: users."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule


@rule(
    "iam-user-none",
    control="IAM-25",
    pack="guardrails",
    title="No IAM users or access keys",
    why="access keys do not expire, get copied, and end up in repositories",
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
    yield Problem("name", f"the program must not create {what.get(subject.resource.kind, 'a console password')}")
