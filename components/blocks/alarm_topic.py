"""Who publishes to the topics of alarms, and so uses the keys that encrypt them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pulumi

from components.blocks.policy_document import Condition, Statement, from_source
from settings.types import EDGE_REGION


@dataclass(frozen=True, kw_only=True)
class Writer:
    """An AWS service that publishes to a topic for this account."""

    sid: str
    service: str
    conditions: Condition = field(default_factory=dict)
    key_conditions: Condition = field(default_factory=dict)
    """Further ones under which it uses the topic's key."""

    def publishes_to(self, topic_arn: pulumi.Input[str]) -> Statement:
        """For the topic's policy."""
        return Statement(
            sid=self.sid,
            actions=["sns:Publish"],
            services=[self.service],
            resources=[topic_arn],
            conditions=self.conditions,
        )

    def encrypts(self) -> Statement:
        """For the policy of the topic's key."""
        return Statement(
            sid=self.sid,
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            services=[self.service],
            resources=["*"],
            conditions={**self.conditions, **self.key_conditions},
        )


def topic_writers(account_id: str, region: str, *, home: str) -> Iterator[Writer]:
    """Who publishes to the topic in `region`, of a store whose home Region is `home`."""
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    alarms = f"arn:aws:cloudwatch:{region}:{account_id}:alarm:*"
    yield Writer(
        sid="AlarmsOfTheAccount",
        service="cloudwatch.amazonaws.com",
        conditions=from_source(account_id=account_id, arn=alarms),
    )
    if region == home:
        # It is not documented which source AWS Backup names; it publishes to topics of the vault's own account only
        # (https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html). SNS names the topic to KMS
        # (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
        yield Writer(
            sid="BackupVaults",
            service="backup.amazonaws.com",
            key_conditions={
                "ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{region}:{account_id}:*"}
            },
        )
    if region == EDGE_REGION:
        # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
        yield Writer(
            sid="BudgetsOfTheAccount",
            service="budgets.amazonaws.com",
            conditions=from_source(account_id=account_id, arn=f"arn:aws:budgets::{account_id}:*"),
        )
        # https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html
        yield Writer(
            sid="CostAnomaliesOfTheAccount",
            service="costalerts.amazonaws.com",
            conditions=from_source(account_id=account_id),
        )
