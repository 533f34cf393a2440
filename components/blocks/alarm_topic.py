"""AWS services that publish to alarm topics, with the statements for the policies of topic and key."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pulumi

from components.blocks.policy_document import Condition, Statement, from_source
from settings.types import EDGE_REGION


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """An AWS service that publishes to a topic for this account."""

    sid: str
    service: str
    conditions: Condition = field(default_factory=dict)
    key_conditions: Condition = field(default_factory=dict)
    """Further conditions of its use of the topic's key."""

    def topic_statement(self, topic_arn: pulumi.Input[str]) -> Statement:
        """Statement for the topic's policy."""
        return Statement(
            sid=self.sid,
            actions=["sns:Publish"],
            services=[self.service],
            resources=[topic_arn],
            conditions=self.conditions,
        )

    def key_statement(self) -> Statement:
        """Statement for the policy of the topic's key."""
        return Statement(
            sid=self.sid,
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            services=[self.service],
            resources=["*"],
            conditions={**self.conditions, **self.key_conditions},
        )


def topic_publishers(account_id: str, region: str, *, home: str) -> Iterator[Publisher]:
    """Publishers to the topic in `region`; `home` is the store's home Region."""
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    alarms = f"arn:aws:cloudwatch:{region}:{account_id}:alarm:*"
    yield Publisher(
        sid="AlarmsOfTheAccount",
        service="cloudwatch.amazonaws.com",
        conditions=from_source(account_id=account_id, arn=alarms),
    )
    if region == home:
        # AWS documents no source condition for AWS Backup, which publishes to topics of the vault's account only
        # (https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html). SNS names the topic in the
        # encryption context (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
        yield Publisher(
            sid="BackupVaults",
            service="backup.amazonaws.com",
            key_conditions={
                "ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{region}:{account_id}:*"}
            },
        )
    if region == EDGE_REGION:
        # AWS Budgets publishes from us-east-1 only
        # (https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html).
        yield Publisher(
            sid="BudgetsOfTheAccount",
            service="budgets.amazonaws.com",
            conditions=from_source(account_id=account_id, arn=f"arn:aws:budgets::{account_id}:*"),
        )
        # https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html
        yield Publisher(
            sid="CostAnomaliesOfTheAccount",
            service="costalerts.amazonaws.com",
            conditions=from_source(account_id=account_id),
        )
