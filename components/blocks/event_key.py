"""Statements of EventBridge for the policy of the key that encrypts events."""

from components.blocks.policy_document import Statement, from_source


def event_key_statements(account_id: str, region: str) -> list[Statement]:
    """Statements for the policy of the key of buses, archives and dead-letter queues.

    Any bus of the account: the store's bus depends on the key, so its name is not known here.
    """
    buses = f"arn:aws:events:{region}:{account_id}:event-bus/*"
    logs = f"arn:aws:logs:{region}:{account_id}:*"
    return [
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
        Statement(
            sid="EventBusesAndArchives",
            actions=["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"],
            services=["events.amazonaws.com"],
            resources=["*"],
            conditions={
                "StringEquals": {"aws:SourceAccount": account_id},
                "ArnLike": {"kms:EncryptionContext:aws:events:event-bus:arn": buses},
            },
        ),
        Statement(
            sid="EventBridgeLooksAtTheKey",
            actions=["kms:DescribeKey"],
            services=["events.amazonaws.com"],
            resources=["*"],
            conditions=from_source(account_id=account_id),
        ),
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        Statement(
            sid="RulesSendToEncryptedQueues",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            services=["events.amazonaws.com"],
            resources=["*"],
            conditions=from_source(account_id=account_id, arn=f"arn:aws:events:{region}:{account_id}:rule/*"),
        ),
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-bus-logs.html
        Statement(
            sid="BusLogsAreEncrypted",
            actions=["kms:GenerateDataKey"],
            services=["events.amazonaws.com"],
            resources=["*"],
            conditions={"StringLike": {"kms:EncryptionContext:SourceArn": logs}},
        ),
        Statement(
            sid="BusLogsAreDelivered",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            services=["delivery.logs.amazonaws.com"],
            resources=["*"],
            conditions={"StringLike": {"kms:EncryptionContext:SourceArn": logs}},
        ),
    ]
