"""A small shop in one file: no components, inline rules, old module names, dictionaries in camelCase."""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "jump": {"ec2-security-group-world-open", "ec2-security-group-admin-ports"},
    "cache-v6": {"ec2-security-group-world-open", "ec2-security-group-admin-ports"},
    "all-tcp": {"ec2-security-group-world-open", "ec2-security-group-admin-ports"},
    "halves": {"ec2-security-group-world-open"},
    "plain": {"lb-listener-https"},
    "implicit": {"lb-listener-https"},
    "old-tls": {"lb-listener-modern-tls"},
    "bare": {"lb-load-balancer-web-acl", "lb-load-balancer-only-through-cloudfront"},
    "deploy": {"iam-policy-no-admin"},
    "ops": {"iam-policy-no-privilege-escalation", "iam-policy-no-service-wildcard"},
    "everything-but": {"iam-policy-no-inverted-allow"},
    "any-key": {"iam-policy-no-decrypt-on-all-keys"},
    "open-role": {"iam-role-trust-bounded"},
    "github-any": {"iam-role-trust-bounded"},
    "open-key": {"kms-key-policy-not-public"},
    "aws-uploads": {"s3-bucket-customer-key"},
    "half-denied": {"s3-bucket-tls-only"},
    "shared": {"aws-resource-policy-not-public", "s3-bucket-tls-only"},
    "intake": {"aws-resource-policy-not-public"},
    "robot": {"iam-user-none"},
    "robot-key": {"iam-user-none"},
    "web": {"ecs-task-definition-no-secret-environment", "ecs-task-definition-hardened-containers"},
    "store": {"lb-load-balancer-zones"},
}
LATER = {"half-denied": {"s3-bucket-tls-only"}, "shared": {"aws-resource-policy-not-public", "s3-bucket-tls-only"}}


def network():
    vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
    aws.ec2.DefaultSecurityGroup("closed", vpc_id=vpc.id)
    subnets = [
        aws.ec2.Subnet(
            f"public-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24", availability_zone=f"eu-west-1{zone}"
        )
        for n, zone in enumerate("abc")
    ]
    again = aws.ec2.Subnet("public-a2", vpc_id=vpc.id, cidr_block="10.0.9.0/24", availability_zone="eu-west-1a")
    return vpc, subnets, again


def groups(vpc):
    web = aws.ec2.SecurityGroup(
        "balancer",
        vpc_id=vpc.id,
        ingress=[
            {
                "protocol": "tcp",
                "fromPort": 443,
                "toPort": 443,
                "cidrBlocks": ["0.0.0.0/0"],
                "ipv6CidrBlocks": ["::/0"],
            },
            {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["0.0.0.0/0"]},
            {"protocol": "icmp", "fromPort": -1, "toPort": -1, "cidrBlocks": ["0.0.0.0/0"]},
        ],
        egress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
    )
    app = aws.ec2.SecurityGroup("app", vpc_id=vpc.id)
    aws.ec2.SecurityGroupRule(
        "from-balancer",
        type="ingress",
        security_group_id=app.id,
        protocol="tcp",
        from_port=0,
        to_port=65535,
        source_security_group_id=web.id,
    )
    aws.ec2.SecurityGroupRule(
        "out",
        type="egress",
        security_group_id=app.id,
        protocol="-1",
        from_port=0,
        to_port=0,
        cidr_blocks=["0.0.0.0/0"],
    )
    aws.vpc.SecurityGroupIngressRule("inside", security_group_id=app.id, ip_protocol="-1", cidr_ipv4="10.0.0.0/8")
    aws.ec2.SecurityGroup(
        "jump", vpc_id=vpc.id, ingress=[{"protocol": "tcp", "fromPort": 20, "toPort": 30, "cidrBlocks": ["0.0.0.0/0"]}]
    )
    aws.vpc.SecurityGroupIngressRule(
        "cache-v6", security_group_id=app.id, ip_protocol="tcp", from_port=6379, to_port=6379, cidr_ipv6="::/0"
    )
    aws.ec2.SecurityGroupRule(
        "all-tcp",
        type="ingress",
        security_group_id=app.id,
        protocol="all",
        from_port=0,
        to_port=0,
        cidr_blocks=["10.1.0.0/16", "0.0.0.0/0"],
    )
    aws.ec2.SecurityGroup(
        "halves",
        vpc_id=vpc.id,
        ingress=[
            {
                "protocol": "tcp",
                "fromPort": 8080,
                "toPort": 8080,
                "cidrBlocks": ["0.0.0.0/1", "128.0.0.0/1"],
            }
        ],
    )
    return web, app


