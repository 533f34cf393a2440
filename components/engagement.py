"""Engagement: messages to customers about orders and offers, and what their answers change."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.deliveries import configuration_set, configuration_set_name
from components.blocks.policy_document import Statement, policy_document
from components.blocks.queue import DeadLetters, Queue, QueueArgs, Sender, queue_metric
from components.foundation import Foundation
from components.identity import Identity
from components.metric import Metric
from functions.common import names
from settings.engagement import EndUserMessaging, EngagementSettings

# Name in a configuration set to detail type on the bus (https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html).
_FOLLOWED = {
    "BOUNCE": "Email Bounced",
    "COMPLAINT": "Email Complaint Received",
    "SUBSCRIPTION": "Email Subscribed",
}
_DEAD_LETTERS = "engagement#approximatenumberofmessagesvisible"
# Six times the timeout of the function that takes it, by default 30 seconds
# (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
_VISIBILITY_SECONDS = 180


class Engagement(StoreComponent):
    """Engagement of point 10 of the guidance, by Amazon SES: a configuration set of its own, whose bounces, complaints
    and unsubscriptions reach a queue by the account's default event bus.

    Services get `grant_send` and `variables`, or `grant_follow` and the queue. SES publishes events at best once it can
    (https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html): the suppression list of the account holds
    without them. Messages and events are billed by their number.
    """

    TYPE = "webstore:engagement:Engagement"
    DASHBOARD = "app"
    OUTPUTS = ("configuration_set", "feedback_dead_letter_url")
    configuration_set: pulumi.Output[str] | None
    """Configuration set of messages about orders and offers; None without an engine or a sender."""
    feedback_queue_arn: pulumi.Output[str] | None
    feedback_dead_letter_url: pulumi.Output[str] | None
    """Queue of bounces, complaints and unsubscriptions that could not be followed; None as above."""
    variables: dict[str, pulumi.Input[str]] | None
    """What a service that sends finds in its environment; None as above."""

    def __init__(
        self,
        name: str,
        *,
        settings: EngagementSettings,
        foundation: Foundation,
        identity: Identity,
        contacts: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            contacts: Contact list of SES with the customers who agreed to offers; without it no offers are sent.
        """
        super().__init__(name, opts, foundation=foundation)
        self.configuration_set = self.feedback_queue_arn = self.feedback_dead_letter_url = self.variables = None
        self._sender = identity.sender
        if isinstance(settings.engine, EndUserMessaging) and self._sender is not None:
            deliveries = configuration_set(
                name,
                consequence="customers hear nothing of their orders, and nobody can sign up",
                todo="see which messages bounce or are complained about.",
                opts=self._inside,
            )
            self.configuration_set = deliveries.configuration_set_name
            self._queue = self._follow(deliveries, settings.engine)
            self.feedback_queue_arn = self._queue.queue_arn
            self.feedback_dead_letter_url = self._queue.dead_letter_url
            self.variables = {
                names.MAIL_FROM: self._sender.mailbox,
                names.MAIL_STORE: self._sender.name,
                names.MAIL_REPLY_TO: self._sender.reply_to,
                names.MAIL_CONFIGURATION_SET: configuration_set_name(name),
                names.STORE_URL: identity.store_url,
                **({names.CONTACT_LIST: contacts} if contacts else {}),
            }
        self._publish()

    def grant_send(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` send from the store's address with this configuration set, and nothing else."""
        if self._sender is None or self.configuration_set is None:
            raise ValueError("engagement.engine must be on, and `identity.email` must be `ses`, before a role may send")
        return aws.iam.RolePolicy(
            f"{self._name}-send-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
                Statement(
                    sid="Messages",
                    actions=["ses:SendEmail"],
                    resources=[
                        # In the sandbox SES asks for the receiver's identity, too
                        # (https://github.com/cloudposse/terraform-aws-ses/issues/40); the condition names the sender.
                        self.foundation.arn("ses", "identity/*"),
                        self.foundation.arn("ses", f"configuration-set/{configuration_set_name(self._name)}"),
                    ],
                    conditions={"StringEquals": {"ses:FromAddress": self._sender.address}},
                )
            ),
            opts=self._inside,
        )

    def grant_follow(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` take bounces, complaints and unsubscriptions."""
        return self._queue.grant_receive(role)

    def _follow(self, deliveries: aws.sesv2.ConfigurationSet, engine: EndUserMessaging) -> Queue:
        name = f"{self._name}-feedback"
        rule = aws.cloudwatch.EventRule(
            name,
            description="Bounces, complaints and unsubscriptions of messages to customers",
            # Other stacks of the account have configuration sets of their own on the same bus.
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.ses"],
                    "detail-type": sorted(_FOLLOWED.values()),
                    "detail": {"mail": {"tags": {"ses:configuration-set": [configuration_set_name(self._name)]}}},
                }
            ),
            opts=self._inside,
        )
        queue = self._messages(name, rule, visibility_seconds=_VISIBILITY_SECONDS)
        undelivered = self._messages(f"{name}-dead-events", rule)
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            arn=queue.queue_arn,
            dead_letter_config={"arn": undelivered.queue_arn},
            retry_policy={"maximum_event_age_in_seconds": 24 * 3600, "maximum_retry_attempts": 185},
            opts=self._inside,
        )
        aws.sesv2.ConfigurationSetEventDestination(
            name,
            configuration_set_name=deliveries.configuration_set_name,
            event_destination_name="eventbridge",
            event_destination={
                "enabled": True,
                "matching_event_types": sorted(_FOLLOWED),
                # SES publishes to the default bus alone.
                "event_bridge_destination": {"event_bus_arn": self.foundation.arn("events", "event-bus/default")},
            },
            opts=self._inside,
        )
        self._watch(name, rule, queue, engine)
        return queue

    def _messages(self, name: str, rule: aws.cloudwatch.EventRule, *, visibility_seconds: int | None = None) -> Queue:
        """Queue that the rule sends to; without a visibility timeout, of what it could not deliver."""
        senders: Sequence[Sender] = [Sender(sid="RuleSends", service="events.amazonaws.com", source_arn=rule.arn)]
        return Queue(
            name,
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=False,  # the suppression list and the contact list of SES know the same
                runbook=_DEAD_LETTERS,
                visibility_timeout_seconds=visibility_seconds or 30,
                max_receives=10,
                dead_letter=DeadLetters() if visibility_seconds else None,
                holds_failures=not visibility_seconds,
                senders=senders,
            ),
            opts=self._inside,
        )

    def _watch(self, name: str, rule: aws.cloudwatch.EventRule, queue: Queue, engine: EndUserMessaging) -> None:
        minutes = engine.feedback_age_alarm_minutes
        alarm(
            f"{name}-age",
            metric=queue_metric("ApproximateAgeOfOldestMessage", queue.queue_name),
            threshold=minutes * 60,
            meaning=f"A customer who unsubscribed or complained has waited more than {minutes} minutes for the store to"
            " know it.",
            todo="see whether the function of service mail-feedback runs, then read its log.",
            opts=self._inside,
        )
        alarm(
            f"{name}-failures",
            metric=Metric(
                namespace="AWS/Events",
                name="FailedInvocations",
                dimensions={"RuleName": rule.name},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=0,
            periods=Periods(breaching=1, evaluated=1),
            meaning="Bounces, complaints or unsubscriptions did not reach their queue.",
            todo="read the error code in the attributes of a message in the queue of undelivered events.",
            opts=self._inside,
        )
