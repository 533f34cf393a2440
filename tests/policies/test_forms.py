"""Resources of Cloud Control and aws-native are judged like those of pulumi-aws, by the names of their program."""

import json
import re
from typing import Any, NamedTuple

import pytest

from policies.library.cloudformation import FORMS
from policies.library.forms import CLOUD_CONTROL, Folded, fold, sdk_name, translate
from policies.library.judge import Judge
from policies.library.resources import Resource, Stack
from policies.library.rules import REGISTRY
from policies.library.values import MISSING, UNKNOWN, read
from tests.policies.support import KEY, TODAY
from tests.policies.support import UNKNOWN as LATER

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
}


def control(type_name, state, **options):
    text = state if isinstance(state, str) else json.dumps(state)
    return Resource.of(CLOUD_CONTROL, "culprit", {"typeName": type_name, "desiredState": text}, **options)


def as_sdk(value):
    """Names as the SDK of aws-native has them; contents of documents and maps stay."""
    if isinstance(value, list):
        return [as_sdk(item) for item in value]
    if not isinstance(value, dict) or "Statement" in value or "openapi" in value:
        return value
    return {sdk_name(key): item if key in MAP else as_sdk(item) for key, item in value.items()}


def native(type_name, state, **options):
    _, service, member = type_name.split("::")
    return Resource.of(f"aws-native:{service.lower()}:{member}", "culprit", as_sdk(state), **options)


def findings(*program):
    court = Judge(REGISTRY, today=lambda: TODAY)
    found = [finding for resource in program for finding in court.resource(resource)]
    found += court.stack(Stack(program))
    assert not [finding.message for finding in found if finding.broken]
    return {finding.rule.name: finding for finding in found}, court


@pytest.mark.parametrize("form", [control, native], ids=["Cloud Control", "aws-native"])
@pytest.mark.parametrize("type_name", STATES)
def test_a_fault_is_found_by_the_path_that_the_program_has(type_name, form):
    written = STATES[type_name]
    found, _ = findings(form(type_name, written.bad))
    for rule, path in written.found.items():
        place = path if form is control else re.sub(r"[A-Za-z]+", lambda name: sdk_name(name[0]), path)
        assert rule in found, f"{rule} is not in {sorted(found)}"
        assert found[rule].urn.endswith("::culprit")
        assert place in found[rule].paths
        assert place in found[rule].message


@pytest.mark.parametrize("form", [control, native], ids=["Cloud Control", "aws-native"])
@pytest.mark.parametrize("type_name", STATES)
def test_what_is_right_is_left_alone(type_name, form):
    written = STATES[type_name]
    found, _ = findings(form(type_name, written.good))
    assert not [found[rule].message for rule in written.found if rule in found]


@pytest.mark.parametrize("type_name", FORMS)
def test_a_state_that_is_not_known_yet_is_put_off_and_nothing_is_found(type_name):
    resource = control(type_name, LATER)
    found, court = findings(resource)
    assert found == {}
    judged = {rule for rule, urn in court.record.judged if urn == resource.urn}
    assert judged == {rule for rule, _ in court.record.deferred}


@pytest.mark.parametrize("type_name", FORMS)
@pytest.mark.parametrize("state", ["{}", "[]", "not JSON", "null", '"text"', ""])
def test_a_state_of_any_form_makes_no_rule_fail(type_name, state):
    findings(control(type_name, state))


@pytest.mark.parametrize("props", [{}, {"typeName": LATER}, {"typeName": "AWS::Unheard::Of", "desiredState": "{}"}])
def test_a_type_that_is_not_known_is_left_alone(props):
    assert findings(Resource.of(CLOUD_CONTROL, "culprit", props))[0] == {}
    assert findings(Resource.of("aws-native:unheard:Of", "culprit", {}))[0] == {}


def test_a_state_may_be_an_object():
    resource = Resource.of(
        CLOUD_CONTROL, "culprit", {"typeName": "AWS::Lambda::Url", "desiredState": {"AuthType": "NONE"}}
    )
    assert "lambda-function-url-authorized" in findings(resource)[0]