def balancers(vpc, subnets, again, group):
    web = aws.alb.LoadBalancer(
        "web", subnets=[s.id for s in subnets], security_groups=[group.id], drop_invalid_header_fields=True
    )
    acl = web_acl()
    aws.wafv2.WebAclAssociation("web", resource_arn=web.arn, web_acl_arn=acl.arn)
    target = aws.alb.TargetGroup("web", port=8080, protocol="HTTP", vpc_id=vpc.id, target_type="ip")
    aws.alb.Listener(
        "redirect",
        load_balancer_arn=web.arn,
        port=80,
        protocol="HTTP",
        default_actions=[
            {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
        ],
    )
    secure = aws.alb.Listener(
        "secure",
        load_balancer_arn=web.arn,
        port=443,
        protocol="HTTPS",
        ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        certificate_arn="arn:aws:acm:eu-west-1:111111111111:certificate/1",
        default_actions=[{"type": "forward", "targetGroupArn": target.arn}],
    )
    aws.lb.ListenerRule(
        "paths",
        listener_arn=secure.arn,
        actions=[{"type": "forward", "targetGroupArn": target.arn}],
        conditions=[{"pathPattern": {"values": ["/api/*"]}}],
    )
    aws.lb.Listener(
        "plain",
        load_balancer_arn=web.arn,
        port=8080,
        protocol="HTTP",
        default_actions=[{"type": "forward", "targetGroupArn": target.arn}],
    )
    aws.alb.Listener(
        "implicit",
        load_balancer_arn=web.arn,
        port=8081,
        default_actions=[{"type": "forward", "targetGroupArn": target.arn}],
    )
    aws.lb.Listener(
        "old-tls",
        load_balancer_arn=web.arn,
        port=8443,
        protocol="HTTPS",
        ssl_policy="ELBSecurityPolicy-2016-08",
        certificate_arn="arn:aws:acm:eu-west-1:111111111111:certificate/1",
        default_actions=[{"type": "forward", "targetGroupArn": target.arn}],
    )
    # Two subnets, one zone; private, so nothing else is wrong with it.
    aws.lb.LoadBalancer("store", internal=True, subnets=[subnets[0].id, again.id], drop_invalid_header_fields=True)
    aws.lb.LoadBalancer(
        "bare", subnets=[s.id for s in subnets], security_groups=[group.id], drop_invalid_header_fields=True
    )
    network = aws.lb.LoadBalancer("tcp", load_balancer_type="network", internal=True, subnets=[s.id for s in subnets])
    # A target group serves one load balancer.
    sockets = aws.lb.TargetGroup("sockets", port=5000, protocol="TCP", vpc_id=vpc.id, target_type="ip")
    aws.lb.Listener(
        "tcp",
        load_balancer_arn=network.arn,
        port=5000,
        default_actions=[{"type": "forward", "targetGroupArn": sockets.arn}],
    )


def web_acl():
    groups = ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList")
    return aws.wafv2.WebAcl(
        "regional",
        scope="REGIONAL",
        default_action={"allow": {}},
        visibility_config={"cloudwatchMetricsEnabled": True, "metricName": "web", "sampledRequestsEnabled": True},
        rules=[
            {
                "name": group,
                "priority": n,
                "overrideAction": {"none": {}},
                "statement": {"managedRuleGroupStatement": {"vendorName": "AWS", "name": f"AWSManagedRules{group}"}},
                "visibilityConfig": {
                    "cloudwatchMetricsEnabled": True,
                    "metricName": group,
                    "sampledRequestsEnabled": True,
                },
            }
            for n, group in enumerate(groups)
        ],
    )


def statement(**parts):
    return json.dumps({"Version": "2012-10-17", "Statement": parts})


def roles():
    trust = statement(Effect="Allow", Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    role = aws.iam.Role("app", assume_role_policy=trust)
    document = aws.iam.get_policy_document_output(
        statements=[
            {"actions": ["s3:GetObject", "s3:List*"], "resources": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"]},
            {"actions": ["kms:Decrypt"], "resources": ["*"], "conditions": [_via_s3()]},
            {"effect": "Deny", "notActions": ["s3:*"], "resources": ["*"]},
            {"actions": ["ec2:DescribeInstances", "cloudwatch:PutMetricData"], "resources": ["*"]},
        ]
    )
    aws.iam.RolePolicy("app", role=role.id, policy=document.json)
    everything = aws.iam.get_policy_document(statements=[{"actions": ["*"], "resources": ["*"]}])
    aws.iam.Policy("deploy", policy=everything.json)
    aws.iam.RolePolicy(
        "ops",
        role=role.id,
        policy=statement(Effect="Allow", Action="IAM:*", Resource="arn:aws:iam::111111111111:role/*"),
    )
    aws.iam.Policy("everything-but", policy=statement(Effect="Allow", NotAction="iam:*", Resource="*"))
    aws.iam.Policy("any-key", policy=statement(Effect="Allow", Action=["kms:decrypt"], Resource=["*"]))
    aws.iam.Policy(
        "pass-one",
        policy=statement(
            Effect="Allow",
            Action="iam:PassRole",
            Resource="*",
            Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
    )
    aws.iam.Role(
        "open-role", assume_role_policy=statement(Effect="Allow", Principal={"AWS": "*"}, Action="sts:AssumeRole")
    )
    aws.iam.Role("partner", assume_role_policy=_partner())
    aws.iam.Role("github-any", assume_role_policy=_github("repo:*"))
    aws.iam.Role("github-shop", assume_role_policy=_github("repo:shop/platform:ref:refs/heads/main"))
    user = aws.iam.User("robot")
    aws.iam.AccessKey("robot-key", user=user.name)


def _via_s3():
    return {"test": "StringEquals", "variable": "kms:ViaService", "values": ["s3.eu-west-1.amazonaws.com"]}


def _partner():
    return statement(
        Effect="Allow",
        Principal={"AWS": "*"},
        Action="sts:AssumeRole",
        Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
    )


def _github(subject):
    issuer = "token.actions.githubusercontent.com"
    return statement(
        Effect="Allow",
        Principal={"Federated": f"arn:aws:iam::111111111111:oidc-provider/{issuer}"},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}, "StringLike": {f"{issuer}:sub": subject}},
    )


def keys():
    aws.kms.Key(
        "open-key",
        enable_key_rotation=True,
        policy=statement(Effect="Allow", Principal="*", Action="kms:*", Resource="*"),
    )
    aws.kms.Key("signing", customer_master_key_spec="RSA_2048", key_usage="SIGN_VERIFY")
    return aws.kms.Key(
        "data",
        enable_key_rotation=True,
        policy=statement(
            Effect="Allow",
            Principal={"AWS": "arn:aws:iam::111111111111:root"},
            Action="kms:*",
            Resource="*",
        ),
    )


def bucket(name, *, key, policy):
    made = aws.s3.Bucket(name)
    blocks = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    aws.s3.BucketPublicAccessBlock(name, bucket=made.id, **dict.fromkeys(blocks, True))
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=made.id,
        rules=[
            {
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key},
                "bucketKeyEnabled": True,
            }
        ],
    )
    for part, document in enumerate(policy(made.arn)):
        aws.s3.BucketPolicy(name if not part else f"{name}-{part}", bucket=made.id, policy=document)


