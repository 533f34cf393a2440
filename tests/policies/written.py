"""States of CloudFormation types: a fault and the path it is told by, and what is right."""

from typing import Any, NamedTuple

from policies.library.rules import REGISTRY
from tests.policies.support import KEY

WORLD = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
EVERYBODY = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
ADMIN = {"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}
READ = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}}
OWN = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "*", "Resource": "*"}}
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
BLOCKS = {f"{verb}Public{what}": True for verb, what in (("Block", "Acls"), ("Block", "Policy"), ("Ignore", "Acls"))}
SSE = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
SUBNETS = {"SubnetIds": ["subnet-1", "subnet-2"]}
MAP = ("Variables", "Statement", "Tags", "LogPublishingOptions")


class Written(NamedTuple):
    """States of one type: what is found in the first, by the path that the program has, and in the second is not."""

    bad: dict[str, Any]
    found: dict[str, str]
    good: dict[str, Any]


STATES = {
    "AWS::S3::Bucket": Written(
        {
            "AccessControl": "PublicRead",
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "PublicAccessBlockConfiguration": BLOCKS,
            "VersioningConfiguration": {"Status": "Suspended"},
            "WebsiteConfiguration": {"IndexDocument": "index.html"},
        },
        {
            "s3-bucket-customer-key": "BucketEncryption.ServerSideEncryptionConfiguration[0]"
            ".ServerSideEncryptionByDefault.SSEAlgorithm",
            "s3-bucket-public-access-block": "PublicAccessBlockConfiguration.RestrictPublicBuckets",
            "s3-bucket-no-acl": "AccessControl",
            "s3-bucket-versioning": "VersioningConfiguration",
        },
        {
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": SSE}]},
            "PublicAccessBlockConfiguration": {**BLOCKS, "RestrictPublicBuckets": True},
            "VersioningConfiguration": {"Status": "Enabled"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        },
    ),
    "AWS::S3::BucketPolicy": Written(
        {"Bucket": "media", "PolicyDocument": EVERYBODY},
        {"aws-resource-policy-not-public": "PolicyDocument"},
        {"Bucket": "media", "PolicyDocument": OWN},
    ),
    "AWS::DynamoDB::Table": Written(
        {"TableName": "orders", "SSESpecification": {"SSEEnabled": False}},
        {
            "dynamodb-table-customer-key": "SSESpecification.SSEEnabled",
            "dynamodb-table-point-in-time-recovery": "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
            "dynamodb-table-deletion-protection": "DeletionProtectionEnabled",
        },
        {
            "SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": KEY},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "DeletionProtectionEnabled": True,
        },
    ),
    "AWS::DynamoDB::GlobalTable": Written(
        {"SSESpecification": {"SSEEnabled": True}, "Replicas": [{"Region": "eu-west-1"}, {"Region": "us-east-1"}]},
        {
            "dynamodb-table-customer-key": "Replicas[1].SSESpecification.KMSMasterKeyId",
            "dynamodb-table-point-in-time-recovery": "Replicas[1].PointInTimeRecoverySpecification"
            ".PointInTimeRecoveryEnabled",
        },
        {
            "SSESpecification": {"SSEEnabled": True},
            "Replicas": [
                {
                    "Region": "eu-west-1",
                    "SSESpecification": {"KMSMasterKeyId": KEY},
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                }
            ],
        },
    ),
    "AWS::SQS::Queue": Written(
        {"QueueName": "orders", "SqsManagedSseEnabled": False},
        {"sqs-queue-encryption": "KmsMasterKeyId", "sqs-queue-dead-letters": "RedrivePolicy"},
        {
            "QueueName": "orders",
            "KmsMasterKeyId": KEY,
            "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:1:failed", "maxReceiveCount": 5},
        },
    ),
    "AWS::SQS::QueuePolicy": Written(
        {"Queues": ["https://sqs"], "PolicyDocument": EVERYBODY},
        {"aws-resource-policy-not-public": "PolicyDocument"},
        {"Queues": ["https://sqs"], "PolicyDocument": OWN},
    ),
    "AWS::SNS::Topic": Written(
        {"Subscription": [{"Protocol": "http", "Endpoint": "http://a.example"}]},
        {"sns-topic-customer-key": "KmsMasterKeyId", "sns-subscription-https": "Subscription[0].Protocol"},
        {"KmsMasterKeyId": KEY, "Subscription": [{"Protocol": "https", "Endpoint": "https://a.example"}]},
    ),
    "AWS::SNS::TopicPolicy": Written(
        {"Topics": ["arn:t"], "PolicyDocument": EVERYBODY},
        {"aws-resource-policy-not-public": "PolicyDocument"},
        {"Topics": ["arn:t"], "PolicyDocument": OWN},
    ),
    "AWS::KMS::Key": Written(
        {"KeyPolicy": EVERYBODY, "PendingWindowInDays": 7, "Enabled": False},
        {
            "kms-key-policy-not-public": "KeyPolicy",
            "kms-key-rotation": "EnableKeyRotation",
            "kms-key-deletion-guarded": "PendingWindowInDays",
        },
        {"KeyPolicy": OWN, "Origin": "EXTERNAL"},
    ),
    "AWS::EFS::FileSystem": Written(
        {"Encrypted": False, "AvailabilityZoneName": "eu-west-1a", "FileSystemPolicy": EVERYBODY},
        {
            "efs-file-system-customer-key": "Encrypted",
            "aws-resource-policy-not-public": "FileSystemPolicy",
        },
        {"Encrypted": True, "KmsKeyId": KEY, "FileSystemPolicy": OWN},
    ),
    "AWS::ElastiCache::ReplicationGroup": Written(
        {"Engine": "redis", "NumCacheClusters": 1, "TransitEncryptionEnabled": False, "AtRestEncryptionEnabled": False},
        {
            "elasticache-cache-encryption-at-rest": "AtRestEncryptionEnabled",
            "elasticache-cache-encryption-in-transit": "TransitEncryptionEnabled",
            "elasticache-replication-group-multi-az": "MultiAZEnabled",
            "elasticache-cache-authentication": "UserGroupIds",
            "elasticache-cache-snapshots": "SnapshotRetentionLimit",
            "elasticache-subnet-group-zones": "CacheSubnetGroupName",
        },
        {
            "Engine": "redis",
            "NumCacheClusters": 2,
            "AtRestEncryptionEnabled": True,
            "KmsKeyId": KEY,
            "TransitEncryptionEnabled": True,
            "MultiAZEnabled": True,
            "AutomaticFailoverEnabled": True,
            "UserGroupIds": ["web"],
            "SnapshotRetentionLimit": 7,
            "CacheSubnetGroupName": "data",
        },
    ),
    "AWS::OpenSearchService::Domain": Written(
        {
            "EncryptionAtRestOptions": {"Enabled": False},
            "DomainEndpointOptions": {"TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"},
            "ClusterConfig": {"InstanceCount": 1},
            "LogPublishingOptions": {"ES_APPLICATION_LOGS": {"Enabled": False}},
        },
        {
            "opensearch-domain-encryption-at-rest": "EncryptionAtRestOptions.Enabled",
            "opensearch-domain-https": "DomainEndpointOptions.TLSSecurityPolicy",
            "opensearch-domain-node-to-node-encryption": "NodeToNodeEncryptionOptions.Enabled",
            "opensearch-domain-multi-az": "ClusterConfig.ZoneAwarenessEnabled",
            "opensearch-domain-in-vpc": "VPCOptions.SubnetIds",
            "opensearch-domain-fine-grained-access": "AdvancedSecurityOptions.Enabled",
            "opensearch-domain-logs": "LogPublishingOptions",
        },
        {
            "EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": KEY},
            "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
            "NodeToNodeEncryptionOptions": {"Enabled": True},
            "ClusterConfig": {
                "InstanceCount": 3,
                "ZoneAwarenessEnabled": True,
                "DedicatedMasterEnabled": True,
                "DedicatedMasterCount": 3,
            },
            "VPCOptions": SUBNETS,
            "AdvancedSecurityOptions": {"Enabled": True},
            "LogPublishingOptions": {
                kind: {"Enabled": True}
                for kind in ("AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")
            },
        },
    ),
    "AWS::MSK::Cluster": Written(
        {
            "ClientAuthentication": {"Unauthenticated": {"Enabled": True}},
            "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "PLAINTEXT"}},
            "BrokerNodeGroupInfo": {"ConnectivityInfo": {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}}},
        },
        {
            "msk-cluster-client-authentication": "ClientAuthentication.Unauthenticated.Enabled",
            "msk-cluster-tls": "EncryptionInfo.EncryptionInTransit.ClientBroker",
            "msk-cluster-no-public-access": "BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type",
            "msk-cluster-customer-key": "EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId",
        },
        {
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
            "EncryptionInfo": {"EncryptionAtRest": {"DataVolumeKMSKeyId": KEY}},
        },
    ),
    "AWS::Lambda::Function": Written(
        {"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}, "Runtime": "python2.7"},
        {
            "lambda-function-no-secret-environment": "Environment.Variables",
            "lambda-function-environment-key": "KmsKeyArn",
            "lambda-function-supported-runtime": "Runtime",
        },
        {"Environment": {"Variables": {"TABLE": "orders"}}, "KmsKeyArn": KEY, "Runtime": "python3.13"},
    ),
    "AWS::Lambda::Permission": Written(
        {"FunctionName": "orders", "Principal": "s3.amazonaws.com"},
        {"lambda-permission-bounded": "SourceArn"},
        {"FunctionName": "orders", "Principal": "s3.amazonaws.com", "SourceAccount": "111111111111"},
    ),
    "AWS::Lambda::Url": Written(
        {"AuthType": "NONE", "TargetFunctionArn": "arn:f"},
        {"lambda-function-url-authorized": "AuthType"},
        {"AuthType": "AWS_IAM", "TargetFunctionArn": "arn:f"},
    ),
    "AWS::ECS::Service": Written(
        {
            "DesiredCount": 1,
            "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED", "Subnets": ["subnet-1"]}},
        },
        {
            "ecs-service-multi-az": "DesiredCount",
            "ecs-service-no-public-address": "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
            "ecs-service-rollback": "DeploymentConfiguration.DeploymentCircuitBreaker.Enable",
        },
        {
            "DesiredCount": 2,
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {"AssignPublicIp": "DISABLED", "Subnets": ["subnet-1", "subnet-2"]}
            },
            "DeploymentConfiguration": {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}},
        },
    ),
    "AWS::ECS::TaskDefinition": Written(
        {
            "ContainerDefinitions": [
                {"Name": "web", "Privileged": True, "Environment": [{"Name": "API_KEY", "Value": "hunter2"}]}
            ],
            "Volumes": [{"Name": "media", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}],
        },
        {
            "ecs-task-definition-no-secret-environment": "ContainerDefinitions",
            "ecs-task-definition-hardened-containers": "ContainerDefinitions",
            "ecs-task-definition-efs-tls": "Volumes[0].EFSVolumeConfiguration.TransitEncryption",
            "ecs-container-logs": "ContainerDefinitions",
        },
        {
            "ContainerDefinitions": [
                {"Name": "web", "ReadonlyRootFilesystem": True, "LogConfiguration": {"LogDriver": "awslogs"}}
            ],
            "Volumes": [
                {
                    "Name": "media",
                    "EFSVolumeConfiguration": {
                        "FilesystemId": "fs-1",
                        "TransitEncryption": "ENABLED",
                        "AuthorizationConfig": {"IAM": "ENABLED"},
                    },
                }
            ],
        },
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Written(
        {
            "Scheme": "internet-facing",
            "LoadBalancerAttributes": [{"Key": "routing.http.desync_mitigation_mode", "Value": "monitor"}],
        },
        {
            "lb-load-balancer-web-acl": "Scheme",
            "lb-load-balancer-strict-requests": "LoadBalancerAttributes",
            "lb-load-balancer-access-logs": "LoadBalancerAttributes",
            "lb-load-balancer-deletion-protection": "LoadBalancerAttributes",
        },
        {
            "Scheme": "internal",
            "LoadBalancerAttributes": [
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
                {"Key": "access_logs.s3.enabled", "Value": "true"},
                {"Key": "access_logs.s3.bucket", "Value": "logs"},
                {"Key": "deletion_protection.enabled", "Value": "true"},
            ],
        },
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Written(
        {
            "Protocol": "HTTP",
            "LoadBalancerArn": "arn:lb",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:tg"}],
        },
        {"lb-listener-https": "Protocol"},
        {
            "Protocol": "HTTP",
            "LoadBalancerArn": "arn:lb",
            "DefaultActions": [
                {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}},
            ],
        },
    ),
    "AWS::CloudFront::Distribution": Written(
        {
            "DistributionConfig": {
                "Origins": [{"Id": "media", "DomainName": "media.s3.eu-west-1.amazonaws.com", "S3OriginConfig": {}}],
                "DefaultCacheBehavior": {"TargetOriginId": "media", "ViewerProtocolPolicy": "allow-all"},
                "CacheBehaviors": [{"TargetOriginId": "media", "ViewerProtocolPolicy": "allow-all"}],
                "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
            }
        },
        {
            "cloudfront-distribution-web-acl": "DistributionConfig.WebACLId",
            "cloudfront-distribution-viewer-https": "DistributionConfig.CacheBehaviors[0].ViewerProtocolPolicy",
            "cloudfront-distribution-private-s3-origin": "DistributionConfig.Origins[0].OriginAccessControlId",
            "cloudfront-distribution-modern-certificate": "DistributionConfig.ViewerCertificate"
            ".CloudFrontDefaultCertificate",
            "cloudfront-distribution-root-object": "DistributionConfig.DefaultRootObject",
        },
        {
            "DistributionConfig": {
                "Origins": [
                    {
                        "Id": "media",
                        "DomainName": "media.s3.eu-west-1.amazonaws.com",
                        "S3OriginConfig": {},
                        "OriginAccessControlId": "E2",
                    },
                    {
                        "Id": "web",
                        "DomainName": "web.example.com",
                        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
                    },
                ],
                "DefaultCacheBehavior": {"TargetOriginId": "media", "ViewerProtocolPolicy": "redirect-to-https"},
                "CacheBehaviors": [{"TargetOriginId": "web", "ViewerProtocolPolicy": "https-only"}],
                "ViewerCertificate": {"AcmCertificateArn": "arn:c", "MinimumProtocolVersion": "TLSv1.2_2021"},
                "WebACLId": "arn:acl",
                "DefaultRootObject": "index.html",
            }
        },
    ),
    "AWS::WAFv2::WebACL": Written(
        {"Scope": "REGIONAL", "Rules": []},
        {"wafv2-web-acl-baseline": "Rules", "wafv2-web-acl-rate-limit": "Rules"},
        {
            "Scope": "REGIONAL",
            "Rules": [
                *(
                    {
                        "Name": group,
                        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}},
                        "OverrideAction": {"None": {}},
                    }
                    for group in REGISTRY["wafv2-web-acl-baseline"].defaults["groups"]
                ),
                {"Name": "rate", "Statement": {"RateBasedStatement": {"Limit": 2000}}, "Action": {"Block": {}}},
            ],
        },
    ),
    "AWS::WAFv2::LoggingConfiguration": Written(
        {"ResourceArn": "arn:acl", "LogDestinationConfigs": ["arn:aws:logs:eu-west-1:1:log-group:edge"]},
        {"wafv2-web-acl-logging": "LogDestinationConfigs"},
        {
            "ResourceArn": "arn:acl",
            "LogDestinationConfigs": ["arn:aws:logs:eu-west-1:1:log-group:aws-waf-logs-edge"],
            "RedactedFields": [{"SingleHeader": {"Name": name}} for name in ("authorization", "cookie")],
        },
    ),
    "AWS::ApiGateway::RestApi": Written(
        {"Body": {"openapi": "3.0.1", "paths": {"/orders": {"post": {}}}}},
        {"apigateway-method-authorized": "Body"},
        {"Body": {"openapi": "3.0.1", "paths": {"/orders": {"options": {}}}}},
    ),
    "AWS::ApiGateway::Method": Written(
        {"HttpMethod": "POST", "AuthorizationType": "NONE", "RestApiId": "api", "ResourceId": "r"},
        {"apigateway-method-authorized": "AuthorizationType"},
        {"HttpMethod": "POST", "AuthorizationType": "AWS_IAM", "RestApiId": "api", "ResourceId": "r"},
    ),
    "AWS::ApiGateway::Stage": Written(
        {
            "RestApiId": "api",
            "StageName": "v1",
            "Variables": {"API_KEY": "hunter2"},
            "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "DataTraceEnabled": True}],
        },
        {
            "apigateway-stage-no-secret-variables": "Variables",
            "apigateway-stage-access-logs": "AccessLogSetting.DestinationArn",
            "apigateway-stage-execution-logs": "MethodSettings[0].DataTraceEnabled",
        },
        {
            "RestApiId": "api",
            "StageName": "v1",
            "AccessLogSetting": {"DestinationArn": "arn:logs", "Format": "{}"},
            "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "ERROR"}],
        },
    ),
    "AWS::ApiGatewayV2::Route": Written(
        {"ApiId": "api", "RouteKey": "POST /orders"},
        {"apigateway-method-authorized": "AuthorizationType"},
        {"ApiId": "api", "RouteKey": "POST /orders", "AuthorizationType": "JWT", "AuthorizerId": "a"},
    ),
    "AWS::ApiGatewayV2::DomainName": Written(
        {"DomainName": "api.example.com", "DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_0"}]},
        {"apigateway-domain-name-modern-tls": "DomainNameConfigurations[0].SecurityPolicy"},
        {"DomainName": "api.example.com", "DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_2"}]},
    ),
    "AWS::Cognito::UserPool": Written(
        {"MfaConfiguration": "OFF", "Policies": {"PasswordPolicy": {"MinimumLength": 6}}},
        {
            "cognito-user-pool-mfa": "MfaConfiguration",
            "cognito-user-pool-password-policy": "Policies.PasswordPolicy.MinimumLength",
        },
        {"MfaConfiguration": "ON"},
    ),
    "AWS::Cognito::UserPoolClient": Written(
        {"UserPoolId": "p", "AllowedOAuthFlows": ["implicit"], "CallbackURLs": ["http://a.example"]},
        {"cognito-user-pool-client-careful": "AllowedOAuthFlows"},
        {
            "UserPoolId": "p",
            "AllowedOAuthFlows": ["code"],
            "CallbackURLs": ["https://a.example"],
            "PreventUserExistenceErrors": "ENABLED",
        },
    ),
    "AWS::Cognito::IdentityPool": Written(
        {"AllowUnauthenticatedIdentities": True},
        {"cognito-identity-pool-no-guests": "AllowUnauthenticatedIdentities"},
        {"AllowUnauthenticatedIdentities": False},
    ),
    "AWS::IAM::Role": Written(
        {
            "AssumeRolePolicyDocument": {
                "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
            },
            "Policies": [{"PolicyName": "a", "PolicyDocument": READ}, {"PolicyName": "b", "PolicyDocument": ADMIN}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
        {
            "iam-role-trust-bounded": "AssumeRolePolicyDocument",
            "iam-policy-no-admin": "Policies[1].PolicyDocument",
            "iam-role-no-broad-managed-policy": "ManagedPolicyArns",
        },
        {"AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "a", "PolicyDocument": READ}]},
    ),
    "AWS::IAM::ManagedPolicy": Written(
        {"PolicyDocument": ADMIN}, {"iam-policy-no-admin": "PolicyDocument"}, {"PolicyDocument": READ}
    ),
    "AWS::IAM::Group": Written(
        {"Policies": [{"PolicyName": "a", "PolicyDocument": ADMIN}]},
        {"iam-policy-no-admin": "Policies[0].PolicyDocument"},
        {"Policies": [{"PolicyName": "a", "PolicyDocument": READ}]},
    ),
    "AWS::EC2::SecurityGroup": Written(
        {"GroupDescription": "web", "SecurityGroupIngress": [WORLD]},
        {
            "ec2-security-group-world-open": "SecurityGroupIngress[0]",
            "ec2-security-group-admin-ports": "SecurityGroupIngress[0]",
        },
        {
            "GroupDescription": "web",
            "SecurityGroupIngress": [{**WORLD, "CidrIp": "10.0.0.0/16"}, {**WORLD, "FromPort": 443, "ToPort": 443}],
        },
    ),
    "AWS::EC2::SecurityGroupIngress": Written(
        {"GroupId": "sg-1", **WORLD},
        {"ec2-security-group-world-open": "CidrIp"},
        {"GroupId": "sg-1", **WORLD, "FromPort": 443, "ToPort": 443},
    ),
    "AWS::EC2::Subnet": Written(
        {"VpcId": "vpc-1", "MapPublicIpOnLaunch": True},
        {"ec2-subnet-no-public-addresses": "MapPublicIpOnLaunch"},
        {"VpcId": "vpc-1"},
    ),
    "AWS::EC2::NetworkAclEntry": Written(
        {
            "NetworkAclId": "acl-1",
            "CidrBlock": "0.0.0.0/0",
            "Protocol": 6,
            "PortRange": {"From": 22, "To": 22},
            "RuleAction": "allow",
            "RuleNumber": 1,
        },
        {"ec2-network-acl-admin-ports": "CidrBlock"},
        {"NetworkAclId": "acl-1", "CidrBlock": "10.0.0.0/8", "Protocol": -1, "RuleAction": "allow", "RuleNumber": 1},
    ),
    "AWS::Logs::LogGroup": Written(
        {"LogGroupName": "web"},
        {"cloudwatch-log-group-retention": "RetentionInDays", "cloudwatch-log-group-customer-key": "KmsKeyId"},
        {"LogGroupName": "web", "RetentionInDays": 400, "KmsKeyId": KEY},
    ),
    "AWS::SecretsManager::Secret": Written(
        {"Name": "maps"}, {"secretsmanager-secret-customer-key": "KmsKeyId"}, {"Name": "maps", "KmsKeyId": KEY}
    ),
    "AWS::ECR::Repository": Written(
        {"RepositoryPolicyText": EVERYBODY, "EmptyOnDelete": True},
        {
            "aws-resource-policy-not-public": "RepositoryPolicyText",
            "ecr-repository-immutable-scanned": "ImageTagMutability",
            "aws-resource-no-force-destroy": "EmptyOnDelete",
        },
        {
            "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "LifecyclePolicy": {"LifecyclePolicyText": "{}"},
        },
    ),
    "AWS::Backup::BackupPlan": Written(
        {"BackupPlan": {"BackupPlanRule": [{"RuleName": "daily", "Lifecycle": {"DeleteAfterDays": 7}}]}},
        {"backup-plan-frequency": "BackupPlan.BackupPlanRule[0].Lifecycle.DeleteAfterDays"},
        {
            "BackupPlan": {
                "BackupPlanRule": [
                    {
                        "ScheduleExpression": "cron(0 5 * * ? *)",
                        "Lifecycle": {"DeleteAfterDays": 35},
                        "CopyActions": [{"DestinationBackupVaultArn": "arn:v"}],
                    }
                ]
            }
        },
    ),
    "AWS::Events::Rule": Written(
        {"Targets": [{"Id": "a", "Arn": "arn:q", "DeadLetterConfig": {"Arn": "arn:d"}}, {"Id": "b", "Arn": "arn:q"}]},
        {"cloudwatch-event-target-dead-letters": "Targets[1].DeadLetterConfig.Arn"},
        {"Targets": [{"Id": "a", "Arn": "arn:q", "DeadLetterConfig": {"Arn": "arn:d"}}]},
    ),
    "AWS::ElasticLoadBalancing::LoadBalancer": Written(
        {"Listeners": [{"InstancePort": "80", "LoadBalancerPort": "80", "Protocol": "http"}]},
        {"lb-listener-https": "Listeners[0].Protocol"},
        {"Listeners": [{"InstancePort": "443", "LoadBalancerPort": "443", "Protocol": "https"}]},
    ),
    "AWS::Kinesis::Stream": Written(
        {"ShardCount": 1, "StreamEncryption": {"EncryptionType": "NONE"}},
        {"kinesis-stream-encrypted": "StreamEncryption.EncryptionType"},
        {"ShardCount": 1, "StreamEncryption": {"EncryptionType": "KMS", "KeyId": KEY}},
    ),
    "AWS::DocDB::DBCluster": Written(
        {"StorageEncrypted": False}, {"rds-database-encryption-at-rest": "StorageEncrypted"}, {"StorageEncrypted": True}
    ),
    "AWS::Neptune::DBCluster": Written(
        {"DeletionProtection": True},
        {"rds-database-encryption-at-rest": "StorageEncrypted"},
        {"StorageEncrypted": True, "KmsKeyId": KEY},
    ),
}
