"""Feeds: what other systems stream into the store's tables, with one contract for every engine."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.security_group import SecurityGroup
from components.feeds.engine import Engine
from components.feeds.feed import Feed
from components.feeds.kafka import PORT
from components.feeds.kinesis import KinesisStreams
from components.feeds.provisioned import ProvisionedKafka
from components.feeds.serverless import ServerlessKafka
from components.network import Network
from settings.environment import EnvironmentSettings
from settings.feeds import FeedsSettings, MskProvisioned, MskServerless


class Feeds(StoreComponent):
    """Point 12 of the guidance: catalogue from the PIM, inventory and order status from the supply chain.

    Feeds are under the key of the data class customer, since order status is among them. Nothing comes in from the
    internet: Kafka is reached inside the VPC, or by managed VPC connections of the owners; Kinesis by AWS's own API.
    Consumers are functions; they get `grant_consume` and then `consume`, and know the feed's dead letters by
    `dead_letter_url`.
    """

    TYPE = "webstore:feeds:Feeds"
    cluster_arn: pulumi.Output[str] | None
    """Kafka cluster; none with Kinesis."""
    bootstrap_brokers: pulumi.Output[str] | None
    """Where Kafka clients inside the VPC begin (TLS with IAM); none with Kinesis."""
    catalogue: Feed
    inventory: Feed
    order_status: Feed

    def __init__(
        self,
        name: str,
        *,
        settings: FeedsSettings,
        environment: EnvironmentSettings,
        network: Network,
        key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
        alarm_topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            key_arn: key of the data class that feeds belong to.
        """
        super().__init__(name, opts)
        engine = settings.engine
        self._engine: Engine
        if isinstance(engine, MskProvisioned):
            self._engine = ProvisionedKafka(
                name,
                settings=settings,
                engine=engine,
                environment=environment,
                network=network,
                key_arn=key_arn,
                logs_key_arn=logs_key_arn,
                alarm_topic_arn=alarm_topic_arn,
                opts=self._inside,
            )
        elif isinstance(engine, MskServerless):
            self._engine = ServerlessKafka(
                name,
                settings=settings,
                engine=engine,
                environment=environment,
                network=network,
                opts=self._inside,
            )
        else:
            self._engine = KinesisStreams(
                name,
                settings=settings,
                engine=engine,
                environment=environment,
                key_arn=key_arn,
                alarm_topic_arn=alarm_topic_arn,
                opts=self._inside,
            )
        self._feeds = {
            feed: Feed(
                f"{name}-{feed}",
                feed=feed,
                settings=settings,
                engine=self._engine,
                environment=environment,
                key_arn=key_arn,
                alarm_topic_arn=alarm_topic_arn,
                opts=self._inside,
            )
            for feed in settings.streams
        }
        self.cluster_arn = self._engine.cluster_arn
        self.bootstrap_brokers = self._engine.bootstrap_brokers
        self.catalogue = self.feed("catalogue")
        self.inventory = self.feed("inventory")
        self.order_status = self.feed("order-status")
        self._publish()

    def feed(self, feed: str) -> Feed:
        """The feed of this name in the settings.

        Raises:
            ValueError: there is none.
        """
        if feed not in self._feeds:
            raise ValueError(f"there is no feed {feed}; feeds.streams has {', '.join(self._feeds)}")
        return self._feeds[feed]

    def admit(self, clients: SecurityGroup) -> None:
        """Let members of `clients` reach the brokers, where there are any."""
        if self._engine.group is not None:
            self._engine.group.admit(clients, port=PORT, purpose="Feeds, over TLS with IAM")

    def grant_produce(self, feed: str, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` write a feed; with Kafka its group is to be admitted as well."""
        return self.feed(feed).grant_produce(role)

    def grant_consume(self, feed: str, role: aws.iam.Role) -> list[aws.iam.RolePolicy]:
        """Let Lambda feed the function that has `role`, and the function write dead letters."""
        return self.feed(feed).grant_consume(role)

    def consume(
        self,
        feed: str,
        *,
        consumer: str,
        function_name: pulumi.Input[str],
        ready: Sequence[pulumi.CustomResource] = (),
        batch_size: int = 100,
    ) -> aws.lambda_.EventSourceMapping:
        """Have Lambda read a feed for a function, from its oldest record on; makes the alarms on it.

        Args:
            consumer: Name by which the reading position is kept, unique within the feed; another name reads anew.
            function_name: Name, or name:alias. The function needs no way to the brokers: Lambda's pollers have it.
            ready: What must be there before it is invoked, the policies of `grant_consume` among them.
            batch_size: Records at most in one call, 1 to 10000
                (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html).
        """
        return self.feed(feed).consume(
            consumer=consumer, function_name=function_name, ready=ready, batch_size=batch_size
        )

    def dead_letter_url(self, feed: str) -> pulumi.Output[str]:
        """Queue into which a consumer puts what it cannot use, with the reason."""
        return self.feed(feed).dead_letter_url
