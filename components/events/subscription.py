"""A rule of the event bus with its one target."""

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
    """What subscriptions share."""

    name: pulumi.Input[str]
    dead_letter_days: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """Who is told, and how long that is tried."""

    arn: pulumi.Input[str]
    role_arn: pulumi.Input[str] | None = None
    """Role by which EventBridge calls it; functions, queues and topics let it in by their own policy instead."""
    request: aws.cloudwatch.EventTargetInputTransformerArgs | None = None
    """What it gets; without it the whole event."""
    retry_hours: int = 24
    retry_attempts: int = 185


class Subscription(StoreComponent):
    """Rule, target, dead-letter queue, and alarms on what does not arrive."""

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
            events: detail types that are heard.
            only_if: path of a field that must be true.
            enabled: False leaves everything in place and tells nobody.

        Raises:
            CatalogueError: an event that is not declared.
            RunError: more events than a rule's pattern can name.
        """
        super().__init__(name, opts)
        text = json.dumps(pattern(events, only_if))
        if len(text) > _PATTERN_MAX:
            raise pulumi.RunError(
                f"{name} hears {len(events)} events: their pattern has {len(text)} characters, a rule takes"
                f" {_PATTERN_MAX}; divide them between subscriptions with a purpose each"
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
                # Its events are in the archive, too; who hears them must be able to go.
                protect=False,
                runbook="events-dead-letters",
                retention_days=bus.dead_letter_days,
                holds_failures=True,
                senders=[
                    Sender(
                        sid="RuleSends",
                        service="events.amazonaws.com",
                        source_arn=rule.arn,
                    )
                ],
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
                f"Events of {name} fail for good: the target refuses them, or its time for retries is over.",
                "read the reason in the dead-letter queue.",
            ),
            (
                "lost",
                "InvocationsFailedToBeSentToDlq",
                f"Failed events of {name} do not even reach the dead-letter queue.",
                "see its policy and key, then replay them from the archive.",
            ),
            (
                "throttled",
                "ThrottledRules",
                f"EventBridge slows {name} down; events come late.",
                "have the quota of invocations raised, or the target's rate limit.",
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
