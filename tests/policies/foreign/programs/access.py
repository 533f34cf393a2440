"""The account's access in one program: trust, permissions, boundaries, keys, policies of resources, secrets."""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "anyone": {"iam-role-trust-bounded"},
    "anyone-listed": {"iam-role-trust-bounded"},
    "builds-of-anyone": {"iam-role-trust-bounded"},
    "builds-by-wildcard": {"iam-role-trust-bounded"},
    "all-but-one": {"iam-policy-no-inverted-allow"},
    "everything": {"iam-policy-no-admin"},
    "everything-spelled-out": {"iam-policy-no-admin"},
    "everything-among-others": {"iam-policy-no-admin", "iam-policy-scoped-resources"},
    "everything-by-arn": {"iam-policy-no-admin"},
    "all-but-iam": {"iam-policy-no-inverted-allow"},
    "one-service": {"iam-policy-no-service-wildcard"},
    "one-service-capitals": {"iam-policy-no-service-wildcard"},
    "rendered": {"iam-policy-no-service-wildcard"},
    "pass": {"iam-policy-no-privilege-escalation"},
    "pass-in-region": {"iam-policy-no-privilege-escalation"},
    "attach": {"iam-policy-no-privilege-escalation"},
    "decrypt": {"iam-policy-no-decrypt-on-all-keys"},
    "decrypt-any-account": {"iam-policy-no-decrypt-on-all-keys"},
    "items": {"iam-policy-scoped-resources"},
    "items-over-tls": {"iam-policy-scoped-resources"},
    "messages": {"iam-policy-scoped-resources"},
    "inline": {"iam-policy-no-admin"},
    "managed": {"iam-role-no-broad-managed-policy"},
    "exclusive": {"iam-role-no-broad-managed-policy"},
    "attached": {"iam-policy-scoped-resources"},
    "doubtful-boundary": {"iam-policy-no-service-wildcard"},
    "operators": {"iam-policy-no-admin"},
    "ci": {"iam-user-none"},
    "ci-key": {"iam-user-none"},
    "q-anyone": {"aws-resource-policy-not-public"},
    "q-all-addresses": {"aws-resource-policy-not-public"},
    "q-any-arn": {"aws-resource-policy-not-public"},
    "q-not-inside": {"aws-resource-policy-not-public"},
    "q-over-tls": {"aws-resource-policy-not-public"},
    "q-if-it-exists": {"aws-resource-policy-not-public"},
    "secret-for-all": {"aws-resource-policy-not-public", "secretsmanager-secret-policy-block-public"},
    "images-for-all": {"aws-resource-policy-not-public"},
    "bus-for-all": {"aws-resource-policy-not-public"},
    "put-by-all": {"aws-resource-policy-not-public"},
    "s3-of-anyone": {"lambda-permission-bounded"},
    "key-for-all": {"kms-key-policy-not-public"},
    "key-for-callers-of-s3": {"kms-key-policy-not-public"},
    "policy-of-split": {"kms-key-policy-not-public"},
    "never-rotated": {"kms-key-rotation"},
    "rotation-off": {"kms-key-rotation"},
    "worker": {"lambda-function-no-secret-environment"},
    "uploader": {"lambda-function-no-secret-environment"},
    "db-password": {"ssm-parameter-secure"},
}

LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}
GITHUB = "token.actions.githubusercontent.com"
QUEUE = "arn:aws:sqs:eu-west-1:111111111111:orders"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(name, principal, condition=None, *, action="sts:AssumeRole", member="Principal"):
    statement = {"Effect": "Allow", member: principal, "Action": action}
    return aws.iam.Role(
        name, assume_role_policy=document({**statement, **({"Condition": condition} if condition else {})})
    )


