"""One feed: its stream, its dead letters, who writes it and who is fed by it."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.policy_document import policy_document
from components.blocks.queue import Queue, QueueArgs
from components.blocks.ready import once_ready
from components.feeds.engine import Engine, Reader, Signal
from components.metric import Metric
from settings.feeds import FeedsSettings


class Feed(StoreComponent):
    """A stream of the engine with a queue of dead letters, grants for writers and readers, and Lambda's way to read it.

    A reader puts records that it cannot use into the queue itself, with the reason, and goes on. What fails beyond that
    is tried again and then set aside by Lambda: with Kinesis into the same queue (the places in the stream), with Kafka
    into the feed's dead topic (the records), or on demand into the queue (the places).
    """

    TYPE = "webstore:feeds:Feed"
    OUTPUTS = ("name", "arn", "dead_letter_url")
    name: pulumi.Output[str]
    """Of the topic or data stream, as clients name it; known when it exists."""
    arn: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        feed: str,
        settings: FeedsSettings,
        engine: Engine,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._label = name
        self._feed = feed
        self._engine = engine
        self._queue = Queue(
            f"{name}-dead",
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=self.foundation.environment.protect,
                runbook="feeds-dead-letters",
                retention_days=settings.dead_letter_days,
                holds_failures=True,
            ),
            opts=self._inside,
        )
        self.name = engine.stream_name(feed)
        self.arn = engine.stream_arn(feed)
        self.dead_letter_url = self._queue.queue_url
        self.dead_letter_arn = self._queue.queue_arn
        for owner in settings.streams[feed].owners:
            # Those of other accounts are let in by the engine, with policies of its own.
            if owner.split(":")[4] == self.foundation.account_id:
                role_name = owner.rpartition("/")[2]
                self._let_write(role_name, f"owner-{role_name}")
        self._publish()

    def grant_consume(self, role: aws.iam.Role) -> list[aws.iam.RolePolicy]:
        """Let Lambda feed the function that has `role`, and the function write dead letters."""
        reading = aws.iam.RolePolicy(
            f"{self._label}-read-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(*self._engine.reading(self._feed)),
            opts=self._inside,
        )
        return [reading, self._queue.grant_send(role)]

    def consume(
        self,
        *,
        consumer: str,
        function_name: pulumi.Input[str],
        ready: Sequence[pulumi.CustomResource] = (),
        batch_size: int = 100,
    ) -> aws.lambda_.EventSourceMapping:
        """Have Lambda read the feed for a function, from its oldest record on, and watch how far behind it is.

        Args:
            consumer: Name by which the reading position is kept, unique within the feed; another name reads anew.
            function_name: Name, or name:alias. The function needs no way to the brokers: Lambda's pollers have it.
            ready: What must be there before it is invoked, the policies of `grant_consume` among them.
            batch_size: Records at most in one call, 1 to 10000
                (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html).
        """
        reader = Reader(
            feed=self._feed,
            consumer=consumer,
            function_name=once_ready(function_name, *ready),
            batch_size=batch_size,
            dead_letter_arn=self.dead_letter_arn,
        )
        label = f"{self._label}-{consumer}"
        mapping, signals = self._engine.read_for(label, reader, self._inside)
        lost = Signal(
            label="lost",
            # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
            metric=Metric(
                namespace="AWS/Lambda",
                name="DestinationDeliveryFailures",
                dimensions={"FunctionName": reader.in_metrics},
                statistic="Sum",
            ),
            threshold=0,
            meaning=f"Records of {self._feed} that {consumer} failed with could not be set aside, and are lost to it.",
            at_once=True,
        )
        for signal in (*signals, lost):
            alarm(
                f"{label}-{signal.label}",
                metric=signal.metric,
                threshold=signal.threshold,
                meaning=signal.meaning,
                todo="find out what keeps the consumer from its records.",
                periods=Periods(breaching=1, evaluated=1) if signal.at_once else Periods(breaching=3, evaluated=5),
                opts=self._inside,
            )
        return mapping

    def _let_write(self, role_name: pulumi.Input[str], label: str) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"{self._label}-write-by-{label}",
            role=role_name,
            policy=policy_document(*self._engine.writing(self._feed)),
            opts=self._inside,
        )
