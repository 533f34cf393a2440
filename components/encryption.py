"""Encryption: one customer key per data class."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm_topic import topic_publishers
from components.blocks.cluster import fargate_key_statements
from components.blocks.event_key import event_key_statements
from components.blocks.policy_document import Statement, account_root, from_source, policy_document
from components.blocks.stream_key import stream_key_statements
from components.chat.definition import CONVERSATIONS
from settings.encryption import DataClass, EncryptionSettings
from settings.environment import EnvironmentSettings
from settings.feeds import FeedsSettings
from settings.types import EDGE_REGION

_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")


class Encryption(StoreComponent):
    """One KMS key per data class, with an alias, rotation and a policy for the AWS services that handle the data.

    Each key's policy delegates to IAM; roles get the key from the grants of the encrypted resource's owner. A key costs
    1 USD a month, and 1 USD more after each of its first two rotations
    (https://aws.amazon.com/kms/pricing/).
    """

    TYPE = "webstore:encryption:Encryption"
    OUTPUTS = (
        "customer_key_arn",
        "payment_key_arn",
        "media_key_arn",
        "logs_key_arn",
        "secrets_key_arn",
        "edge_key_arn",
    )
    customer_key_arn: pulumi.Output[str]
    """Customer data: tables, sessions, flags, caches, disks of tasks, events, feeds, queued orders, conversations with
    the chat bot."""
    payment_key_arn: pulumi.Output[str]
    """Payments, disks of the payment tasks, and their egress firewall."""
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
        feeds: FeedsSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        self._environment = environment
        home, account_id = environment.region, environment.account_id
        self.customer_key_arn = self._key(
            "customer",
            "what customers leave in the store",
            *fargate_key_statements(account_id),
            *event_key_statements(account_id, home),
            *stream_key_statements(account_id, home, feeds.stream_writers(account_id)),
            _log_groups(account_id, home, f"log-group:{CONVERSATIONS}-*"),
            _personalize_learns(account_id),
        )
        self.payment_key_arn = self._key("payment", "payments", *fargate_key_statements(account_id))
        self.media_key_arn = self._key("media", "product media and static assets", _cloudfront_reads(account_id))
        self.logs_key_arn = self._key(
            "logs",
            "logs and alarms",
            _log_groups(account_id, home),
            *(publisher.key_statement() for publisher in topic_publishers(account_id, home, home=home)),
        )
        # EventBridge requires this tag to encrypt the credentials of API destinations
        # (https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-connections.html).
        self.secrets_key_arn = self._key("secrets", "secrets", tags={"EventBridgeApiDestinations": "true"})
        self.edge_key_arn = self._key(
            "edge",
            "logs, alarms and failover page of the edge",
            _log_groups(account_id, EDGE_REGION),
            *(publisher.key_statement() for publisher in topic_publishers(account_id, EDGE_REGION, home=home)),
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
            # The stack's name makes the alias unique: stacks of several home Regions share us-east-1.
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{data_class}",
            target_key_id=key.key_id,
            region=region,
            opts=self._inside,
        )
        return key.arn


def _administration(account_id: str) -> Statement:
    # Without this statement only AWS Support can recover a key that no role may administer
    # (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
    return Statement(
        sid="AccountDecidesByIam", actions=["kms:*"], principals=[account_root(account_id)], resources=["*"]
    )


def _personalize_learns(account_id: str) -> Statement:
    """https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html"""
    return Statement(
        sid="PersonalizeLearns",
        actions=["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:ListGrants"],
        services=["personalize.amazonaws.com"],
        resources=["*"],
        conditions=from_source(account_id=account_id),
    )


def _log_groups(account_id: str, region: str, groups: str = "*") -> Statement:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    return Statement(
        sid="LogGroupsOfTheAccount",
        actions=_USE,
        services=[f"logs.{region}.amazonaws.com"],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account_id}:{groups}"}},
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

    Any distribution of the account: the store's distribution depends on the key, so its id is not known here. The
    bucket's policy names it. CloudFront is documented to send no condition key but the ARN, which contains the account.
    """
    return Statement(
        sid="CloudFrontReads",
        actions=["kms:Decrypt"],
        services=["cloudfront.amazonaws.com"],
        resources=["*"],
        conditions=from_source(arn=f"arn:aws:cloudfront::{account_id}:distribution/*"),
    )