def trusts():
    trust("anyone", "*")
    trust("anyone-listed", {"AWS": ["*"]})
    trust("organisation", {"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}})
    trust("partner", {"AWS": "arn:aws:iam::999988887777:root"}, {"StringEquals": {"sts:ExternalId": "shop-1"}})
    trust("all-but-one", {"AWS": "arn:aws:iam::111111111111:role/guest"}, member="NotPrincipal")
    builds = {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{GITHUB}"}
    by_web = {"action": "sts:AssumeRoleWithWebIdentity"}
    ours = {f"{GITHUB}:aud": "sts.amazonaws.com"}
    trust("builds-of-anyone", builds, {"StringEquals": ours}, **by_web)
    trust("builds-by-wildcard", builds, {"StringLike": {f"{GITHUB}:sub": "*"}}, **by_web)
    trust("builds", builds, {"StringLike": {f"{GITHUB}:sub": "repo:acme/shop:*"}, "StringEquals": ours}, **by_web)


def permissions(role):
    over_tls = {"Bool": {"aws:SecureTransport": "true"}}
    one_role = "arn:aws:iam::111111111111:role/task"
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    given = {
        "everything": allow("*"),
        "everything-spelled-out": allow("*:*"),
        "everything-among-others": allow(["s3:GetObject", "*"], ["*"]),
        "everything-by-arn": allow("*", "arn:aws:*"),
        "nothing": {"Effect": "Deny", "Action": "*", "Resource": "*"},
        "all-but-iam": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        "without-mfa": {
            "Effect": "Deny",
            "NotAction": ["iam:GetUser"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        },
        "one-service": allow("s3:*", "arn:aws:s3:::uploads/*"),
        "one-service-capitals": allow("DynamoDB:*"),
        "verbs": allow("s3:Get*", "arn:aws:s3:::uploads/*"),
        "pass": allow("iam:PassRole"),
        "pass-in-region": allow("iam:PassRole", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        "pass-one": allow("iam:PassRole", one_role, Condition=to_tasks),
        "attach": allow(["iam:AttachRolePolicy", "iam:PutRolePolicy"]),
        "decrypt": allow("kms:Decrypt"),
        "decrypt-any-account": allow("kms:Decrypt", "arn:aws:kms:*:*:key/*"),
        "decrypt-one": allow("kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/0f5a"),
        "decrypt-alias": allow(
            "kms:Decrypt", Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/shop"}}
        ),
        "items": allow(["dynamodb:GetItem", "dynamodb:PutItem"]),
        "items-over-tls": allow("dynamodb:GetItem", Condition=over_tls),
        "messages": allow("sqs:SendMessage", "arn:aws:sqs:*:*:*"),
        "pull": allow("ecr:GetAuthorizationToken"),
        "trace": allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"]),
        "interfaces": allow(["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces"]),
        "shells": allow(["ssmmessages:CreateControlChannel", "ssmmessages:OpenDataChannel"]),
        "tagged": allow("ec2:StartInstances", Condition={"StringEquals": {"aws:ResourceTag/app": "shop"}}),
    }
    for name, statement in given.items():
        aws.iam.RolePolicy(name, role=role.id, policy=document(statement))
    rendered = aws.iam.get_policy_document_output(
        statements=[aws.iam.GetPolicyDocumentStatementArgs(actions=["dynamodb:*"], resources=["*"])]
    )
    aws.iam.RolePolicy("rendered", role=role.id, policy=rendered.json)


def attachments(role):
    trusted = document(LAMBDA)
    aws.iam.Role(
        "inline", assume_role_policy=trusted, inline_policies=[{"name": "all", "policy": document(allow("*"))}]
    )
    aws.iam.Role(
        "managed", assume_role_policy=trusted, managed_policy_arns=[aws.iam.ManagedPolicy.ADMINISTRATOR_ACCESS]
    )
    basic = aws.iam.ManagedPolicy.AWS_LAMBDA_BASIC_EXECUTION_ROLE
    aws.iam.Role("basic", assume_role_policy=trusted, managed_policy_arns=[basic])
    aws.iam.RolePolicyAttachmentsExclusive(
        "exclusive", role_name=role.name, policy_arns=["arn:aws:iam::aws:policy/PowerUserAccess"]
    )
    attached = aws.iam.Policy("attached", policy=document(allow("s3:GetObject")))
    aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn=attached.arn)
    # What a boundary allows is given to nobody by it.
    wide = document(allow(["s3:*", "dynamodb:*"]), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    boundary = aws.iam.Policy("boundary", policy=wide)
    aws.iam.Role("bounded", assume_role_policy=trusted, permissions_boundary=boundary.arn)
    doubtful = aws.iam.Policy("doubtful-boundary", policy=wide)
    aws.iam.Role("bounded-too", assume_role_policy=trusted, permissions_boundary=doubtful.arn)
    aws.iam.RolePolicyAttachment("given-too", role=role.name, policy_arn=doubtful.arn)
    operators = aws.iam.Group("operators")
    aws.iam.GroupPolicy("operators", group=operators.name, policy=document(allow("*")))
    ci = aws.iam.User("ci")
    aws.iam.AccessKey("ci-key", user=ci.name)


def queue_policies():
    conditions = {
        "q-anyone": None,
        "q-all-addresses": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        "q-office": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
        "q-not-inside": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        "q-topic": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111111111111:orders"}},
        "q-account": {"StringEquals": {"aws:SourceAccount": "111111111111"}},
        "q-any-arn": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}},
        "q-over-tls": {"Bool": {"aws:SecureTransport": "true"}},
        "q-if-it-exists": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3"}},
        "q-organisation": {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3"]}},
        "q-endpoint": {"StringEquals": {"aws:sourceVpce": "vpce-0a1b"}},
    }
    for name, condition in conditions.items():
        queue = aws.sqs.Queue(f"{name}-queue", sqs_managed_sse_enabled=True)
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": QUEUE}
        bounded = {**statement, **({"Condition": condition} if condition else {})}
        aws.sqs.QueuePolicy(name, queue_url=queue.id, policy=document(bounded))


def resource_policies():
    everyone = {"Effect": "Allow", "Principal": "*"}
    read = {**everyone, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    aws.secretsmanager.SecretPolicy("secret-for-all", secret_arn="arn:secret", policy=document(read))
    pull = {**everyone, "Action": ["ecr:BatchGetImage"]}
    aws.ecr.RepositoryPolicy("images-for-all", repository="shop", policy=document(pull))
    put = {**everyone, "Action": "events:PutEvents", "Resource": "*"}
    aws.cloudwatch.EventBusPolicy("bus-for-all", policy=document(put))
    aws.cloudwatch.EventPermission("put-by-all", principal="*", statement_id="all")
    inside = {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-a1b2c3"}
    aws.cloudwatch.EventPermission("put-by-ours", principal="*", statement_id="ours", condition=inside)
    invoke = {"action": "lambda:InvokeFunction", "function": "thumbnails"}
    aws.lambda_.Permission("s3-of-anyone", principal="s3.amazonaws.com", **invoke)
    ours = {"source_arn": "arn:aws:s3:::uploads", "source_account": "111111111111"}
    aws.lambda_.Permission("s3-of-ours", principal="s3.amazonaws.com", **ours, **invoke)
    aws.lambda_.Permission("organisation-invokes", principal="*", principal_org_id="o-a1b2c3", **invoke)


def keys():
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    through_s3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
    callers = {"StringEquals": through_s3}
    own_callers = {"StringEquals": {"kms:CallerAccount": "111111111111", **through_s3}}
    logs = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.eu-west-1.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111111111111:*"}},
    }
    policies = {
        "key-for-all": anyone,
        "key-for-callers-of-s3": {**anyone, "Condition": callers},
        "key-for-own-callers-of-s3": {**anyone, "Condition": own_callers},
        "key-for-logs": logs,
    }
    for name, statement in policies.items():
        aws.kms.Key(name, enable_key_rotation=True, policy=document(ROOT, statement))
    split = aws.kms.Key("split", enable_key_rotation="true")
    aws.kms.KeyPolicy(
        "policy-of-split", key_id=split.id, policy=document(ROOT, {**anyone, "Principal": "*", "Action": "kms:*"})
    )
    aws.kms.Key("never-rotated", description="of the first days")
    aws.kms.Key("rotation-off", enable_key_rotation=False, customer_master_key_spec="SYMMETRIC_DEFAULT")
    aws.kms.Key("mac", key_usage="GENERATE_VERIFY_MAC", customer_master_key_spec="HMAC_256")
    aws.kms.Key("signing", key_usage="SIGN_VERIFY", customer_master_key_spec="RSA_2048")


def secrets(role):
    code = {"role": role.arn, "runtime": "python3.13", "handler": "main.handler"}
    plain = {"DB_PASSWORD": "correct-horse-battery"}
    aws.lambda_.Function("worker", environment={"variables": plain}, **code)
    aws.lambda_.Function("uploader", environment={"variables": {"AWS_ID": "AKIAIOSFODNN7EXAMPLE"}}, **code)
    named = {
        "DB_PASSWORD_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db",
        "TOKEN_URL": "https://login.example.com/token",
        "PASSWORD_MIN_LENGTH": "12",
        "API_KEY_PARAMETER": "/shop/api-key",
    }
    aws.lambda_.Function("reader", environment={"variables": named}, **code)
    aws.ssm.Parameter("db-password", type="String", name="/shop/db/password", value="correct-horse-battery")
    aws.ssm.Parameter("db-host", type="String", name="/shop/db/host", value="db.internal")
    hidden = pulumi.Output.secret("correct-horse-battery")
    aws.ssm.Parameter("db-password-kept", type="SecureString", name="/shop/db/password", value=hidden, key_id="shop")


def program():
    role = aws.iam.Role("workers", assume_role_policy=document(LAMBDA))
    trusts()
    permissions(role)
    attachments(role)
    queue_policies()
    resource_policies()
    keys()
    secrets(role)