def test_resources_of_all_forms_refer_to_each_other():
    bucket = control("AWS::S3::Bucket", {"BucketName": "media"})
    block = Resource.of(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "block",
        {"bucket": LATER},
        refers={"bucket": [bucket]},
    )
    document = {
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }
    policy = Resource.of("aws-native:s3:BucketPolicy", "policy", {"bucket": "media", "policyDocument": document})
    later = Resource.of(
        CLOUD_CONTROL,
        "later",
        {"typeName": "AWS::S3::BucketPolicy", "desiredState": LATER},
        refers={"desiredState": [bucket]},
    )
    alone, _ = findings(bucket)
    assert {"s3-bucket-public-access-block", "s3-bucket-tls-only"} <= set(alone)
    for answer in (policy, later):
        found, _ = findings(bucket, block, answer)
        assert not {"s3-bucket-tls-only"} & set(found)
    assert "s3-bucket-public-access-block" not in {
        rule for rule, finding in findings(bucket, block, policy)[0].items() if finding.urn == bucket.urn
    }


def test_a_bucket_is_found_by_what_cloud_control_reports_of_it():
    state = {"BucketName": "media"}
    stated = json.dumps({"Arn": "arn:aws:s3:::media", "BucketName": "media"})
    resource = Resource.of(
        CLOUD_CONTROL,
        "media",
        {"typeName": "AWS::S3::Bucket", "desiredState": json.dumps(state), "properties": stated, "id": "media"},
    )
    (main, *_) = translate(resource)
    assert (main.outputs["id"], main.outputs["arn"]) == ("media", "arn:aws:s3:::media")


def test_tags_of_the_provider_count_for_aws_native_and_not_for_a_desired_state():
    tags = [{"key": name, "value": "x"} for name in ("application", "environment", "owner", "cost-center")]
    provider = {"region": "eu-west-1", "defaultTags": {"tags": tags}}
    assert "aws-resource-required-tags" not in findings(native("AWS::SQS::Queue", {}, provider=provider))[0]
    provider = {"defaultTags": json.dumps({"tags": {tag["key"]: tag["value"] for tag in tags}})}
    assert "aws-resource-required-tags" in findings(control("AWS::SQS::Queue", {}, provider=provider))[0]
    own = [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]
    assert "aws-resource-required-tags" not in findings(control("AWS::SQS::Queue", {"Tags": own}))[0]


@pytest.mark.parametrize("leaf", [LATER, None, 1, "", [], {}, [LATER]])
def test_a_leaf_of_any_form_makes_no_rule_fail_and_an_unknown_one_adds_nothing(leaf):
    def changes(value, path=()):
        if isinstance(value, dict):
            for key, item in value.items():
                yield from changes(item, (*path, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from changes(item, (*path, number))
        yield path

    for type_name, written in STATES.items():
        usual = set(findings(native(type_name, written.good))[0])
        for path in changes(written.good):
            if path:
                state = json.loads(json.dumps(written.good))
                place = state
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = leaf
                found = set(findings(native(type_name, state))[0])
                assert leaf != LATER or found <= usual, (type_name, path, found - usual)


def test_members_are_found_in_any_case_and_told_as_written():
    value = fold({"KMSMasterKeyID": "k", "Map": {"aB": 1, "Ab": 2}})
    assert isinstance(value, Folded)
    assert (read(value, "kmsMasterKeyId"), "KMSMASTERKEYID" in value, value["kmsmasterkeyid"]) == ("k", True, "k")
    assert list(value["map"].items()) == [("aB", 1), ("Ab", 2)]
    assert value.get("other") is None
    value["kmsMasterKeyId"] = "new"
    assert dict(value)["KMSMasterKeyID"] == "new"


def test_of_an_unknown_state_everything_is_unknown():
    main, *parts = translate(control("AWS::S3::Bucket", LATER))
    assert read(main.props, "versioning.enabled") is UNKNOWN
    assert [part.kind for part in parts] == ["s3/bucketPublicAccessBlock", "s3/bucketOwnershipControls"]
    assert all(read(part.props, "anything") is UNKNOWN for part in parts)
    assert read(translate(control("AWS::S3::Bucket", {}))[0].props, "versioning.enabled") is MISSING
