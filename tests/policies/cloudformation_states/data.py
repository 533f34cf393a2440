"""Stores of data and their keys."""

from tests.policies.cloudformation_states.state import EVERYBODY, OWN, Written
from tests.policies.support import KEY

BLOCKS = {f"{verb}Public{what}": True for verb, what in (("Block", "Acls"), ("Block", "Policy"), ("Ignore", "Acls"))}
SSE = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
SUBNETS = {"SubnetIds": ["subnet-1", "subnet-2"]}

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
    "AWS::SecretsManager::Secret": Written(
        {"Name": "maps"}, {"secretsmanager-secret-customer-key": "KmsKeyId"}, {"Name": "maps", "KmsKeyId": KEY}
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