def denied(arn, *ends, **changes):
    def text(value):
        parts = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"{value}{end}" for end in ends],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return statement(**{**parts, **changes})

    return arn.apply(text)


def buckets(key):
    bucket("uploads", key=key.arn, policy=lambda arn: [denied(arn, "", "/*")])
    # One policy for the bucket, another for its objects.
    bucket("split", key=key.arn, policy=lambda arn: [denied(arn, ""), denied(arn, "/*", Principal={"AWS": "*"})])
    bucket("aws-uploads", key="alias/aws/s3", policy=lambda arn: [denied(arn, "", "/*")])
    bucket("half-denied", key=key.arn, policy=lambda arn: [denied(arn, "/*")])
    bucket(
        "shared",
        key=key.arn,
        policy=lambda arn: [denied(arn, "/*", Effect="Allow", Action="s3:GetObject", Condition={})],
    )


def messages(key):
    failed = aws.sqs.Queue("orders-dlq", kms_master_key_id=key.id)
    redrive = failed.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3}))
    orders = aws.sqs.Queue("orders", kms_master_key_id=key.id, redrive_policy=redrive)
    topic = aws.sns.Topic("orders", kms_master_key_id=key.id)
    aws.sqs.QueuePolicy(
        "from-topic",
        queue_url=orders.url,
        policy=pulumi.Output.all(orders.arn, topic.arn).apply(
            lambda arns: statement(
                Effect="Allow",
                Principal="*",
                Action="sqs:SendMessage",
                Resource=arns[0],
                Condition={"ArnEquals": {"aws:SourceArn": arns[1]}},
            )
        ),
    )
    aws.sqs.QueuePolicy(
        "intake",
        queue_url=failed.url,
        policy=statement(Effect="Allow", Principal={"AWS": ["*"]}, Action="SQS:*", Resource="*"),
    )


def tasks():
    aws.ecs.TaskDefinition(
        "web",
        family="web",
        container_definitions=json.dumps(
            [
                {
                    "name": "web",
                    "image": "web",
                    "user": "root",
                    "environment": [
                        {"name": "DB_PASSWORD", "value": "hunter2"},
                        {"name": "REGION", "value": "eu-west-1"},
                    ],
                    "logConfiguration": {"logDriver": "awslogs"},
                }
            ]
        ),
    )
    aws.ecs.TaskDefinition(
        "worker",
        family="worker",
        container_definitions=json.dumps(
            [
                {
                    "name": "worker",
                    "image": "worker",
                    "readonlyRootFilesystem": True,
                    "environment": [{"name": "DB_SECRET", "value": "arn:aws:secretsmanager:eu-west-1:1:secret:db"}],
                    "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:db"}],
                    "logConfiguration": {"logDriver": "awslogs"},
                }
            ]
        ),
    )


def alarms():
    aws.cloudwatch.MetricAlarm(
        "errors",
        namespace="AWS/ApplicationELB",
        metric_name="HTTPCode_Target_5XX_Count",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        statistic="Sum",
        threshold=1,
        alarm_actions=["arn:aws:sns:eu-west-1:111111111111:ops"],
    )


def program():
    alarms()
    vpc, subnets, again = network()
    web, _ = groups(vpc)
    balancers(vpc, subnets, again, web)
    roles()
    key = keys()
    buckets(key)
    messages(key)
    tasks()
