"""An older program: V2 tokens and inline blocks of S3, Elasticsearch, imports, policies in several pieces."""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "v2-plain": {"s3-bucket-customer-key", "s3-bucket-tls-only", "s3-bucket-public-access-block"},
    "v2-website": {"s3-bucket-no-acl"},
    "v2-half": {"s3-bucket-public-access-block"},
    "v2-acl": {"s3-bucket-no-acl"},
    "owner-preferred": {"s3-bucket-no-acl"},
    "grants": {"s3-bucket-no-acl"},
    "inline-open": {"aws-resource-policy-not-public"},
    "old-search": {
        "opensearch-domain-encryption-at-rest",
        "opensearch-domain-https",
        "opensearch-domain-in-vpc",
        "opensearch-domain-node-to-node-encryption",
        "opensearch-domain-fine-grained-access",
        "opensearch-domain-multi-az",
    },
    "images": {"aws-resource-policy-not-public", "ecr-repository-immutable-scanned"},
    "gone": {"aws-resource-no-force-destroy"},
    "imported": {"kms-key-deletion-guarded"},
    "default": {"ec2-vpc-no-default-network"},
    "layer": {"aws-resource-policy-not-public"},
    "admin-by-name": {"iam-role-no-broad-managed-policy"},
    "admin-inline": {"iam-policy-no-admin"},
    "world-list": {"ec2-security-group-world-open"},
    "secret-policy": {"secretsmanager-secret-policy-block-public", "aws-resource-policy-not-public"},
    "service": {"ecs-service-no-public-address", "ecs-service-multi-az"},
}
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"
SSE = [
    {
        "rules": [
            {
                "applyServerSideEncryptionByDefaults": [{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}],
                "bucketKeyEnabled": True,
            }
        ]
    }
]
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def denied(name):
    return json.dumps(
        {
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "*",
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:securetransport": "false"}},
            }
        }
    )


def guard(name, bucket, **changes):
    aws.s3.BucketPublicAccessBlock(name, bucket=bucket.id, **{**dict.fromkeys(BLOCKS, True), **changes})


