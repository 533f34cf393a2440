"""Access logs of the distribution."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.bucket import Bucket, BucketArgs, Lifecycle
from components.blocks.policy_document import Statement
from settings.edge import EdgeSettings
from settings.types import EDGE_REGION

# All fields of the standard log except cookies, which contain sessions, and query strings and referrers, which contain
# what customers search and type (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html).
_FIELDS = (
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(User-Agent)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
)


class AccessLogs(StoreComponent):
    """Standard logging (v2) of a distribution to an encrypted bucket; CloudFront delivers logs from us-east-1 only."""

    TYPE = "webstore:edge:AccessLogs"

    def __init__(
        self,
        name: str,
        *,
        settings: EdgeSettings,
        distribution_arn: pulumi.Input[str],
        access_logs_bucket: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            access_logs_bucket: Target of the bucket's own access logs in us-east-1.
        """
        super().__init__(name, opts)
        bucket = Bucket(
            name,
            BucketArgs(
                key_arn=self.foundation.keys.edge_key_arn,
                access_logs_bucket=access_logs_bucket,
                protect=self.foundation.environment.protect,
                lifecycle=Lifecycle(noncurrent_days=30, expire_days=settings.log_days),
                statements=None,
                region=EDGE_REGION,
            ),
            opts=self._inside,
        )
        policy = bucket.set_policy([_delivery_writes(bucket, self.foundation.account_id)])
        source = aws.cloudwatch.LogDeliverySource(
            name, log_type="ACCESS_LOGS", resource_arn=distribution_arn, region=EDGE_REGION, opts=self._inside
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            name,
            output_format=settings.log_format,
            delivery_destination_configuration={"destination_resource_arn": bucket.bucket_arn},
            region=EDGE_REGION,
            # Without a policy AWS creates one, which the next update would find and remove.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        aws.cloudwatch.LogDelivery(
            name,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=list(_FIELDS),
            s3_delivery_configurations=[
                {"suffix_path": "{DistributionId}/{yyyy}/{MM}/{dd}/{HH}", "enable_hive_compatible_path": False}
            ],
            region=EDGE_REGION,
            opts=self._inside,
        )
        self._publish()


def _delivery_writes(bucket: Bucket, account_id: str) -> Statement:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html"""
    return Statement(
        sid="AWSLogDeliveryWrite",
        services=["delivery.logs.amazonaws.com"],
        actions=["s3:PutObject"],
        resources=[bucket.objects(f"AWSLogs/{account_id}/")],
        conditions={
            "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{EDGE_REGION}:{account_id}:delivery-source:*"},
        },
    )
