"""The topic that tells customer service of customers who ask for a person."""

import hashlib
import re
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement, deny_without_tls, policy_document


class SupportTopic(StoreComponent):
    """An SNS topic under the key of customer data, with subscriptions by e-mail. Billed by message."""

    TYPE = "webstore:chat:SupportTopic"
    topic_arn: pulumi.Output[str]
    """Known once the policy admits publishers over TLS only."""

    def __init__(self, name: str, *, emails: Sequence[str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        topic = aws.sns.Topic(
            name,
            kms_master_key_id=self.foundation.keys.customer_key_arn,
            tags={"Name": name, "data-class": "customer"},
            opts=self._inside,
        )
        policy = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=policy_document(deny_without_tls("sns:Publish", topic.arn)),
            opts=self._inside,
        )
        self.topic_arn = policy.arn
        for email in emails:
            aws.sns.TopicSubscription(
                f"{name}-{re.sub(r'[^a-z0-9]+', '-', email.lower()).strip('-')}-{_told_apart(email)}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=self._inside,
            )
        self._publish()

    def grant_publish(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` tell customer service."""
        return aws.iam.RolePolicy(
            f"{self._name}-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(sid="Tell", actions=["sns:Publish"], resources=[self.topic_arn]),
                Statement(
                    sid="KeyOfTopic",
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[self.foundation.keys.customer_key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"sns.{self.foundation.region}.amazonaws.com"}},
                ),
            ),
            opts=self._inside,
        )


def _told_apart(email: str) -> str:
    """`a.b@x.example` and `a-b@x.example` have the same letters."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:6]
