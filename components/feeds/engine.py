"""Interface of the engines of feeds, Kafka and Kinesis."""

from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement
from components.blocks.security_group import SecurityGroup
from components.metric import Metric


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A function that consumes a feed."""

    feed: str
    name: str
    """Name of the reading position, unique within the feed."""
    function_name: pulumi.Output[str]
    """Name, or name:alias, known once the function and the policies of its role exist."""
    batch_size: int
    dead_letter_arn: pulumi.Input[str]
    """Dead-letter queue of the feed; only Kinesis has Lambda send there."""

    @property
    def metric_name(self) -> pulumi.Output[str]:
        """The function's name without alias, as in Lambda's metrics."""
        return self.function_name.apply(lambda name: name.partition(":")[0])


@dataclass(frozen=True, kw_only=True)
class Signal:
    """An alarm on a consumer, above the threshold."""

    label: str
    metric: Metric
    threshold: float
    meaning: str
    todo: str = "read the errors and the durations in the consumer's log."
    at_once: bool = False
    """After one period: the failure does not pass by itself."""


class Engine(Protocol):
    """The topics or data streams of the feeds, one for each feed."""

    cluster_arn: pulumi.Output[str] | None
    bootstrap_brokers: pulumi.Output[str] | None
    group: SecurityGroup | None
    """Security group of the brokers; None with Kinesis."""

    def stream_name(self, feed: str) -> pulumi.Output[str]:
        """Known once the stream exists."""
        ...

    def stream_arn(self, feed: str) -> pulumi.Output[str]: ...

    def write_statements(self, feed: str) -> list[Statement]:
        """For the role of a producer."""
        ...

    def read_statements(self, feed: str) -> list[Statement]:
        """For the role of a consuming function."""
        ...

    def event_source(
        self, label: str, consumer: Consumer, inside: pulumi.ResourceOptions
    ) -> tuple[aws.lambda_.EventSourceMapping, list[Signal]]:
        """Event source mapping of a consumer, with its alarms on lag and on discarded records."""
        ...


def lost(consumer: Consumer) -> Signal:
    """Alarm of a mapping that has a destination for failures."""
    return Signal(
        label="lost",
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        metric=Metric(
            namespace="AWS/Lambda",
            name="DestinationDeliveryFailures",
            dimensions={"FunctionName": consumer.metric_name},
            statistic="Sum",
        ),
        threshold=0,
        meaning=f"Records of feed {consumer.feed} that {consumer.name} failed to process are lost: Lambda could not"
        " send them to the feed's dead letters.",
        todo="see whether the function's role and its key allow the dead letters, then read the feed again.",
        at_once=True,
    )
