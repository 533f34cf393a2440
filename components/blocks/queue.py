"""An SQS queue: encrypted, TLS only, with a dead-letter queue of its own, alarms and grants."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, deny_without_tls, policy_document
from components.metric import Metric

_SEND = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage")
_RECEIVE = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
_KEY_SEND = ("kms:Decrypt", "kms:GenerateDataKey")
_KEY_RECEIVE = ("kms:Decrypt",)
# A longer reuse means fewer calls to KMS; five minutes is AWS's default.
_DATA_KEY_REUSE_SECONDS = 300
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html (QueueName)
_NAME_MAX = 80
_DAY_SECONDS = 86_400
_LONG_POLL_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class QueueArgs:
    """
    Raises:
        ValueError: the dead-letter queue has a shorter retention than the queue.
    """

    key_arn: pulumi.Input[str] | None
    """Customer key of the data class; None means SSE-SQS."""
    protect: bool
    """Pulumi refuses deletion, and keeps the queue when it leaves the program."""
    runbook: str
    """Page of `docs/runbooks` for its dead letters."""
    fifo: bool = False
    """High-throughput FIFO queue: order and deduplication per message group."""
    visibility_timeout_seconds: int = 30
    """At least six times the timeout of a consuming function
    (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""
    retention_days: int = 14
    max_receives: int = 5
    """Receives after which a message moves to the dead-letter queue."""
    dead_letter: "DeadLetters | None" = None
    holds_failures: bool = False
    """It is the dead-letter queue of an AWS service: the alarm goes off for any message."""
    senders: Sequence["Sender"] = ()
    """AWS services that send to it."""

    def __post_init__(self) -> None:
        dead = self.dead_letter
        if dead and dead.retention_days < self.retention_days:
            raise ValueError(
                f"dead letters must be kept at least as long as messages, {self.retention_days} days, and are kept"
                f" {dead.retention_days}: SQS counts from the time a message was first sent; raise"
                " `dead_letter.retention_days`"
            )


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """Dead-letter queue of a queue."""

    retention_days: int = 14


class Queue(StoreComponent):
    """Queue with a TLS-only policy; with `dead_letter`, a dead-letter queue of the same kind for this queue only, with
    an alarm.

    Billed by request (https://aws.amazon.com/sqs/pricing/).
    """

    TYPE = "webstore:blocks:Queue"
    OUTPUTS = ("queue_arn", "queue_url", "queue_name", "dead_letter_arn", "dead_letter_url")
    queue_arn: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    queue_name: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str] | None
    dead_letter_url: pulumi.Output[str] | None

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        dead = self._queue(f"{name}-dead", retention_days=args.dead_letter.retention_days) if args.dead_letter else None
        redrive = (
            pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": args.max_receives})
            if dead
            else None
        )
        queue = self._queue(name, retention_days=args.retention_days, redrive_policy=redrive)
        self.queue_arn = queue.arn
        self.queue_url = queue.url
        self.queue_name = queue.name
        self.dead_letter_arn = dead.arn if dead else None
        self.dead_letter_url = dead.url if dead else None
        self._policy(name, queue, *(sender.statement(queue.arn, self.foundation.account_id) for sender in args.senders))
        if dead:
            self._policy(f"{name}-dead", dead)
            aws.sqs.RedriveAllowPolicy(
                f"{name}-dead",
                queue_url=dead.url,
                redrive_allow_policy=pulumi.Output.json_dumps(
                    {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
                ),
                opts=self._inside,
            )
            self._watch_failures(dead.name, f"{name}-dead")
        else:
            # Otherwise every queue of the account may use this one as its dead-letter queue.
            aws.sqs.RedriveAllowPolicy(
                name,
                queue_url=queue.url,
                redrive_allow_policy=json.dumps({"redrivePermission": "denyAll"}),
                opts=self._inside,
            )
        if args.holds_failures:
            self._watch_failures(queue.name, name)
        self._publish()

    def grant_send(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` send messages."""
        return self._grant(role, "send", _SEND, _KEY_SEND)

    def grant_receive(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` receive and delete messages."""
        return self._grant(role, "receive", _RECEIVE, _KEY_RECEIVE)

    def _watch_failures(self, queue_name: pulumi.Input[str], name: str) -> None:
        alarm(
            f"{name}-messages",
            metric=queue_metric("ApproximateNumberOfMessagesVisible", queue_name),
            threshold=0,
            meaning=f"Messages whose processing failed are in the dead-letter queue {name}.",
            todo="read its messages, repair the cause, and send the messages again.",
            runbook=self._args.runbook,
            # A single message needs action, and stays in the queue until then.
            periods=Periods(breaching=1, evaluated=1),
            opts=self._inside,
        )

    def _queue(
        self, name: str, *, retention_days: int, redrive_policy: pulumi.Output[str] | None = None
    ) -> aws.sqs.Queue:
        args = self._args
        own_key = args.key_arn is not None
        return aws.sqs.Queue(
            name,
            name=f"{in_stack(f'{pulumi.get_project()}-{name}', limit=_NAME_MAX - 5)}.fifo" if args.fifo else None,
            fifo_queue=args.fifo or None,
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
            deduplication_scope="messageGroup" if args.fifo else None,
            fifo_throughput_limit="perMessageGroupId" if args.fifo else None,
            # Senders set the deduplication id: a hash of the body would differ for the same order with another time.
            content_based_deduplication=False if args.fifo else None,
            kms_master_key_id=args.key_arn,
            kms_data_key_reuse_period_seconds=_DATA_KEY_REUSE_SECONDS if own_key else None,
            sqs_managed_sse_enabled=None if own_key else True,
            visibility_timeout_seconds=args.visibility_timeout_seconds,
            message_retention_seconds=retention_days * _DAY_SECONDS,
            receive_wait_time_seconds=_LONG_POLL_SECONDS,
            redrive_policy=redrive_policy,
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )

    def _policy(self, name: str, queue: aws.sqs.Queue, *statements: Statement) -> None:
        aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=policy_document(*statements, deny_without_tls("sqs:*", queue.arn)),
            opts=self._inside,
        )

    def _grant(
        self, role: aws.iam.Role, kind: str, actions: tuple[str, ...], key_actions: tuple[str, ...]
    ) -> aws.iam.RolePolicy:
        statements = [Statement(sid="Messages", actions=actions, resources=[self.queue_arn])]
        if self._args.key_arn is not None:
            statements.append(
                Statement(
                    sid="KeyThroughSqs",
                    actions=key_actions,
                    resources=[self._args.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"sqs.{self.foundation.region}.amazonaws.com"}},
                )
            )
        return aws.iam.RolePolicy(
            f"{self._name}-{kind}-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(*statements),
            opts=self._inside,
        )


@dataclass(frozen=True, kw_only=True)
class Sender:
    """An AWS service that sends on behalf of one resource of the account."""

    sid: str
    service: str
    source_arn: pulumi.Input[str]

    def statement(self, queue_arn: pulumi.Input[str], account_id: str) -> Statement:
        return Statement(
            sid=self.sid,
            actions=["sqs:SendMessage"],
            services=[self.service],
            resources=[queue_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": account_id},
                "ArnEquals": {"aws:SourceArn": self.source_arn},
            },
        )


def queue_metric(
    metric: str, queue_name: pulumi.Input[str], *, statistic: str = "Maximum", period_seconds: int = 60
) -> Metric:
    """A metric of a queue (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html)."""
    return Metric(
        namespace="AWS/SQS",
        name=metric,
        dimensions={"QueueName": queue_name},
        statistic=statistic,
        period_seconds=period_seconds,
    )
