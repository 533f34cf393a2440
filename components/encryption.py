"""Encryption: one customer key per data class."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm_topic import topic_writers
from components.blocks.cluster import fargate_key_statements
from components.blocks.policy_document import Statement, account_root, from_source, policy_document
from components.events.keys import event_key_statements
from settings.encryption import DataClass, EncryptionSettings
from settings.environment import EnvironmentSettings
from settings.types import EDGE_REGION

_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")


class Encryption(StoreComponent):
    """One KMS key per data class, with an alias, rotation and a policy for the AWS services that handle the data.

    Roles of the store get their use of a key from the owner of the encrypted resource, through IAM, which each key's
    policy delegates to. Every key costs 1 USD a month, and once more for each of its first two rotations
    (https://aws.amazon.com/kms/pricing/).
    """

    TYPE = "webstore:encryption:Encryption"
    customer_key_arn: pulumi.Output[str]
    """Sessions, flags, caches, disks of tasks, events, feeds, orders on their way: what customers leave behind."""
    payment_key_arn: pulumi.Output[str]
    """Payments, disks of the tasks that handle them, and the firewall on their way out."""
    media_key_arn: pulumi.Output[str]
    """Product media and static assets."""
    logs_key_arn: pulumi.Output[str]
    """Logs and alarms in the home Region."""
    secrets_key_arn: pulumi.Output[str]
    """Secrets Manager secrets."""
    edge_key_arn: pulumi.Output[str]
    """Logs and alarms of the edge, in us-east-1."""

    def __init__(
        self,
        name: str,
        *,
        settings: EncryptionSettings,
        environment: EnvironmentSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name = name
        self._settings = settings
        self._environment = environment
        home, account_id = environment.region, environment.account_id
        self.customer_key_arn = self._key(
            "customer",
            "what customers leave in the store",
            *fargate_key_statements(account_id),
            *event_key_statements(account_id, home),
        )
        self.payment_key_arn = self._key("payment", "payments", *fargate_key_statements(account_id))
        self.media_key_arn = self._key("media", "product media and static assets", _cloudfront_reads(account_id))
        self.logs_key_arn = self._key(
            "logs",
            "logs and alarms",
            _log_groups(account_id, home),
            *(writer.encrypts() for writer in topic_writers(account_id, home, home=home)),
        )
        # Without this tag EventBridge cannot keep a third party's credentials under the key
        # (https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-connections.html).
        self.secrets_key_arn = self._key("secrets", "secrets", tags={"EventBridgeApiDestinations": "true"})
        self.edge_key_arn = self._key(
            "edge",
            "logs, alarms and failover page of the edge",
            _log_groups(account_id, EDGE_REGION),
            *(writer.encrypts() for writer in topic_writers(account_id, EDGE_REGION, home=home)),
            _log_delivery(account_id),
            _cloudfront_reads(account_id),
            region=EDGE_REGION,
        )
        self._publish()

    def _key(
        self,
        data_class: DataClass,
        contents: str,
        *services: Statement,
        region: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> pulumi.Output[str]:
        logical = f"{self._name}-{data_class}"
        protect = self._environment.protect
        key = aws.kms.Key(
            logical,
            description=f"Web store, {self._environment.name}: {contents}",
            key_usage="ENCRYPT_DECRYPT",
            customer_master_key_spec="SYMMETRIC_DEFAULT",
            enable_key_rotation=True,
            rotation_period_in_days=self._settings.rotation_period_days,
            deletion_window_in_days=self._settings.deletion_window_days,
            multi_region=data_class in self._settings.multi_region,
            bypass_policy_lockout_safety_check=False,
            policy=policy_document(_administration(self._environment.account_id), *services),
            region=region,
            tags={"Name": logical, "data-class": data_class, **(tags or {})},
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        aws.kms.Alias(
            logical,
            # The stack makes it unique: stacks of several home Regions share us-east-1.
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{data_class}",
            target_key_id=key.key_id,
            region=region,
            opts=self._inside,
        )
        return key.arn


def _administration(account_id: str) -> Statement:
    # Without it a key that no role may administer can only be rescued by AWS support
    # (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
    return Statement(
        sid="AccountDecidesByIam", actions=["kms:*"], principals=[account_root(account_id)], resources=["*"]
    )


def _log_groups(account_id: str, region: str) -> Statement:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    return Statement(
        sid="LogGroupsOfTheAccount",
        actions=_USE,
        services=[f"logs.{region}.amazonaws.com"],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account_id}:*"}},
    )


def _log_delivery(account_id: str) -> Statement:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html"""
    return Statement(
        sid="CloudFrontLogsAreDelivered",
        actions=_USE,
        services=["delivery.logs.amazonaws.com"],
        resources=["*"],
        conditions=from_source(account_id=account_id, arn=f"arn:aws:logs:{EDGE_REGION}:{account_id}:delivery-source:*"),
    )


def _cloudfront_reads(account_id: str) -> Statement:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html

    Any distribution of the account: the one in question is made from what the key encrypts, so its id comes later. The
    bucket's policy names it. The ARN, which holds the account, is all that CloudFront is documented to send.
    """
    return Statement(
        sid="CloudFrontReads",
        actions=["kms:Decrypt"],
        services=["cloudfront.amazonaws.com"],
        resources=["*"],
        conditions=from_source(arn=f"arn:aws:cloudfront::{account_id}:distribution/*"),
    )
