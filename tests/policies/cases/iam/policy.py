"""IAM: what permission policies allow."""

from tests.policies.cases.helpers.roles import trust
from tests.policies.support import CULPRIT, UNKNOWN, Cases, in_kinds, of_kind, policy, res


def document(action="s3:GetObject", resource="arn:aws:s3:::media/*"):
    return policy({"Effect": "Allow", "Action": action, "Resource": resource})


def iam(document, kind="policy"):
    return res(f"iam/{kind}:{kind[0].upper()}{kind[1:]}", CULPRIT, {"policy": document})


_PERMISSIONS = ("iam/groupPolicy", "iam/userPolicy", "iam/rolePolicy")


def allowing(action):
    return {"policy": policy({"Effect": "Allow", "Action": action, "Resource": "*"})}


def role(action, resource="*"):
    document = policy({"Effect": "Allow", "Action": action, "Resource": resource})
    return [of_kind("iam/role", {"inlinePolicies": [{"name": "a", "policy": document}]})]


_ROLE = "arn:aws:iam::111111111111:role/web"


def allow(action, resource="*", kind="policy", **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return res(f"iam/{kind}:{kind[0].upper()}{kind[1:]}", CULPRIT, {"policy": policy(statement)})


def inline(action, resource="*"):
    document = policy({"Effect": "Allow", "Action": action, "Resource": resource})
    return res("iam/role:Role", CULPRIT, {"inlinePolicies": [{"name": "more", "policy": document}]})


def bounds(policies, **more):
    """Roles with the policy as their permissions boundary, and its attachments."""
    role = res("iam/role:Role", "bounded", {"permissionsBoundary": UNKNOWN}, refers={"permissionsBoundary": policies})
    given = [
        res(f"iam/{kind}:{kind[:1].upper()}{kind[1:]}", "given", {path: UNKNOWN}, refers={path: policies})
        for kind, path in more.items()
    ]
    return [*policies, role, *given]


CASES = {
    "iam-policy-no-admin": Cases(
        good={
            "scoped": [iam(document())],
            "everything denied": [iam(policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))],
            "from outputs": [iam(UNKNOWN)],
        },
        bad={
            "Action * on Resource *": [iam(document("*", "*"))],
            "as an object, a list": [iam({"Statement": {"Effect": "allow", "Action": ["*:*"], "Resource": ["*"]}})],
            "inline policy of a role": [
                res("iam/role:Role", CULPRIT, {"inlinePolicies": [{"name": "all", "policy": document("*", "*")}]})
            ],
            "role policy": [iam(document("*", "*"), "rolePolicy")],
            "every ARN": [iam(document("*", "arn:aws:*"))],
            **in_kinds(allowing("*"), *_PERMISSIONS[:2]),
        },
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
            **in_kinds(allowing("kms:Decrypt"), *_PERMISSIONS[:2]),
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
            "NotAction": [
                res(
                    "iam/policy:Policy",
                    CULPRIT,
                    {"policy": policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})},
                )
            ],
            "NotResource": [
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
            "NotPrincipal": [
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
            **in_kinds(
                {"policy": policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})}, *_PERMISSIONS[:2]
            ),
        },
    ),
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
            "possibly a permissions boundary": [
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
            **in_kinds(allowing("iam:PutRolePolicy"), *_PERMISSIONS[:2]),
        },
    ),
    "iam-policy-no-service-wildcard": Cases(
        good={
            "actions": [iam(document(["s3:Get*", "s3:PutObject"]))],
            "denied": [inline({"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})],
        },
        bad={
            "all actions of a service": [iam(document(["s3:GetObject", "dynamodb:*"]))],
            **in_kinds(allowing("s3:*"), *_PERMISSIONS),
            "in a role": role("s3:*"),
            "everything on one bucket": [allow("*", "arn:aws:s3:::media/*")],
            "capitals": [allow("S3:*", "arn:aws:s3:::media/*")],
        },
    ),
    "iam-policy-scoped-resources": Cases(
        good={
            "one table": [allow("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111111111111:table/orders")],
            "guards of what has a tag": [
                allow("wafv2:DisassociateWebACL", Condition={"StringEquals": {"aws:ResourceTag/tier": "web"}})
            ],
            "cannot be bounded": [allow(["ec2:DescribeSubnets", "ecr:GetAuthorizationToken", "xray:PutTraceSegments"])],
            "under a condition": [allow("s3:GetObject", Condition={"StringEquals": {"aws:ResourceTag/tier": "web"}})],
            "a whole service, the finding of another rule": [allow("s3:*")],
            "one bucket": [allow("s3:GetObject", "arn:aws:s3:::media/*")],
            "versions of one function": [
                allow("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:function:orders:*")
            ],
            "names that begin alike": [allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:orders-*")],
        },
        bad={
            "every object": [allow(["s3:ListAllMyBuckets", "s3:Get*"])],
            "every secret": [inline("secretsmanager:GetSecretValue", ["*"])],
            **in_kinds(allowing("s3:GetObject"), *_PERMISSIONS),
            "every bucket": [allow("s3:GetObject", "arn:aws:s3:::*/*")],
            "every table": [allow("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/*")],
            "a guard is taken off": [allow("elasticloadbalancing:SetWebAcl")],
            "every key may be deleted": [allow("kms:Schedule*")],
            "every queue of the account": [allow("SQS:sendMessage", "arn:aws:sqs:eu-west-1:1:*")],
        },
        config=[
            ({"actions": ["es:ESHttpGet"]}, [allow("es:ESHttp*")], True),
        ],
    ),
}
