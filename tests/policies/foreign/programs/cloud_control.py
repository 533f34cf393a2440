"""CloudFormation types by Cloud Control and in the manner of aws-native, mixed with resources of pulumi-aws."""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "cc-open": {"s3-bucket-customer-key", "s3-bucket-public-access-block", "s3-bucket-tls-only", "s3-bucket-no-acl"},
    "cc-table": {"dynamodb-table-customer-key", "dynamodb-table-point-in-time-recovery"},
    "cc-role": {"iam-policy-no-admin", "iam-role-trust-bounded", "iam-role-no-broad-managed-policy"},
    "cc-group": {"ec2-security-group-world-open", "ec2-security-group-admin-ports"},
    "cc-listener": {"lb-listener-https"},
    "cc-domain": {
        "opensearch-domain-encryption-at-rest",
        "opensearch-domain-fine-grained-access",
        "opensearch-domain-https",
        "opensearch-domain-in-vpc",
        "opensearch-domain-multi-az",
        "opensearch-domain-node-to-node-encryption",
    },
    "cc-url": {"lambda-function-url-authorized"},
    "cc-api": {"apigateway-method-authorized"},
    "cc-task": {"ecs-task-definition-no-secret-environment", "ecs-task-definition-hardened-containers"},
    "cc-dataset": {"personalize-dataset-group-customer-key"},
    "cc-places": {"location-api-key-bounded"},
    "native-open": {"s3-bucket-customer-key", "s3-bucket-public-access-block", "s3-bucket-tls-only"},
    "native-policy": {"aws-resource-policy-not-public"},
    "native-cdn": {
        "cloudfront-distribution-viewer-https",
        "cloudfront-distribution-web-acl",
        "cloudfront-distribution-modern-certificate",
    },
    "native-key": {"kms-key-policy-not-public"},
    "native-cache": {"elasticache-cache-encryption-in-transit", "elasticache-cache-authentication"},
    "native-function": {"lambda-function-no-secret-environment"},
    "native-balancer": {"lb-load-balancer-web-acl"},
    "native-pool": {"cognito-user-pool-mfa"},
}
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
SSE = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}, "BucketKeyEnabled": True}


def control(name, type_name, state):
    text = state if isinstance(state, pulumi.Output) else json.dumps(state)
    return aws.cloudcontrol.Resource(name, type_name=type_name, desired_state=text)


class Native(pulumi.CustomResource):
    """A resource as the SDK of aws-native registers it."""

    def __init__(self, name, token, **props):
        super().__init__(f"aws-native:{token}", name, props)


def denied(*resources):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": list(resources),
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def allowed(**parts):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **parts}]}


def controlled():
    sound = control(
        "cc-sound",
        "AWS::S3::Bucket",
        {
            "BucketName": "cc-sound",
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [SSE]},
            "PublicAccessBlockConfiguration": dict.fromkeys(BLOCKS, True),
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    )
    document = denied("arn:aws:s3:::cc-sound", "arn:aws:s3:::cc-sound/*")
    control(
        "cc-sound-policy",
        "AWS::S3::BucketPolicy",
        pulumi.Output.json_dumps({"Bucket": sound.id, "PolicyDocument": document}),
    )
    control("cc-open", "AWS::S3::Bucket", {"BucketName": "cc-open", "AccessControl": "PublicReadWrite"})
    # Nothing is known of this one before the update, and then all is well.
    later = aws.kms.Key("later", enable_key_rotation=True)
    control(
        "cc-later",
        "AWS::DynamoDB::Table",
        pulumi.Output.json_dumps(
            {
                "SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": later.arn},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            }
        ),
    )
    control("cc-table", "AWS::DynamoDB::Table", {"TableName": "carts", "BillingMode": "PAY_PER_REQUEST"})
    trust = {"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    control(
        "cc-role",
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": allowed(**trust),
            "Policies": [{"PolicyName": "all", "PolicyDocument": allowed(Action="*", Resource="*")}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
        },
    )
    control(
        "cc-role-sound",
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": allowed(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"),
            "Policies": [
                {"PolicyName": "read", "PolicyDocument": allowed(Action="s3:GetObject", Resource="arn:aws:s3:::a/*")}
            ],
        },
    )
    rule = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "CidrIp": "0.0.0.0/0"}
    control("cc-group", "AWS::EC2::SecurityGroup", {"GroupDescription": "db", "SecurityGroupIngress": [rule]})
    control(
        "cc-group-sound",
        "AWS::EC2::SecurityGroup",
        {"GroupDescription": "db", "SecurityGroupIngress": [{**rule, "CidrIp": "10.0.0.0/16"}]},
    )
    forward = [{"Type": "forward", "TargetGroupArn": "arn:tg"}]
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    for name, actions in (("cc-listener", forward), ("cc-redirect", redirect)):
        control(
            name,
            "AWS::ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": "arn:lb", "Port": 80, "Protocol": "HTTP", "DefaultActions": actions},
        )
    control(
        "cc-domain", "AWS::OpenSearchService::Domain", {"DomainName": "search", "ClusterConfig": {"InstanceCount": 1}}
    )
    control("cc-url", "AWS::Lambda::Url", {"TargetFunctionArn": "arn:f", "AuthType": "NONE"})
    control("cc-url-signed", "AWS::Lambda::Url", {"TargetFunctionArn": "arn:f", "AuthType": "AWS_IAM"})
    control("cc-api", "AWS::ApiGateway::RestApi", {"Body": {"openapi": "3.0.1", "paths": {"/a": {"get": {}}}}})
    control(
        "cc-task",
        "AWS::ECS::TaskDefinition",
        {"ContainerDefinitions": [{"Name": "a", "Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2"}]}]},
    )
    control("cc-dataset", "AWS::Personalize::DatasetGroup", {"Name": "shop"})
    maps = {"AllowActions": ["geo-maps:GetTile"], "AllowResources": ["arn:aws:geo-maps:eu-west-1::provider/default"]}
    control("cc-places", "AWS::Location::APIKey", {"KeyName": "maps", "NoExpiry": True, "Restrictions": maps})


