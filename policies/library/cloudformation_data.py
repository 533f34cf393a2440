"""CloudFormation: data stores, and their keys, secrets and backups."""

import re
from collections.abc import Mapping
from typing import Any, Final

from policies.library.folded import Folded
from policies.library.forms import Form, Part, Shaped
from policies.library.values import UNKNOWN

_SSE: Final = "serverSideEncryptionConfiguration.rule"
_SSE_ORIGIN: Final = "BucketEncryption.ServerSideEncryptionConfiguration"


def _is(wanted: str) -> Any:
    return lambda value: value == wanted


def _canned_acl(value: Any) -> Any:
    """`PublicRead` as `public-read`."""
    return "-".join(re.findall("[A-Z][a-z]*", value)).lower() if isinstance(value, str) else UNKNOWN


def _published_logs(value: Any) -> Any:
    """Options by type of log as a list of blocks."""
    if not isinstance(value, dict):
        return UNKNOWN
    return [
        Folded({**(options if isinstance(options, dict) else {}), "logType": kind}) for kind, options in value.items()
    ]


DATA: Final[Mapping[str, Form]] = {
    "AWS::S3::Bucket": Form(
        "s3/bucket",
        {
            "bucket": "BucketName",
            "acl": Shaped("AccessControl", _canned_acl),
            "versioning.enabled": Shaped("VersioningConfiguration.Status", _is("Enabled")),
            "logging": "LoggingConfiguration",
            "logging.targetBucket": "LoggingConfiguration.DestinationBucketName",
            "website": "WebsiteConfiguration",
            "lifecycleRules": "LifecycleConfiguration.Rules",
            _SSE: _SSE_ORIGIN,
            f"{_SSE}[].applyServerSideEncryptionByDefault": f"{_SSE_ORIGIN}[].ServerSideEncryptionByDefault",
            f"{_SSE}[].applyServerSideEncryptionByDefault.kmsMasterKeyId": (
                f"{_SSE_ORIGIN}[].ServerSideEncryptionByDefault.KMSMasterKeyID"
            ),
        },
        (
            Part("s3/bucketPublicAccessBlock", "PublicAccessBlockConfiguration", "bucket"),
            Part(
                "s3/bucketOwnershipControls",
                "OwnershipControls",
                "bucket",
                {"rule.objectOwnership": "Rules[0].ObjectOwnership"},
            ),
        ),
    ),
    "AWS::S3::BucketPolicy": Form("s3/bucketPolicy", {"policy": "PolicyDocument"}, tags=""),
    "AWS::S3::AccessPoint": Form("s3/accessPoint", tags=""),
    "AWS::DynamoDB::Table": Form(
        "dynamodb/table",
        {
            "name": "TableName",
            "pointInTimeRecovery.enabled": "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
            "serverSideEncryption.enabled": "SSESpecification.SSEEnabled",
            "serverSideEncryption.kmsKeyArn": "SSESpecification.KMSMasterKeyId",
        },
        (Part("dynamodb/resourcePolicy", "ResourcePolicy", "resourceArn", {"policy": "PolicyDocument"}),),
    ),
    "AWS::DynamoDB::GlobalTable": Form(
        "dynamodb/table",
        {
            "name": "TableName",
            "deletionProtectionEnabled": "Replicas[0].DeletionProtectionEnabled",
            "pointInTimeRecovery.enabled": "Replicas[0].PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
            "serverSideEncryption.enabled": "SSESpecification.SSEEnabled",
            "serverSideEncryption.kmsKeyArn": "Replicas[0].SSESpecification.KMSMasterKeyId",
            "replicas[].kmsKeyArn": "Replicas[].SSESpecification.KMSMasterKeyId",
            "replicas[].pointInTimeRecovery": (
                "Replicas[].PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"
            ),
        },
        tags="",
    ),
    "AWS::EFS::FileSystem": Form(
        "efs/fileSystem",
        {},
        (
            Part("efs/fileSystemPolicy", "FileSystemPolicy", "fileSystemId", {"policy": ""}),
            Part("efs/backupPolicy", "BackupPolicy", "fileSystemId", {"backupPolicy.status": "Status"}),
        ),
        tags="FileSystemTags",
    ),
    "AWS::EFS::MountTarget": Form("efs/mountTarget", tags=""),
    "AWS::EFS::AccessPoint": Form("efs/accessPoint", tags="AccessPointTags"),
    "AWS::ElastiCache::ReplicationGroup": Form(
        "elasticache/replicationGroup",
        {
            "nodeType": "CacheNodeType",
            "nodeGroupConfigurations": "NodeGroupConfiguration",
            "subnetGroupName": "CacheSubnetGroupName",
        },
    ),
    "AWS::ElastiCache::ServerlessCache": Form("elasticache/serverlessCache", {"name": "ServerlessCacheName"}),
    "AWS::ElastiCache::CacheCluster": Form(
        "elasticache/cluster",
        {
            "nodeType": "CacheNodeType",
            "securityGroupIds": "VpcSecurityGroupIds",
            "subnetGroupName": "CacheSubnetGroupName",
        },
    ),
    "AWS::ElastiCache::SubnetGroup": Form("elasticache/subnetGroup", {"name": "CacheSubnetGroupName"}),
    "AWS::ElastiCache::User": Form("elasticache/user"),
    "AWS::DAX::Cluster": Form("dax/cluster", {"serverSideEncryption.enabled": "SSESpecification.SSEEnabled"}),
    "AWS::DAX::SubnetGroup": Form("dax/subnetGroup", {"name": "SubnetGroupName"}, tags=""),
    "AWS::OpenSearchService::Domain": Form(
        "opensearch/domain",
        {
            "encryptAtRest": "EncryptionAtRestOptions",
            "nodeToNodeEncryption": "NodeToNodeEncryptionOptions",
            "logPublishingOptions": Shaped("LogPublishingOptions", _published_logs),
        },
        defaults={"domainEndpointOptions.enforceHttps": False},
    ),
    "AWS::Elasticsearch::Domain": Form(
        "opensearch/domain",
        {
            "elasticsearchDomain": Shaped("", lambda _: True),
            "clusterConfig": "ElasticsearchClusterConfig",
            "encryptAtRest": "EncryptionAtRestOptions",
            "nodeToNodeEncryption": "NodeToNodeEncryptionOptions",
            "logPublishingOptions": Shaped("LogPublishingOptions", _published_logs),
        },
        defaults={"domainEndpointOptions.enforceHttps": False},
    ),
    "AWS::MSK::Cluster": Form(
        "msk/cluster",
        {
            "encryptionInfo.encryptionAtRestKmsKeyArn": "EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId",
            "clientAuthentication.sasl.iam": "ClientAuthentication.Sasl.Iam.Enabled",
            "clientAuthentication.sasl.scram": "ClientAuthentication.Sasl.Scram.Enabled",
            "clientAuthentication.tls.certificateAuthorityArns": (
                "ClientAuthentication.Tls.CertificateAuthorityArnList"
            ),
            "clientAuthentication.unauthenticated": "ClientAuthentication.Unauthenticated.Enabled",
        },
    ),
    "AWS::MSK::Configuration": Form("msk/configuration", tags=""),
    "AWS::MSK::ClusterPolicy": Form("msk/clusterPolicy", tags=""),
    "AWS::KafkaConnect::Connector": Form("mskconnect/connector"),
    "AWS::Kinesis::ResourcePolicy": Form("kinesis/resourcePolicy", {"policy": "ResourcePolicy"}, tags=""),
    "AWS::Kinesis::Stream": Form(
        "kinesis/stream",
        {"encryptionType": "StreamEncryption.EncryptionType", "kmsKeyId": "StreamEncryption.KeyId"},
    ),
    "AWS::DocDB::DBCluster": Form("docdb/cluster"),
    "AWS::Neptune::DBCluster": Form("neptune/cluster", {"kmsKeyArn": "KmsKeyId"}),
    "AWS::KinesisFirehose::DeliveryStream": Form(
        "kinesis/firehoseDeliveryStream",
        {
            "name": "DeliveryStreamName",
            "serverSideEncryption.enabled": Shaped("DeliveryStreamEncryptionConfigurationInput", lambda _: True),
            "kinesisSourceConfiguration": "KinesisStreamSourceConfiguration",
        },
    ),
    "AWS::RDS::DBCluster": Form("rds/cluster", {"restoreToPointInTime": "SourceDBClusterIdentifier"}),
    "AWS::RDS::DBInstance": Form(
        "rds/instance",
        {
            "vpcSecurityGroupIds": "VPCSecurityGroups",
            "replicateSourceDb": "SourceDBInstanceIdentifier",
            "snapshotIdentifier": "DBSnapshotIdentifier",
        },
    ),
    "AWS::RDS::DBSubnetGroup": Form("rds/subnetGroup", {"name": "DBSubnetGroupName"}),
    "AWS::KMS::Key": Form(
        "kms/key",
        {
            "policy": "KeyPolicy",
            "customerMasterKeySpec": "KeySpec",
            "deletionWindowInDays": "PendingWindowInDays",
            "isEnabled": "Enabled",
        },
    ),
    "AWS::KMS::ReplicaKey": Form(
        "kms/replicaKey", {"policy": "KeyPolicy", "deletionWindowInDays": "PendingWindowInDays"}
    ),
    "AWS::SecretsManager::Secret": Form("secretsmanager/secret"),
    "AWS::SecretsManager::ResourcePolicy": Form(
        "secretsmanager/secretPolicy", {"policy": "ResourcePolicy", "secretArn": "SecretId"}, tags=""
    ),
    "AWS::SecretsManager::RotationSchedule": Form("secretsmanager/secretRotation", tags=""),
    "AWS::SSM::Parameter": Form("ssm/parameter"),
    "AWS::Backup::BackupVault": Form(
        "backup/vault",
        {"name": "BackupVaultName", "kmsKeyArn": "EncryptionKeyArn"},
        (
            Part("backup/vaultLockConfiguration", "LockConfiguration", "backupVaultName"),
            Part("backup/vaultPolicy", "AccessPolicy", "backupVaultName", {"policy": ""}),
        ),
        tags="BackupVaultTags",
    ),
    "AWS::Backup::BackupPlan": Form(
        "backup/plan",
        {
            "rules": "BackupPlanRule",
            "rules[].schedule": "BackupPlanRule[].ScheduleExpression",
            "rules[].lifecycle.deleteAfter": "BackupPlanRule[].Lifecycle.DeleteAfterDays",
        },
        lift="BackupPlan",
        tags="BackupPlanTags",
    ),
    "AWS::Backup::BackupSelection": Form(
        "backup/selection",
        {
            "selectionTags": "ListOfTags",
            "selectionTags[].key": "ListOfTags[].ConditionKey",
            "selectionTags[].value": "ListOfTags[].ConditionValue",
        },
        lift="BackupSelection",
        tags="",
    ),
    "AWS::Personalize::DatasetGroup": Form("AWS::Personalize::DatasetGroup"),
    "AWS::Personalize::Campaign": Form("AWS::Personalize::Campaign"),
    **{
        kind: Form(kind)
        for kind in (
            "AWS::FraudDetector::Detector",
            "AWS::FraudDetector::EntityType",
            "AWS::FraudDetector::EventType",
            "AWS::FraudDetector::Label",
            "AWS::FraudDetector::List",
            "AWS::FraudDetector::Outcome",
            "AWS::FraudDetector::Variable",
        )
    },
    "AWS::AppRunner::Service": Form("apprunner/service"),
    "AWS::Pinpoint::App": Form("pinpoint/app"),
}