def buckets():
    sound = aws.s3.BucketV2(
        "v2-sound",
        bucket="v2-sound",
        server_side_encryption_configurations=SSE,
        versionings=[{"enabled": True}],
        policy=denied("v2-sound"),
    )
    guard("v2-sound", sound)
    apart = aws.s3.BucketV2("v2-apart", bucket="v2-apart")
    guard("v2-apart", apart)
    aws.s3.BucketServerSideEncryptionConfigurationV2(
        "v2-apart",
        bucket="v2-apart",
        rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}],
    )
    aws.s3.BucketVersioningV2("v2-apart", bucket="v2-apart", versioning_configuration={"status": "Enabled"})
    aws.s3.BucketPolicy("v2-apart", bucket=apart.id, policy=denied("v2-apart"))
    aws.s3.BucketV2("v2-plain", bucket="v2-plain", versionings=[{"enabled": True}])
    site = aws.s3.BucketV2(
        "v2-website",
        bucket="v2-website",
        server_side_encryption_configurations=SSE,
        websites=[{"indexDocument": "index.html"}],
        policy=denied("v2-website"),
    )
    guard("v2-website", site)
    half = aws.s3.Bucket(
        "half",
        bucket="half",
        server_side_encryption_configuration={
            "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms:dsse", "kmsMasterKeyId": KEY}}
        },
        policy=denied("half"),
    )
    guard("v2-half", half, restrict_public_buckets=False)
    aws.s3.BucketAclV2("v2-acl", bucket=half.id, acl="public-read")
    aws.s3.BucketOwnershipControls("owner-preferred", bucket=half.id, rule={"objectOwnership": "BucketOwnerPreferred"})
    everybody = "http://acs.amazonaws.com/groups/global/AllUsers"
    aws.s3.BucketAcl(
        "grants",
        bucket=half.id,
        access_control_policy={
            "owner": {"id": "abc"},
            "grants": [{"grantee": {"type": "Group", "uri": everybody}, "permission": "READ"}],
        },
    )
    opened = json.loads(denied("inline-open"))
    public = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::inline-open/*",
    }
    inline = aws.s3.Bucket(
        "inline-open",
        bucket="inline-open",
        server_side_encryption_configuration={
            "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}
        },
        policy=json.dumps({"Statement": [opened["Statement"], public]}),
    )
    guard("inline-open", inline)
    # Balancers and S3 itself write logs here, under keys of S3's only.
    logs = aws.s3.Bucket("logs", bucket="access-logs", force_destroy=False, policy=denied("access-logs"))
    guard("logs", logs)
    aws.s3.BucketLoggingV2("v2-apart", bucket=apart.id, target_bucket=logs.id, target_prefix="s3/")
    aws.s3.Bucket(
        "gone",
        bucket="gone",
        force_destroy=True,
        policy=denied("gone"),
        server_side_encryption_configuration={
            "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}
        },
    )
    aws.s3.BucketPublicAccessBlock("gone", bucket="gone", **dict.fromkeys(BLOCKS, True))


def statement(**parts):
    return json.dumps({"Version": "2012-10-17", "Statement": [parts]})


def permissions():
    trust = statement(Effect="Allow", Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    role = aws.iam.Role("app", assume_role_policy=trust)
    aws.iam.RolePolicyAttachment(
        "basic", role=role.name, policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    )
    aws.iam.PolicyAttachment("admin-by-name", roles=[role.name], policy_arn="arn:aws:iam::aws:policy/PowerUserAccess")
    aws.iam.Role(
        "admin-inline",
        assume_role_policy=trust,
        inline_policies=[
            {"name": "fine", "policy": statement(Effect="Allow", Action="s3:GetObject", Resource="arn:aws:s3:::a/*")},
            {"name": "all", "policy": statement(Effect="Allow", Action=["*"], Resource=["*"])},
        ],
    )
    aws.iam.Policy("guardrail", policy=statement(Effect="Deny", NotAction=["iam:*"], Resource="*"))
    repository = aws.ecr.Repository("images", image_tag_mutability="MUTABLE")
    aws.ecr.RepositoryPolicy(
        "images",
        repository=repository.name,
        policy=statement(Effect="Allow", Principal="*", Action="ecr:BatchGetImage"),
    )
    partner = statement(Effect="Allow", Principal={"AWS": "222222222222"}, Action="ecr:BatchGetImage")
    fixed = aws.ecr.Repository(
        "tools", image_tag_mutability="IMMUTABLE", image_scanning_configuration={"scanOnPush": True}
    )
    aws.ecr.RepositoryPolicy("tools", repository=fixed.name, policy=partner)
    aws.lambda_.LayerVersionPermission(
        "layer", layer_name="shared", version_number=1, principal="*", action="lambda:GetLayerVersion", statement_id="a"
    )
    secret = aws.secretsmanager.Secret("third-party", kms_key_id=KEY)
    aws.secretsmanager.SecretPolicy(
        "secret-policy",
        secret_arn=secret.arn,
        policy=statement(Effect="Allow", Principal="*", Action="secretsmanager:GetSecretValue", Resource="*"),
    )
    aws.secretsmanager.SecretPolicy(
        "secret-policy-own",
        secret_arn=secret.arn,
        block_public_policy=True,
        policy=statement(
            Effect="Allow",
            Principal="*",
            Action="secretsmanager:GetSecretValue",
            Resource="*",
            Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
        ),
    )


def rest():
    aws.elasticsearch.Domain("old-search", elasticsearch_version="7.10", cluster_config={"instanceCount": 1})
    aws.kms.Key(
        "imported",
        enable_key_rotation=True,
        deletion_window_in_days=7,
        opts=pulumi.ResourceOptions(import_="1f2e3d4c-0000-0000-0000-000000000000"),
    )
    aws.ec2.DefaultVpc("default")
    lists = aws.ec2.ManagedPrefixList(
        "world-list", address_family="IPv4", max_entries=2, entries=[{"cidr": "0.0.0.0/0", "description": "any"}]
    )
    aws.ec2.ManagedPrefixList("offices", address_family="IPv4", max_entries=2, entries=[{"cidr": "198.51.100.0/24"}])
    aws.ec2.SecurityGroup(
        "listed", ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "prefixListIds": [lists.id]}]
    )
    aws.ecs.Service(
        "service",
        cluster="arn:aws:ecs:eu-west-1:111111111111:cluster/old",
        task_definition="old:1",
        launch_type="FARGATE",
        desired_count=1,
        network_configuration={"assignPublicIp": True, "subnets": ["subnet-1", "subnet-2"]},
    )
    aws.ecs.Service(
        "worker",
        cluster="arn:aws:ecs:eu-west-1:111111111111:cluster/old",
        task_definition="old:1",
        name="worker",
        desired_count=1,
        network_configuration={"subnets": ["subnet-1", "subnet-2"]},
    )
    aws.appautoscaling.Target(
        "worker",
        service_namespace="ecs",
        resource_id="service/old/worker",
        scalable_dimension="ecs:service:DesiredCount",
        min_capacity=2,
        max_capacity=8,
    )


def program():
    buckets()
    permissions()
    rest()
    aws.cloudwatch.MetricAlarm(
        "search",
        namespace="AWS/ES",
        metric_name="x",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        statistic="Sum",
        threshold=1,
        alarm_actions=["arn:aws:sns:eu-west-1:111111111111:ops"],
    )
