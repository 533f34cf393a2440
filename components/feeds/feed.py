"""One feed: stream, dead-letter queue, grants of producers, event source mappings of consumers."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.policy_document import policy_document
from components.blocks.queue import Queue, QueueArgs
from components.blocks.ready import once_ready
from components.feeds.engine import Consumer, Engine
from settings.feeds import FeedsSettings


class Feed(StoreComponent):
    """A stream of the engine with a dead-letter queue, grants for producers, and event source mappings of consumers.

    A consumer sends an invalid record with the reason to the queue itself, and continues. Lambda repeats failed batches
    until their records are too old (`max_age_hours`): then it sends, with Kinesis, their positions in the stream to the
    queue, and with Kafka's pollers the records to the feed's dead-letter topic.
    """

    TYPE = "webstore:feeds:Feed"
    OUTPUTS = ("name", "arn", "dead_letter_url")
    name: pulumi.Output[str]
    """Name of the topic or data stream, known once it exists."""
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
            # Owners in other accounts get access by the engine's resource policies.
            if owner.split(":")[4] == self.foundation.account_id:
                role_name = owner.rpartition("/")[2]
                self._grant_write(role_name, f"owner-{role_name}")
        self._publish()

    def grant_consume(self, role: aws.iam.Role) -> list[aws.iam.RolePolicy]:
        """Let a function with `role` consume the feed and send dead letters."""
        reading = aws.iam.RolePolicy(
            f"{self._label}-read-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(*self._engine.read_statements(self._feed)),
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
        """Event source mapping of a function, from the feed's oldest record on, with alarms.

        Args:
            consumer: Name of the reading position, unique within the feed; another name starts at the oldest record.
            function_name: Name, or name:alias. Lambda connects to the brokers, the function does not.
            ready: Resources that must exist first, such as the policies of `grant_consume`.
            batch_size: Maximum of records in one invocation, 1 to 10000
                (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html).
        """
        source = Consumer(
            feed=self._feed,
            name=consumer,
            function_name=once_ready(function_name, *ready),
            batch_size=batch_size,
            dead_letter_arn=self.dead_letter_arn,
        )
        label = f"{self._label}-{consumer}"
        mapping, signals = self._engine.event_source(label, source, self._inside)
        for signal in signals:
            alarm(
                f"{label}-{signal.label}",
                metric=signal.metric,
                threshold=signal.threshold,
                meaning=signal.meaning,
                todo=signal.todo,
                periods=Periods(breaching=1, evaluated=1) if signal.at_once else Periods(breaching=3, evaluated=5),
                opts=self._inside,
            )
        return mapping

    def _grant_write(self, role_name: pulumi.Input[str], label: str) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"{self._label}-write-by-{label}",
            role=role_name,
            policy=policy_document(*self._engine.write_statements(self._feed)),
            opts=self._inside,
        )
