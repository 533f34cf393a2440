"""Orders: the FIFO queue that hands orders to the order management system (OMS)."""

import pulumi
import pulumi_aws as aws

from components.api import Api
from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.policy_document import for_foreign_roles, policy_document
from components.blocks.queue import DeadLetters, Queue, QueueArgs, queue_metric
from components.foundation import Foundation
from settings.orders import OmsAccount, OrdersSettings
from settings.third_parties import ThirdPartiesSettings


class Orders(StoreComponent):
    """High-throughput FIFO queue with a FIFO dead-letter queue, and on request a role for the account of the OMS.

    Senders set the message group to the order's id, so that the messages of an order stay in sequence and orders do not
    wait for each other, and the deduplication id to the event's id, so that a repeated sending within five minutes is
    one message (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html).
    The OMS's account assumes a role of this account, so the policies of key and queue name no foreign principal.
    """

    TYPE = "webstore:orders:Orders"
    DASHBOARD = "orders"
    OUTPUTS = ("queue_url", "queue_arn", "dead_letter_url", "dead_letter_arn", "oms_role_arn")
    queue_url: pulumi.Output[str]
    queue_arn: pulumi.Output[str]
    queue_name: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]
    oms_role_arn: pulumi.Output[str] | None
    """Role that the OMS's account assumes; None without `orders.oms`."""

    taken: bool
    """Whether a service may take orders in the place of the OMS; while the party is switched off, orders wait."""

    def __init__(
        self,
        name: str,
        *,
        settings: OrdersSettings,
        foundation: Foundation,
        parties: ThirdPartiesSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self.taken = parties.orders_are_taken
        self._settings = settings
        self._queue = Queue(
            name,
            QueueArgs(
                key_arn=foundation.keys.customer_key_arn,
                protect=foundation.environment.protect,
                runbook="orders-redrive",
                fifo=True,
                visibility_timeout_seconds=settings.visibility_timeout_seconds,
                retention_days=settings.retention_days,
                max_receives=settings.max_receives,
                dead_letter=DeadLetters(retention_days=settings.dead_letter_retention_days),
            ),
            opts=self._inside,
        )
        self.queue_url = self._queue.queue_url
        self.queue_arn = self._queue.queue_arn
        self.queue_name = self._queue.queue_name
        assert self._queue.dead_letter_arn is not None
        assert self._queue.dead_letter_url is not None
        self.dead_letter_arn = self._queue.dead_letter_arn
        self.dead_letter_url = self._queue.dead_letter_url
        self._oms_role = self._role_for(settings.oms) if settings.oms else None
        self.oms_role_arn = self._oms_role.arn if self._oms_role else None
        self._watch()
        self._publish()

    def grant_send(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` send orders."""
        return self._queue.grant_send(role)

    def grant_receive(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` receive and delete orders."""
        return self._queue.grant_receive(role)

    def allow_oms_calls(self, api: Api) -> None:
        """Let the OMS call the services that the settings name."""
        if self._settings.oms and self._oms_role:
            for service in self._settings.oms.calls:
                api.grant_invoke(self._oms_role, service)

    def _role_for(self, oms: OmsAccount) -> aws.iam.Role:
        role = aws.iam.Role(
            f"{self._name}-oms",
            description="Takes orders for the order management system",
            assume_role_policy=policy_document(
                for_foreign_roles(
                    [oms.role_arn],
                    sid="OmsTakesOrders",
                    actions=["sts:AssumeRole"],
                    conditions={"StringEquals": {"sts:ExternalId": oms.external_id}},
                )
            ),
            opts=self._inside,
        )
        self.grant_receive(role)
        return role

    def _watch(self) -> None:
        settings = self._settings
        alarm(
            f"{self._name}-age",
            metric=queue_metric("ApproximateAgeOfOldestMessage", self.queue_name),
            threshold=settings.alarm_age_minutes * 60,
            meaning=f"An order has waited more than {settings.alarm_age_minutes} minutes for the OMS.",
            todo="see whether the OMS receives orders.",
            runbook="orders-redrive",
            opts=self._inside,
        )
        alarm(
            f"{self._name}-depth",
            metric=queue_metric("ApproximateNumberOfMessagesVisible", self.queue_name),
            threshold=settings.alarm_depth,
            meaning=f"More than {settings.alarm_depth} orders wait for the OMS.",
            todo="compare how many orders per minute the OMS receives with how many arrive.",
            runbook="orders-redrive",
            opts=self._inside,
        )
