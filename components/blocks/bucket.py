"""A private bucket: encrypted, versioned, reachable over TLS only, with a lifecycle and one policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement, deny_without_tls, from_source, policy_document


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Expiry and transitions of objects; days count from creation, or from the replacement of a version.

    `STANDARD_IA` and `ONEZONE_IA` need at least 30 days
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html).
    """

    noncurrent_days: int = 90
    """Days that S3 keeps a replaced or deleted version."""

    expire_days: int | None = None
    """Days after which current objects expire; None keeps them."""

    transitions: Mapping[str, int] = field(default_factory=dict)
    """Storage class to the age in days at which objects move there."""

    abort_upload_days: int = 7
    """Days after which the parts of an unfinished multipart upload are removed."""

    def rules(self) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
        rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
            {
                "id": "housekeeping",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abort_incomplete_multipart_upload": {"days_after_initiation": self.abort_upload_days},
                "noncurrent_version_expiration": {"noncurrent_days": self.noncurrent_days},
                # S3 refuses an expiry in days together with the clean-up of delete markers, which it includes.
                "expiration": {"days": self.expire_days}
                if self.expire_days is not None
                else {"expired_object_delete_marker": True},
            }
        ]
        if self.transitions:
            rules.append(
                {
                    "id": "tiering",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "transitions": [
                        {"storage_class": storage_class, "days": days}
                        for storage_class, days in sorted(self.transitions.items(), key=lambda item: item[1])
                    ],
                }
            )
        return rules


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    key_arn: pulumi.Input[str] | None
    """Customer key of the data class (SSE-KMS with a bucket key). None means SSE-S3, for targets of load balancer and
    S3 access logs only, which cannot be encrypted with a customer key
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html)."""
    access_logs_bucket: pulumi.Input[str] | None
    """Target of access logs (prefix `s3/<name>/`), in the same Region and account
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html). None is for that target
    itself."""
    protect: bool
    """Pulumi refuses deletion, keeps the bucket when it leaves the program, and never empties it."""
    lifecycle: Lifecycle = Lifecycle()
    statements: Sequence[Statement] | None = ()
    """Statements of the policy beside the denial of plain HTTP. None leaves the policy to one call of `set_policy`, for
    statements that name a resource made after the bucket (a distribution)."""
    events: bool = False
    """Send object events to the default EventBridge bus."""
    region: str | None = None
    """Region if not the provider's."""


class Bucket(StoreComponent):
    """S3 bucket that only this account can access, unless a statement of its policy grants more."""

    TYPE = "webstore:blocks:Bucket"
    OUTPUTS = ("bucket_name", "bucket_arn", "bucket_regional_domain_name")
    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    bucket_regional_domain_name: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._region = args.region
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not args.protect,
            region=args.region,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        self._bucket = bucket
        self._public_access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            region=args.region,
            opts=self._inside,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            region=args.region,
            opts=self._inside,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, rules=[_encryption(args.key_arn)], region=args.region, opts=self._inside
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            region=args.region,
            opts=self._inside,
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            # Known after versioning, which rules on replaced versions require
            # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/manage-versioning-examples.html).
            bucket=versioning.bucket,
            rules=args.lifecycle.rules(),
            region=args.region,
            opts=self._inside,
        )
        if args.access_logs_bucket is not None:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.bucket,
                target_bucket=args.access_logs_bucket,
                target_prefix=f"s3/{name}/",
                target_object_key_format={"partitioned_prefix": {"partition_date_source": "EventTime"}},
                region=args.region,
                opts=self._inside,
            )
        if args.events:
            aws.s3.BucketNotification(
                name, bucket=bucket.bucket, eventbridge=True, region=args.region, opts=self._inside
            )
        if args.statements is not None:
            self.set_policy(args.statements)
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.bucket_regional_domain_name = bucket.bucket_regional_domain_name
        # For replication, which requires versioning on both buckets.
        self.versioned_bucket_name = versioning.bucket
        self._publish()

    def set_policy(self, statements: Sequence[Statement]) -> aws.s3.BucketPolicy:
        """Make the bucket's policy; call it once. It denies plain HTTP and TLS before 1.2, then adds `statements`."""
        everything = [self._bucket.arn, self.objects()]
        return aws.s3.BucketPolicy(
            self._name,
            # Known after the public access block: S3 answers 409 to a policy that is written at the same time.
            bucket=self._public_access.bucket,
            policy=policy_document(
                deny_without_tls("s3:*", *everything),
                Statement(
                    sid="DenyOldTls",
                    effect="Deny",
                    actions=["s3:*"],
                    resources=everything,
                    anyone=True,
                    conditions={"NumericLessThan": {"s3:TlsVersion": "1.2"}},
                ),
                *statements,
            ),
            region=self._region,
            opts=self._inside,
        )

    def objects(self, prefix: str = "") -> pulumi.Output[str]:
        """ARN pattern of the objects under `prefix`, for statements."""
        return pulumi.Output.concat(self._bucket.arn, f"/{prefix}*")


def _encryption(key_arn: pulumi.Input[str] | None) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        "bucket_key_enabled": True,
    }


def access_log_bucket(
    name: str, *, account_id: str, protect: bool, region: str, opts: pulumi.ResourceOptions | None = None
) -> pulumi.Output[str]:
    """Target of S3 access logs (prefix `s3/`) for buckets outside the home Region; keeps them for a year.

    Returns:
        Its name, known once its policy admits S3: logs before that are lost.
    """
    bucket = Bucket(
        name,
        BucketArgs(
            key_arn=None,
            access_logs_bucket=None,
            protect=protect,
            lifecycle=Lifecycle(expire_days=365),
            statements=None,
            region=region,
        ),
        opts=opts,
    )
    policy = bucket.set_policy(
        [
            Statement(
                sid="S3WritesAccessLogs",
                services=["logging.s3.amazonaws.com"],
                actions=["s3:PutObject"],
                resources=[bucket.objects("s3/")],
                conditions=from_source(account_id=account_id),
            )
        ]
    )
    return policy.bucket
