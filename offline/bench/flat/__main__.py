"""43 services of 30 resources each, of types that the store uses, and clean under the policies of production."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

KEPT = pulumi.ResourceOptions(protect=True)


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tls_only(action: str, *resources: str) -> str:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return document(Effect="Deny", Principal="*", Action=action, Resource=resources, Condition=condition)


def service(name: str, vpc: aws.ec2.Vpc) -> None:
    key = aws.kms.Key(
        name, description=f"data of {name}", enable_key_rotation=True, deletion_window_in_days=30, opts=KEPT
    )
    aws.kms.Alias(name, target_key_id=key.key_id)
    storage(name, key)
    dead, topic = messages(name, key)
    table = aws.dynamodb.Table(
        name,
        hash_key="id",
        billing_mode="PAY_PER_REQUEST",
        attributes=[{"name": "id", "type": "S"}],
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
        deletion_protection_enabled=True,
        opts=KEPT,
    )
    trust = document(Effect="Allow", Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    role = aws.iam.Role(name, assume_role_policy=trust)
    read = table.arn.apply(lambda arn: document(Effect="Allow", Action="dynamodb:GetItem", Resource=arn))
    aws.iam.RolePolicy(name, role=role.id, policy=read)
    logs = aws.cloudwatch.LogGroup(name, name=name, retention_in_days=365, kms_key_id=key.arn)
    function(name, key, role, logs, dead)
    task(name, role)
    group = aws.ec2.SecurityGroup(name, vpc_id=vpc.id, description=f"members of {name}")
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=8080,
        to_port=8080,
        referenced_security_group_id=group.id,
        description="each other",
    )
    aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_ipv4="10.0.0.0/16",
        description="endpoints",
    )
    aws.cloudwatch.MetricAlarm(
        name,
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=1,
        metric_name="Errors",
        namespace="AWS/Lambda",
        period=60,
        statistic="Sum",
        alarm_actions=[topic.arn],
    )
    aws.ssm.Parameter(name, type="SecureString", key_id=key.arn, value="made up")
    aws.secretsmanager.Secret(name, kms_key_id=key.arn)


def storage(name: str, key: aws.kms.Key) -> None:
    bucket = aws.s3.Bucket(name, opts=KEPT)
    aws.s3.BucketVersioning(name, bucket=bucket.id, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": key.arn,
                },
                "bucket_key_enabled": True,
            }
        ],
    )
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.id,
        rules=[
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": 30},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            }
        ],
    )
    policy = bucket.arn.apply(lambda arn: tls_only("s3:*", arn, f"{arn}/*"))
    aws.s3.BucketPolicy(name, bucket=bucket.id, policy=policy)


def messages(name: str, key: aws.kms.Key) -> tuple[aws.sqs.Queue, aws.sns.Topic]:
    dead = aws.sqs.Queue(f"{name}-dead", kms_master_key_id=key.arn)
    redrive = dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5}))
    queue = aws.sqs.Queue(name, kms_master_key_id=key.arn, redrive_policy=redrive)
    for label, owner in ((f"{name}-dead", dead), (name, queue)):
        aws.sqs.QueuePolicy(label, queue_url=owner.url, policy=owner.arn.apply(lambda arn: tls_only("sqs:*", arn)))
    topic = aws.sns.Topic(name, kms_master_key_id=key.id)
    aws.sns.TopicPolicy(name, arn=topic.arn, policy=topic.arn.apply(lambda arn: tls_only("sns:Publish", arn)))
    aws.sns.TopicSubscription(name, topic=topic.arn, protocol="sqs", endpoint=queue.arn)
    return dead, topic


def function(
    name: str, key: aws.kms.Key, role: aws.iam.Role, logs: aws.cloudwatch.LogGroup, dead: aws.sqs.Queue
) -> None:
    code = aws.lambda_.Function(
        name,
        role=role.arn,
        runtime="python3.13",
        handler="main.handler",
        s3_bucket="code",
        s3_key=name,
        kms_key_arn=key.arn,
        environment={"variables": {"LEVEL": "info"}},
        logging_config={"log_format": "JSON", "log_group": logs.name},
        dead_letter_config={"target_arn": dead.arn},
    )
    rule = aws.cloudwatch.EventRule(name, schedule_expression="rate(1 hour)")
    aws.cloudwatch.EventTarget(name, rule=rule.name, arn=code.arn, dead_letter_config={"arn": dead.arn})
    aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=code.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
    )


def task(name: str, role: aws.iam.Role) -> None:
    container = {
        "name": "main",
        "image": f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/{name}:1",
        "essential": True,
        "readonlyRootFilesystem": True,
        "user": "1000",
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": name, "awslogs-region": "eu-west-1"}},
    }
    aws.ecs.TaskDefinition(
        name,
        family=name,
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        execution_role_arn=role.arn,
        container_definitions=json.dumps([container]),
    )


network = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
aws.ec2.DefaultSecurityGroup("vpc", vpc_id=network.id)
aws.ec2.FlowLog(
    "vpc",
    vpc_id=network.id,
    traffic_type="ALL",
    log_destination_type="s3",
    log_destination="arn:aws:s3:::flow-logs",
)
for number in range(43):
    service(f"service-{number}", network)
