"""IAM: trust of roles, and managed policies attached to them."""

from tests.policies.cases.helpers.roles import trust
from tests.policies.support import CULPRIT, UNKNOWN, Cases, in_kinds, res


def attachment(arn):
    return res("iam/rolePolicyAttachment:RolePolicyAttachment", CULPRIT, {"policyArn": arn})


_ADMIN = {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
_POOLS = {"Federated": "cognito-identity.amazonaws.com"}
_SCHEDULER = {"Service": "scheduler.amazonaws.com"}
_GITHUB = {"Federated": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}
_SUB = "token.actions.githubusercontent.com:sub"


def under(principal, operator, key, value):
    return trust(Principal=principal, Condition={operator: {key: value}})


CASES = {
    "iam-role-no-broad-managed-policy": Cases(
        good={
            "own policy": [attachment("arn:aws:iam::111111111111:policy/AdministratorAccess")],
            "narrow AWS managed policy": [
                attachment("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
            ],
            "not known": [attachment(UNKNOWN)],
            "own policy of a user": [
                res("iam/userPolicyAttachment:UserPolicyAttachment", CULPRIT, {"policyArn": UNKNOWN})
            ],
        },
        bad={
            "administrator": [attachment("arn:aws:iam::aws:policy/AdministratorAccess")],
            "full access": [attachment("arn:aws:iam::aws:policy/AmazonS3FullAccess")],
            "administrator of a service": [attachment("arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator")],
            "on the role": [
                res("iam/role:Role", CULPRIT, {"managedPolicyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"]})
            ],
            **in_kinds(_ADMIN, "iam/groupPolicyAttachment", "iam/policyAttachment"),
            **in_kinds(
                {"policyArns": [_ADMIN["policyArn"]]},
                "iam/groupPolicyAttachmentsExclusive",
                "iam/rolePolicyAttachmentsExclusive",
                "iam/userPolicyAttachmentsExclusive",
            ),
            "of a user": [
                res(
                    "iam/userPolicyAttachment:UserPolicyAttachment",
                    CULPRIT,
                    {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
                )
            ],
        },
        config=[
            ({"refused": ["ReadOnlyAccess"]}, [attachment("arn:aws:iam::aws:policy/ReadOnlyAccess")], True),
        ],
    ),
    "iam-role-trust-bounded": Cases(
        good={
            "a function": [trust()],
            "an account": [trust(Principal={"AWS": "arn:aws:iam::111111111111:root"})],
            "schedules of one account": [under(_SCHEDULER, "StringEquals", "aws:SourceAccount", "111111111111")],
            "schedules of one group": [under(_SCHEDULER, "ArnLike", "AWS:SourceArn", "arn:aws:scheduler:*:1:*")],
            "one repository": [under(_GITHUB, "StringLike", _SUB, "repo:store/web:ref:refs/heads/main")],
            "the organisation": [under("*", "StringEquals", "aws:PrincipalOrgID", "o-1")],
            "from outputs": [res("iam/role:Role", CULPRIT, {"assumeRolePolicy": UNKNOWN})],
            "one identity pool": [
                trust(
                    Principal=_POOLS,
                    Action="sts:AssumeRoleWithWebIdentity",
                    Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1f2e"}},
                )
            ],
        },
        bad={
            "everyone": [trust(Principal="*")],
            "every account": [trust(Principal={"AWS": ["*"]})],
            "schedules of any account": [trust(Principal=_SCHEDULER)],
            "every repository": [trust(Principal=_GITHUB)],
            "every repository, spelled": [under(_GITHUB, "StringLike", _SUB, ["repo:*"])],
            "audience alone": [
                under(_GITHUB, "StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com")
            ],
            "every identity pool": [trust(Principal=_POOLS, Action="sts:AssumeRoleWithWebIdentity")],
        },
        config=[
            ({"services": ["lambda.amazonaws.com"]}, [trust()], True),
            ({"pinned_providers": []}, [trust(Principal=_GITHUB)], False),
        ],
    ),
}