def unheard():
    """A type that the rules do not know, and that AWS would refuse."""
    control("cc-unheard", "AWS::Unheard::Of", {"PubliclyAccessible": True})


def native():
    sse = {"serverSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}
    blocks = {name[0].lower() + name[1:]: True for name in BLOCKS}
    Native(
        "native-sound",
        "s3:Bucket",
        bucketName="native-sound",
        bucketEncryption={"serverSideEncryptionConfiguration": [sse]},
        publicAccessBlockConfiguration=blocks,
    )
    Native(
        "native-sound-policy",
        "s3:BucketPolicy",
        bucket="native-sound",
        policyDocument=denied("arn:aws:s3:::native-sound", "arn:aws:s3:::native-sound/*"),
    )
    Native(
        "native-open", "s3:Bucket", bucketName="native-open", publicAccessBlockConfiguration={"blockPublicAcls": True}
    )
    everybody = allowed(Principal={"AWS": "*"}, Action="sqs:SendMessage", Resource="*")
    Native("native-policy", "sqs:QueuePolicy", queues=["https://sqs/1"], policyDocument=everybody)
    Native("native-policy-sound", "sqs:QueuePolicy", queues=["https://sqs/1"], policyDocument=_own())
    Native(
        "native-cdn",
        "cloudfront:Distribution",
        distributionConfig={
            "enabled": True,
            "origins": [
                {
                    "id": "web",
                    "domainName": "web.example.com",
                    "customOriginConfig": {"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]},
                }
            ],
            "defaultCacheBehavior": {"targetOriginId": "web", "viewerProtocolPolicy": "allow-all"},
        },
    )
    Native(
        "native-key", "kms:Key", enableKeyRotation=True, keyPolicy=allowed(Principal="*", Action="kms:*", Resource="*")
    )
    Native(
        "native-cache",
        "elasticache:ReplicationGroup",
        replicationGroupDescription="sessions",
        cacheSubnetGroupName="data",
        atRestEncryptionEnabled=True,
        kmsKeyId=KEY,
        multiAzEnabled=True,
        automaticFailoverEnabled=True,
        numCacheClusters=2,
        snapshotRetentionLimit=7,
    )
    Native(
        "native-function",
        "lambda:Function",
        role="arn:aws:iam::111111111111:role/f",
        kmsKeyArn=KEY,
        environment={"variables": {"SLACK": "xoxb-" + "123456789012-abcdef", "TABLE": "carts"}},
    )
    lists = [{"key": "routing.http.drop_invalid_header_fields.enabled", "value": "true"}]
    Native(
        "native-balancer",
        "elasticloadbalancingv2:LoadBalancer",
        scheme="internet-facing",
        subnets=["subnet-1", "subnet-2"],
        loadBalancerAttributes=lists,
    )
    inside = Native(
        "native-balancer-guarded",
        "elasticloadbalancingv2:LoadBalancer",
        scheme="internet-facing",
        subnets=["subnet-1", "subnet-2"],
        loadBalancerAttributes=lists,
    )
    Native("native-guard", "wafv2:WebAclAssociation", resourceArn=inside.id, webAclArn="arn:acl")
    Native("native-pool", "cognito:UserPool", userPoolName="shoppers")
    Native("native-pool-sound", "cognito:UserPool", userPoolName="staff", mfaConfiguration="ON")


def _own():
    return allowed(Principal={"AWS": "arn:aws:iam::111111111111:root"}, Action="sqs:*", Resource="*")


def program():
    controlled()
    unheard()
    native()
    for namespace in ("AWS/ApplicationELB", "AWS/ElastiCache", "AWS/ES"):
        aws.cloudwatch.MetricAlarm(
            namespace.split("/")[1].lower(),
            namespace=namespace,
            metric_name="x",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=60,
            statistic="Sum",
            threshold=1,
            alarm_actions=["arn:aws:sns:eu-west-1:111111111111:ops"],
        )
