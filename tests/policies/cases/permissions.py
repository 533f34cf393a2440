"""IAM: permissions, trust, users."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, policy, res

_ROLE = "arn:aws:iam::111111111111:role/web"
_TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
_SCHEDULER = {"Service": "scheduler.amazonaws.com"}
_GITHUB = {"Federated": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}
_SUB = "token.actions.githubusercontent.com:sub"


def allow(action, resource="*", kind="policy", **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return res(f"iam/{kind}:{kind[0].upper()}{kind[1:]}", CULPRIT, {"policy": policy(statement)})


def inline(action, resource="*"):
    document = policy({"Effect": "Allow", "Action": action, "Resource": resource})
    return res("iam/role:Role", CULPRIT, {"inlinePolicies": [{"name": "more", "policy": document}]})


def trust(**changes):
    return res("iam/role:Role", CULPRIT, {"assumeRolePolicy": policy(edit(_TRUST, changes))})


def under(principal, operator, key, value):
    return trust(Principal=principal, Condition={operator: {key: value}})


def task(task_role, execution_role, **options):
    return res(
        "ecs/taskDefinition:TaskDefinition",
        CULPRIT,
        {"taskRoleArn": task_role, "executionRoleArn": execution_role},
        **options,
    )


def bounds(policies, **more):
    """Roles that have the policy as their permissions boundary, and whatever it is attached by."""
    role = res("iam/role:Role", "bounded", {"permissionsBoundary": UNKNOWN}, refers={"permissionsBoundary": policies})
    given = [
        res(f"iam/{kind}:{kind[:1].upper()}{kind[1:]}", "given", {path: UNKNOWN}, refers={path: policies})
        for kind, path in more.items()
    ]
    return [*policies, role, *given]


_WEB, _AGENT = res("iam/role:Role", "web"), res("iam/role:Role", "agent")

CASES = {
    "iam-policy-no-privilege-escalation": Cases(
        good={
            "one role": [allow("iam:PassRole", _ROLE)],
            "to one service": [
                allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
            ],
            "reading": [allow(["iam:Get*", "iam:List*"])],
            "full access, the finding of another rule": [allow("*")],
            "from outputs": [res("iam/policy:Policy", CULPRIT, {"policy": UNKNOWN})],
            "a permissions boundary": bounds([allow("iam:PassRole")]),
            "perhaps a permissions boundary": [
                allow("iam:PassRole"),
                res("iam/role:Role", "bounded", {"permissionsBoundary": UNKNOWN}),
            ],
        },
        bad={
            "pass any role": [allow("iam:PassRole")],
            "in one Region": [allow("iam:PassRole", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})],
            "a boundary that is attached as well": bounds([allow("iam:PassRole")], rolePolicyAttachment="policyArn"),
            "a boundary of one role, given to another": bounds([allow("iam:PassRole")], role="managedPolicyArns"),
            "a boundary, attached exclusively": bounds(
                [allow("iam:PassRole")], rolePolicyAttachmentsExclusive="policyArns"
            ),
            "any role of the account": [allow("iam:passrole", "arn:aws:iam::111111111111:role/*")],
            "attach": [allow(["s3:GetObject", "iam:Attach*"], kind="rolePolicy")],
            "new version, inline": [inline("iam:CreatePolicyVersion")],
        },
    ),
    "iam-policy-scoped-resources": Cases(
        good={
            "one table": [allow("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111111111111:table/orders")],
            "cannot be bounded": [allow(["ec2:DescribeSubnets", "ecr:GetAuthorizationToken", "xray:PutTraceSegments"])],
            "under a condition": [allow("s3:GetObject", Condition={"StringEquals": {"aws:ResourceTag/tier": "web"}})],
            "a whole service, the finding of another rule": [allow("s3:*")],
        },
        bad={
            "every object": [allow(["s3:ListAllMyBuckets", "s3:Get*"])],
            "every secret": [inline("secretsmanager:GetSecretValue", ["*"])],
        },
        config=[({"actions": ["es:ESHttpGet"]}, [allow("es:ESHttp*")], True)],
    ),
    "iam-policy-no-decrypt-on-all-keys": Cases(
        good={
            "one key": [allow("kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/0f5a")],
            "by one service": [
                allow("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})
            ],
            "not decrypting": [allow("kms:DescribeKey")],
        },
        bad={
            "every key": [allow(["kms:Encrypt", "kms:Decrypt"])],
            "every key of the account": [allow("kms:*", "arn:aws:kms:*:111111111111:key/*", kind="rolePolicy")],
            "inline": [inline("kms:ReEncrypt*")],
        },
    ),
    "iam-policy-no-inverted-allow": Cases(
        good={
            "denied": [
                res(
                    "iam/policy:Policy",
                    CULPRIT,
                    {"policy": policy({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})},
                )
            ],
            "named": [allow("s3:GetObject", "arn:aws:s3:::media/*")],
            "trust": [trust()],
        },
        bad={
            "all but": [
                res(
                    "iam/policy:Policy",
                    CULPRIT,
                    {"policy": policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})},
                )
            ],
            "all resources but": [
                res(
                    "iam/rolePolicy:RolePolicy",
                    CULPRIT,
                    {
                        "policy": policy(
                            {"Effect": "allow", "Action": "s3:GetObject", "NotResource": ["arn:aws:s3:::a"]}
                        )
                    },
                )
            ],
            "everybody but": [
                res(
                    "iam/role:Role",
                    CULPRIT,
                    {
                        "assumeRolePolicy": policy(
                            {"Effect": "Allow", "NotPrincipal": {"AWS": _ROLE}, "Action": "sts:AssumeRole"}
                        )
                    },
                )
            ],
        },
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
        },
        bad={
            "everybody": [trust(Principal="*")],
            "every account": [trust(Principal={"AWS": ["*"]})],
            "schedules of anybody": [trust(Principal=_SCHEDULER)],
            "every repository": [trust(Principal=_GITHUB)],
            "every repository, spelled": [under(_GITHUB, "StringLike", _SUB, ["repo:*"])],
            "audience alone": [
                under(_GITHUB, "StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com")
            ],
        },
        config=[
            ({"services": ["lambda.amazonaws.com"]}, [trust()], True),
            ({"pinned_providers": []}, [trust(Principal=_GITHUB)], False),
        ],
    ),
    "iam-user-none": Cases(
        good={"a role": [trust()]},
        bad={
            "a user": [res("iam/user:User", CULPRIT, {"name": "deployer"})],
            "a key": [res("iam/accessKey:AccessKey", CULPRIT, {"user": UNKNOWN})],
            "a console password": [res("iam/userLoginProfile:UserLoginProfile", CULPRIT, {"user": "anna"})],
        },
    ),
    "ecs-task-definition-separate-roles": Cases(
        good={
            "two roles": [task(_ROLE, "arn:aws:iam::111111111111:role/agent")],
            "no task role": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"executionRoleArn": _ROLE})],
            "two roles of the stack": [
                _WEB,
                _AGENT,
                task(UNKNOWN, UNKNOWN, refers={"taskRoleArn": [_WEB], "executionRoleArn": [_AGENT]}),
            ],
            "not known": [task(UNKNOWN, UNKNOWN)],
        },
        bad={
            "one ARN": [task(_ROLE, _ROLE)],
            "one role of the stack": [
                _WEB,
                task(UNKNOWN, UNKNOWN, refers={"taskRoleArn": [_WEB], "executionRoleArn": [_WEB]}),
            ],
        },
    ),
}
