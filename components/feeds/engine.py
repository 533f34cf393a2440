"""What carries feeds, as the feeds see it: the contract behind which Kafka and Kinesis are the same."""

from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement
from components.blocks.security_group import SecurityGroup
from components.metric import Metric


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A function that is to be fed."""

    feed: str
    consumer: str
    """Name by which the reading position is kept, unique within the feed."""
    function_name: pulumi.Output[str]
    """Name, or name:alias, known when the function may be invoked and its role may read."""
    batch_size: int
    dead_letter_arn: pulumi.Input[str]
    """Queue of the feed's dead letters."""

    @property
    def in_metrics(self) -> pulumi.Output[str]:
        """The function's name without its alias, as Lambda's metrics have it."""
        return self.function_name.apply(lambda name: name.partition(":")[0])


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A metric that is at zero, or below the threshold, while a reader is well."""

    label: str
    metric: Metric
    threshold: float
    meaning: str
    at_once: bool = False
    """One period is enough: what it tells of does not pass by itself."""


class Engine(Protocol):
    """Where the feeds lie. A feed's stream is a topic or a data stream of its own."""

    cluster_arn: pulumi.Output[str] | None
    bootstrap_brokers: pulumi.Output[str] | None
    group: SecurityGroup | None
    """Who may connect, where that is a question of the network."""

    def stream_name(self, feed: str) -> pulumi.Output[str]:
        """What clients name; known when the stream exists."""
        ...

    def stream_arn(self, feed: str) -> pulumi.Output[str]: ...

    def writing(self, feed: str) -> list[Statement]:
        """What a role needs that writes the feed."""
        ...

    def reading(self, feed: str) -> list[Statement]:
        """What the role of a function needs that Lambda feeds."""
        ...

    def read_for(
        self, label: str, reader: Reader, inside: pulumi.ResourceOptions
    ) -> tuple[aws.lambda_.EventSourceMapping, list[Signal]]:
        """Have Lambda read for a function; with what tells that it falls behind, or leaves records unused."""
        ...
