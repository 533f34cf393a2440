"""Product media and static assets: a private bucket behind CloudFront."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.bucket import Bucket, BucketArgs, Lifecycle, access_log_bucket
from components.blocks.policy_document import Statement, account_root, from_source, policy_document, trust_policy
from components.foundation import Foundation
from settings.media import MediaSettings


class Media(StoreComponent):
    """Versioned, encrypted bucket with lifecycle, logs and events; on request replicated to a second Region.

    The replica has a key and a bucket of access logs in its Region.
    """

    TYPE = "webstore:media:Media"
    OUTPUTS = (
        "bucket_name",
        "bucket_arn",
        "bucket_regional_domain_name",
        "replica_regional_domain_name",
        "cors_origins",
    )
    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    bucket_regional_domain_name: pulumi.Output[str]
    replica_regional_domain_name: pulumi.Output[str] | None
    """None without a replica."""
    cors_origins: Sequence[str]
    """Web origins whose scripts may read media."""

    def __init__(
        self, name: str, *, settings: MediaSettings, foundation: Foundation, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._lifecycle = Lifecycle(
            noncurrent_days=settings.noncurrent_days,
            transitions={str(storage_class): days for storage_class, days in settings.transitions.items()},
        )
        self._bucket = Bucket(
            name,
            BucketArgs(
                key_arn=foundation.keys.media_key_arn,
                access_logs_bucket=foundation.access_logs_bucket,
                protect=foundation.environment.protect,
                lifecycle=self._lifecycle,
                statements=None,
                events=settings.events,
            ),
            opts=self._inside,
        )
        if settings.cors_origins:
            aws.s3.BucketCorsConfiguration(
                name,
                bucket=self._bucket.bucket_name,
                cors_rules=[
                    {
                        "allowed_methods": ["GET", "HEAD"],
                        "allowed_origins": list(settings.cors_origins),
                        "allowed_headers": ["*"],
                        "expose_headers": ["ETag"],
                        "max_age_seconds": 3600,
                    }
                ],
                opts=self._inside,
            )
        self._replica = self._replicate_to(settings.replica_region) if settings.replica_region else None
        self.bucket_name = self._bucket.bucket_name
        self.bucket_arn = self._bucket.bucket_arn
        self.bucket_regional_domain_name = self._bucket.bucket_regional_domain_name
        self.replica_regional_domain_name = self._replica.bucket_regional_domain_name if self._replica else None
        self.cors_origins = settings.cors_origins
        self._publish()

    def serve_through(self, distribution_arn: pulumi.Input[str]) -> None:
        """Let one CloudFront distribution read the objects."""
        for bucket in (self._bucket, self._replica):
            if bucket is not None:
                bucket.set_policy([read_by_distribution(bucket, distribution_arn)])

    def _replicate_to(self, region: str) -> Bucket:
        account_id = self.foundation.account_id
        protect = self.foundation.environment.protect
        key = aws.kms.Key(
            f"{self._name}-replica",
            description="Media: the copy in a second Region",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            region=region,
            policy=policy_document(
                Statement(sid="Account", principals=[account_root(account_id)], actions=["kms:*"], resources=["*"]),
                Statement(
                    sid="CloudFrontReads",
                    services=["cloudfront.amazonaws.com"],
                    actions=["kms:Decrypt"],
                    resources=["*"],
                    conditions=from_source(arn=f"arn:aws:cloudfront::{account_id}:distribution/*"),
                ),
            ),
            opts=self._kept(),
        )
        aws.kms.Alias(
            f"{self._name}-replica",
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-media-replica",
            target_key_id=key.key_id,
            region=region,
            opts=self._inside,
        )
        logs = access_log_bucket(
            f"{self._name}-replica-logs", account_id=account_id, protect=protect, region=region, opts=self._inside
        )
        replica = Bucket(
            f"{self._name}-replica",
            BucketArgs(
                key_arn=key.arn,
                access_logs_bucket=logs,
                protect=protect,
                lifecycle=self._lifecycle,
                statements=None,
                region=region,
            ),
            opts=self._inside,
        )
        role = aws.iam.Role(
            f"{self._name}-replication",
            description="Copies product media to a second Region",
            # Without a source condition: AWS documents none for this role, replication that cannot assume its role
            # reports no error, and roles cannot be passed across accounts
            # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html).
            assume_role_policy=trust_policy("s3.amazonaws.com"),
            opts=self._inside,
        )
        permissions = aws.iam.RolePolicy(
            f"{self._name}-replication",
            role=role.name,
            policy=self._replication_policy(replica, key.arn, region),
            opts=self._inside,
        )
        aws.s3.BucketReplicationConfig(
            f"{self._name}-replication",
            bucket=self._bucket.versioned_bucket_name,
            role=role.arn,
            rules=[
                {
                    "id": "everything",
                    "status": "Enabled",
                    "priority": 0,
                    "filter": {"prefix": ""},
                    "delete_marker_replication": {"status": "Enabled"},
                    "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                    "destination": {
                        "bucket": replica.versioned_bucket_name.apply(lambda name: f"arn:aws:s3:::{name}"),
                        "encryption_configuration": {"replica_kms_key_id": key.arn},
                    },
                }
            ],
            # Objects that are written before the role has its permissions are never replicated.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        return replica

    def _replication_policy(
        self, replica: Bucket, replica_key_arn: pulumi.Input[str], region: str
    ) -> pulumi.Output[str]:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
        home = f"s3.{self.foundation.region}.amazonaws.com"
        return policy_document(
            Statement(
                sid="ReadSource",
                actions=["s3:GetReplicationConfiguration", "s3:ListBucket"],
                resources=[self._bucket.bucket_arn],
            ),
            Statement(
                sid="ReadVersions",
                actions=["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
                resources=[self._bucket.objects()],
            ),
            Statement(
                sid="WriteCopies",
                actions=["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
                resources=[replica.objects()],
            ),
            Statement(
                sid="ReadKey",
                actions=["kms:Decrypt"],
                resources=[self.foundation.keys.media_key_arn],
                conditions={"StringLike": {"kms:ViaService": home}},
            ),
            Statement(
                sid="WriteKey",
                actions=["kms:Encrypt", "kms:GenerateDataKey"],
                resources=[replica_key_arn],
                conditions={"StringLike": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
            ),
        )


def read_by_distribution(bucket: Bucket, distribution_arn: pulumi.Input[str]) -> Statement:
    """Statement that allows one CloudFront distribution to read the objects of `bucket` by origin access control.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    return Statement(
        sid="CloudFrontReads",
        services=["cloudfront.amazonaws.com"],
        actions=["s3:GetObject"],
        resources=[bucket.objects()],
        conditions={"StringEquals": {"aws:SourceArn": distribution_arn}},
    )
