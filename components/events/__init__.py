"""Events: the EventBridge bus between services, and to third parties."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, account_root, policy_document
from components.blocks.queue import Queue, QueueArgs, Sender
from components.events.logs import BusLogs
from components.events.subscription import Bus, Subscription, Target
from components.events.third_party import Credentials, Destination, request_template
from components.foundation import Foundation
from events.catalogue import event_named, events, pattern
from settings.events import EventsSettings
from settings.third_parties import EventCalls, ThirdPartiesSettings, ThirdParty

__all__ = ["Events", "Subscription", "Target"]


def _archived() -> dict[str, Any]:
    """Pattern of the events that are archived: all whose schema has no contact data.

    An archive deletes no single event (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html), so it
    could not forget a customer.
    """
    kept = [event for event in events().values() if "contact" not in event.data_classes]
    return pattern(event.detail_type for event in kept)


class Events(StoreComponent):
    """Custom bus with policy, archive, logs and schema registry; a rule with dead-letter queue for each consumer.

    The bus, its archive and its queues are under the key of the data class customer, since events contain customers'
    orders and addresses. Schema discovery does not work on a bus with a customer managed key
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html); the schemas are
    declared in `events/schemas` anyway. Billed by event (https://aws.amazon.com/eventbridge/pricing/).
    """

    TYPE = "webstore:events:Events"
    DASHBOARD = "events"
    OUTPUTS = ("bus_name", "bus_arn", "registry_name")
    bus_name: pulumi.Output[str]
    bus_arn: pulumi.Output[str]
    registry_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: EventsSettings,
        foundation: Foundation,
        parties: ThirdPartiesSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        # The policy of the queue below must name the bus before the bus exists.
        bus_name = self._bus_label = in_stack(f"{pulumi.get_project()}-{name}", limit=256)
        account_id, region = foundation.account_id, foundation.region
        undecryptable = Queue(
            f"{name}-undecryptable",
            QueueArgs(
                key_arn=None,  # for events that the customer key could not encrypt
                protect=foundation.environment.protect,
                runbook="events-dead-letters",
                retention_days=settings.dead_letter_days,
                holds_failures=True,
                senders=[
                    Sender(
                        sid="BusSends",
                        service="events.amazonaws.com",
                        source_arn=f"arn:aws:events:{region}:{account_id}:event-bus/{bus_name}",
                    )
                ],
            ),
            opts=self._inside,
        )
        bus = aws.cloudwatch.EventBus(
            name,
            name=bus_name,
            description="What happens in the store",
            kms_key_identifier=foundation.keys.customer_key_arn,
            dead_letter_config={"arn": undecryptable.queue_arn},
            log_config={"level": settings.log_level.upper(), "include_detail": "NONE"},
            opts=self._kept(),
        )
        self.bus_name = bus.name
        self.bus_arn = bus.arn
        self._bus = Bus(name=bus.name, dead_letter_days=settings.dead_letter_days)
        aws.cloudwatch.EventBusPolicy(
            name,
            event_bus_name=bus.name,
            policy=policy_document(
                *_emit_statements(account_id, f"arn:aws:events:{region}:{account_id}:event-bus/{bus_name}")
            ),
            opts=self._inside,
        )
        aws.cloudwatch.EventArchive(
            name,
            description="All events without contact data, for replay",
            event_source_arn=bus.arn,
            event_pattern=json.dumps(_archived()),
            retention_days=settings.archive_days,
            kms_key_identifier=foundation.keys.customer_key_arn,
            opts=self._kept(),
        )
        if settings.log_level != "off":
            BusLogs(
                f"{name}-log",
                level=settings.log_level,
                retention_days=settings.log_days,
                bus_arn=bus.arn,
                opts=self._inside,
            )
        self.registry_name = self._schemas()
        for party, about in sorted(parties.parties.items()):
            if about.events:
                self._deliver_to(party, about, about.events)
        self._publish()

    def grant_emit(self, role: aws.iam.Role, service: str, names: Collection[str]) -> aws.iam.RolePolicy:
        """Let `role` emit these events of a service, and no others.

        Raises:
            CatalogueError: an event that is not declared.
        """
        wanted = [event_named(name) for name in sorted(names)]
        return aws.iam.RolePolicy(
            f"{self._name}-{service}-emit-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="Emit",
                    actions=["events:PutEvents"],
                    resources=[self.bus_arn],
                    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
                    conditions={
                        "StringEquals": {
                            "events:source": sorted({event.source for event in wanted}),
                            "events:detail-type": [event.detail_type for event in wanted],
                        }
                    },
                )
            ),
            opts=self._inside,
        )

    def subscribe(
        self,
        consumer: str,
        names: Sequence[str],
        target: Target,
        *,
        purpose: str = "",
        only_if: str | None = None,
        enabled: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Subscription:
        """Deliver these events to `target`, whose policy must admit EventBridge for `rule_arns` of the consumer.

        Args:
            consumer: Service or third party, as in the catalogue.
            purpose: Distinguishes the subscriptions of one consumer.
            only_if: Path of a field that must be true.
            enabled: False keeps all resources and delivers nothing.

        Raises:
            CatalogueError: an event that is not declared.
        """
        return Subscription(
            "-".join(filter(None, (self._name, consumer, purpose))),
            bus=self._bus,
            events=names,
            target=target,
            only_if=only_if,
            enabled=enabled,
            opts=opts or self._inside,
        )

    @property
    def known_bus_arn(self) -> str:
        """ARN of the bus as a plain string, so that previews show the policies that name it."""
        here = f"{self.foundation.region}:{self.foundation.account_id}"
        return f"arn:aws:events:{here}:event-bus/{self._bus_label}"

    def rule_arns(self, consumer: str) -> str:
        """ARN pattern of a consumer's rules, for the policy of its target."""
        here = f"{self.foundation.region}:{self.foundation.account_id}"
        return f"arn:aws:events:{here}:rule/{self._bus_label}/{self._name}-{consumer}-*"

    def _schemas(self) -> pulumi.Output[str]:
        registry = aws.schemas.Registry(
            self._name,
            name=in_stack(f"{pulumi.get_project()}-{self._name}", limit=64),
            description="Events of the web store",
            opts=self._inside,
        )
        for detail_type, event in events().items():
            aws.schemas.Schema(
                f"{self._name}-{detail_type.replace('.', '-')}",
                # In the form of AWS's own registry.
                name=f"{event.source}@{detail_type}",
                registry_name=registry.name,
                type="JSONSchemaDraft4",
                description=event.schema.get("description"),
                content=json.dumps(event.schema, sort_keys=True),
                opts=self._inside,
            )
        return registry.name

    def _deliver_to(self, party: str, about: ThirdParty, calls: EventCalls) -> None:
        label, secret_arn = f"{self._name}-{party}", calls.auth.secret.arn
        if secret_arn is None:
            secret_arn = Credentials(label, party=party, settings=calls, opts=self._inside).secret_arn
        if calls.auth.secret.awaited:
            # CloudFormation refuses a reference to a secret without a value.
            return
        destination = Destination(
            label,
            kind=about.kind,
            enabled=about.enabled,
            settings=calls,
            secret_arn=secret_arn,
            bus_name=self.bus_name,
            opts=self._inside,
        )
        for name, delivery in sorted(calls.sends.items()):
            self.subscribe(
                party,
                [name],
                Target(
                    arn=destination.destination_arn,
                    role_arn=destination.role_arn,
                    request=request_template(delivery.fields),
                    retry_hours=calls.retry_hours,
                    retry_attempts=calls.retry_attempts,
                ),
                purpose=name.replace(".", "-"),
                only_if=delivery.only_if,
                enabled=about.enabled,
            )


def _emit_statements(account_id: str, bus_arn: str) -> list[Statement]:
    """Principals of the account emit events of declared sources, if their own policies allow it too."""
    return [
        Statement(
            sid="PrincipalsOfTheAccount",
            actions=["events:PutEvents"],
            principals=[account_root(account_id)],
            resources=[bus_arn],
        ),
        Statement(
            sid="DenyUndeclaredSources",
            effect="Deny",
            actions=["events:PutEvents"],
            anyone=True,
            resources=[bus_arn],
            conditions={"StringNotEquals": {"events:source": sorted({event.source for event in events().values()})}},
        ),
        Statement(
            sid="DenyOtherAccounts",
            effect="Deny",
            actions=["events:PutEvents"],
            anyone=True,
            resources=[bus_arn],
            conditions={
                "StringNotEquals": {"aws:PrincipalAccount": account_id},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
    ]
