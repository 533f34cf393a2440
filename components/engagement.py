"""Engagement: messages to customers about orders and offers, and what their answers change."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.deliveries import configuration_set, configuration_set_name
from components.blocks.policy_document import Statement, policy_document
from components.blocks.queue import Queue
from components.blocks.service_events import ServiceEventsArgs, service_events
from components.foundation import Foundation
from components.identity import Identity
from functions.common import names
from settings.engagement import EndUserMessaging, EngagementSettings

# Name in a configuration set to detail type on the bus (https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html).
_FOLLOWED = {
    "BOUNCE": "Email Bounced",
    "COMPLAINT": "Email Complaint Received",
    "SUBSCRIPTION": "Email Subscribed",
}
_DEAD_LETTERS = "engagement#approximatenumberofmessagesvisible"


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
        minutes = engine.feedback_age_alarm_minutes
        queue = service_events(
            f"{self._name}-feedback",
            ServiceEventsArgs(
                about="Bounces, complaints and unsubscriptions of messages to customers",
                pattern=pulumi.Output.json_dumps(
                    {
                        "source": ["aws.ses"],
                        "detail-type": sorted(_FOLLOWED.values()),
                        "detail": {"mail": {"tags": {"ses:configuration-set": [configuration_set_name(self._name)]}}},
                    }
                ),
                key_arn=self.foundation.keys.customer_key_arn,
                runbook=_DEAD_LETTERS,
                age_minutes=minutes,
                late=f"A customer who unsubscribed or complained has waited more than {minutes} minutes for the store"
                " to know it.",
                late_todo="see whether the function of service mail-feedback runs, then read its log.",
                lost="Bounces, complaints or unsubscriptions did not reach their queue.",
            ),
            opts=self._inside,
        )
        aws.sesv2.ConfigurationSetEventDestination(
            f"{self._name}-feedback",
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
        return queue
