"""MSK Serverless: Kafka without brokers to size."""

import pulumi
import pulumi_aws as aws

from components.blocks.security_group import SecurityGroup
from components.feeds.kafka import KafkaClients, cluster_group, dead_topic
from components.network import Network
from settings.feeds import FeedsSettings, MskServerless


class ServerlessKafka(KafkaClients):
    """Serverless cluster over the zones at its creation; always IAM only and TLS only.

    The API for topics does not support serverless clusters: make the topics by hand, before a consumer. Serverless
    clusters support neither customer managed keys nor access for other accounts.
    """

    TYPE = "webstore:feeds:ServerlessKafka"
    OUTPUTS = ("cluster_arn", "bootstrap_brokers")
    cluster_arn: pulumi.Output[str] | None
    bootstrap_brokers: pulumi.Output[str] | None
    group: SecurityGroup | None

    def __init__(
        self,
        name: str,
        *,
        settings: FeedsSettings,
        engine: MskServerless,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        self._pollers = engine.pollers
        self.group = cluster_group(name, network, engine.pollers, self._inside)
        cluster = aws.msk.ServerlessCluster(
            name,
            client_authentication={"sasl": {"iam": {"enabled": True}}},
            vpc_configs=[{"subnet_ids": network.data_subnet_ids, "security_group_ids": [self.group.group_id]}],
            # AWS cannot add a zone to it.
            opts=self._kept(ignore_changes=["vpcConfigs"]),
        )
        self._cluster_name = cluster.cluster_name
        self._known_cluster_arn = cluster.arn
        self.cluster_arn = cluster.arn
        self.bootstrap_brokers = cluster.bootstrap_brokers_sasl_iam
        self._topics = {
            topic: pulumi.Output.from_input(topic) for feed in settings.streams for topic in (feed, dead_topic(feed))
        }
        self._publish()
