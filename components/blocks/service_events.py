"""What an AWS service tells the account's default event bus, in a queue."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarm import Periods, alarm
from components.blocks.queue import DeadLetters, Queue, QueueArgs, Sender, queue_metric
from components.metric import Metric

# Six times the timeout of the function that takes it, by default 30 seconds
# (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
_VISIBILITY_SECONDS = 180
_RETRY_ATTEMPTS = 185


@dataclass(frozen=True, kw_only=True)
class ServiceEventsArgs:
    about: str
    """Description of the rule."""
    pattern: pulumi.Input[str]
    """Pattern of the events, as JSON. Other stacks of the account are on the same bus: it must name what is this
    stack's own."""
    key_arn: pulumi.Input[str]
    """Customer key of the data class."""
    runbook: str
    """Page of `docs/runbooks` for dead letters."""
    retention_days: int = 14
    max_receives: int = 10
    """Receives after which a message becomes a dead letter."""
    retry_hours: int = 24
    """How long EventBridge tries to deliver an event."""
    age_minutes: int
    """Alarm when a message waits longer."""
    late: str
    """What it means when messages wait."""
    late_todo: str
    lost: str
    """What it means when events do not reach the queue."""


def service_events(name: str, args: ServiceEventsArgs, *, opts: pulumi.ResourceOptions) -> Queue:
    """A rule on the default bus, where alone AWS's services publish, the queue that it fills, which has dead letters, a
    queue of what it could not deliver, and alarms. Neither is protected: the service knows the same."""
    rule = aws.cloudwatch.EventRule(name, description=args.about, event_pattern=args.pattern, opts=opts)
    queue = _messages(name, args, rule, is_undelivered=False, opts=opts)
    undelivered = _messages(f"{name}-dead-events", args, rule, is_undelivered=True, opts=opts)
    aws.cloudwatch.EventTarget(
        name,
        rule=rule.name,
        arn=queue.queue_arn,
        dead_letter_config={"arn": undelivered.queue_arn},
        retry_policy={
            "maximum_event_age_in_seconds": 3600 * args.retry_hours,
            "maximum_retry_attempts": _RETRY_ATTEMPTS,
        },
        opts=opts,
    )
    alarm(
        f"{name}-age",
        metric=queue_metric("ApproximateAgeOfOldestMessage", queue.queue_name),
        threshold=60 * args.age_minutes,
        meaning=args.late,
        todo=args.late_todo,
        opts=opts,
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
        meaning=args.lost,
        todo="read the error code in the attributes of a message in the queue of undelivered events.",
        opts=opts,
    )
    return queue


def _messages(
    name: str,
    args: ServiceEventsArgs,
    rule: aws.cloudwatch.EventRule,
    *,
    is_undelivered: bool,
    opts: pulumi.ResourceOptions,
) -> Queue:
    return Queue(
        name,
        QueueArgs(
            key_arn=args.key_arn,
            protect=False,
            runbook=args.runbook,
            visibility_timeout_seconds=30 if is_undelivered else _VISIBILITY_SECONDS,
            retention_days=args.retention_days,
            max_receives=args.max_receives,
            dead_letter=None if is_undelivered else DeadLetters(),
            holds_failures=is_undelivered,
            senders=[Sender(sid="RuleSends", service="events.amazonaws.com", source_arn=rule.arn)],
        ),
        opts=opts,
    )
