"""A rule of the event bus with one target."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.queue import Queue, QueueArgs, Sender
from components.metric import Metric
from events.catalogue import pattern

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_PATTERN_MAX = 2048


@dataclass(frozen=True, kw_only=True)
class Bus:
    """The event bus of a subscription."""

    name: pulumi.Input[str]
    dead_letter_days: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """Target of a rule, and the retries of its deliveries."""

    arn: pulumi.Input[str]
    role_arn: pulumi.Input[str] | None = None
    """Role with which EventBridge calls an API destination; other targets admit EventBridge by their own policy."""
    request: aws.cloudwatch.EventTargetInputTransformerArgs | None = None
    """Body of the request; None delivers the whole event."""
    retry_hours: int = 24
    retry_attempts: int = 185


class Subscription(StoreComponent):
    """Rule, target, dead-letter queue, and alarms on failed deliveries."""

    TYPE = "webstore:events:Subscription"

    def __init__(
        self,
        name: str,
        *,
        bus: Bus,
        events: Sequence[str],
        target: Target,
        only_if: str | None = None,
        enabled: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            events: Detail types.
            only_if: Path of a field that must be true.
            enabled: False keeps all resources and delivers nothing.

        Raises:
            CatalogueError: an event that is not declared.
            RunError: the pattern of the rule is longer than EventBridge accepts.
        """
        super().__init__(name, opts)
        text = json.dumps(pattern(events, only_if))
        if len(text) > _PATTERN_MAX:
            raise pulumi.RunError(
                f"the event pattern of {name} must have at most {_PATTERN_MAX} characters, and has {len(text)} for"
                f" {len(events)} events: make several subscriptions, each with its own `purpose`"
            )
        rule = aws.cloudwatch.EventRule(
            name,
            event_bus_name=bus.name,
            event_pattern=text,
            description=f"{name}: {', '.join(sorted(events))}"[:512],
            state="ENABLED" if enabled else "DISABLED",
            opts=self._inside,
        )
        dead = Queue(
            f"{name}-dead",
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=False,  # its events are in the archive, and removing a consumer removes its queue
                runbook="events-dead-letters",
                retention_days=bus.dead_letter_days,
                holds_failures=True,
                senders=[Sender(sid="RuleSends", service="events.amazonaws.com", source_arn=rule.arn)],
            ),
            opts=self._inside,
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            event_bus_name=bus.name,
            arn=target.arn,
            role_arn=target.role_arn,
            input_transformer=target.request,
            dead_letter_config={"arn": dead.queue_arn},
            retry_policy={
                "maximum_event_age_in_seconds": target.retry_hours * 3600,
                "maximum_retry_attempts": target.retry_attempts,
            },
            opts=self._inside,
        )
        self._watch(name, bus, rule)
        self._publish()

    def _watch(self, name: str, bus: Bus, rule: aws.cloudwatch.EventRule) -> None:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
        for suffix, metric, meaning, todo in (
            (
                "failures",
                "FailedInvocations",
                f"Events of rule {name} were not delivered: the target rejects them, or all retries failed.",
                "read the error code in the attributes of a message in the dead-letter queue.",
            ),
            (
                "lost",
                "InvocationsFailedToBeSentToDlq",
                f"Events of rule {name} that were not delivered did not reach its dead-letter queue either.",
                "repair the policy or the key of the dead-letter queue, then replay the events from the archive.",
            ),
            (
                "throttled",
                "ThrottledRules",
                f"EventBridge throttles rule {name}: events are delivered late.",
                "request a higher quota of target invocations, or raise `rate_limit_per_second` of the third party.",
            ),
        ):
            alarm(
                f"{name}-{suffix}",
                metric=Metric(
                    namespace="AWS/Events",
                    name=metric,
                    dimensions={"EventBusName": bus.name, "RuleName": rule.name},
                    statistic="Sum",
                    period_seconds=300,
                ),
                threshold=0,
                meaning=meaning,
                todo=todo,
                periods=Periods(breaching=1, evaluated=1),
                opts=self._inside,
            )
