"""Feeds: streams of other systems into the store's tables, with one interface for every engine."""

import pulumi

from components.base import StoreComponent
from components.feeds.engine import Engine
from components.feeds.feed import Feed
from components.feeds.kinesis import KinesisStreams
from components.feeds.provisioned import ProvisionedKafka
from components.feeds.serverless import ServerlessKafka
from components.foundation import Foundation
from components.network import Network
from settings.feeds import FeedsSettings, MskProvisioned, MskServerless


class Feeds(StoreComponent):
    """Point 12 of the guidance: catalogue from the PIM, inventory and order status from the supply chain.

    Feeds are under the key of the data class customer, since order status is one of them. No broker is reachable from
    the internet: producers connect to Kafka in the VPC or by managed VPC connections, to Kinesis by AWS's API.
    Consumers are functions; they need a feed's `grant_consume`, `consume` and `dead_letter_url`.
    """

    TYPE = "webstore:feeds:Feeds"
    DASHBOARD = "orders"
    OUTPUTS = ("cluster_arn", "bootstrap_brokers")
    cluster_arn: pulumi.Output[str] | None
    """Kafka cluster; None with Kinesis."""
    bootstrap_brokers: pulumi.Output[str] | None
    """Bootstrap brokers for clients in the VPC (TLS with IAM); None with Kinesis."""
    catalogue: Feed
    inventory: Feed
    order_status: Feed

    def __init__(
        self,
        name: str,
        *,
        settings: FeedsSettings,
        foundation: Foundation,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        engine = settings.engine
        self._engine: Engine
        if isinstance(engine, MskProvisioned):
            self._engine = ProvisionedKafka(name, settings=settings, engine=engine, network=network, opts=self._inside)
        elif isinstance(engine, MskServerless):
            self._engine = ServerlessKafka(name, settings=settings, engine=engine, network=network, opts=self._inside)
        else:
            self._engine = KinesisStreams(name, settings=settings, engine=engine, opts=self._inside)
        self._feeds = {
            feed: Feed(f"{name}-{feed}", feed=feed, settings=settings, engine=self._engine, opts=self._inside)
            for feed in settings.streams
        }
        self.cluster_arn = self._engine.cluster_arn
        self.bootstrap_brokers = self._engine.bootstrap_brokers
        self.catalogue = self.feed("catalogue")
        self.inventory = self.feed("inventory")
        self.order_status = self.feed("order-status")
        self._publish()

    def feed(self, feed: str) -> Feed:
        """
        Raises:
            ValueError: `feeds.streams` has no such feed.
        """
        if feed not in self._feeds:
            raise ValueError(f"feed {feed} must be declared in feeds.streams, which has {', '.join(self._feeds)}")
        return self._feeds[feed]
