"""MSK on brokers of its own: cluster, configuration, topics, storage, alarms."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.blocks.alarm import alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup
from components.feeds.kafka import KafkaClients, cluster_group, dead_topic
from components.metric import Metric
from components.network import Network
from settings.feeds import FeedsSettings, MskProvisioned, foreign_owners

# A cluster has two or three subnets (https://docs.aws.amazon.com/msk/latest/developerguide/msk-create-cluster.html).
_ZONES_MAX = 3
# https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand-details.html
_STORAGE_TARGET_PERCENT = 60
_HOUR_MS = 3_600_000


class ProvisionedKafka(KafkaClients):
    """Brokers in the isolated subnets of every zone: IAM only, TLS only, under the customer key, topics declared here.

    What the feed's owners in other accounts may do is in the cluster's policy; they come in by managed VPC connections,
    which are switched on for them alone and ask for no rule of the cluster's group
    (https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html). Open monitoring stays off: nothing
    here scrapes it, and it would open two more ports. Costs by broker and hour, by stored and by moved bytes
    (https://aws.amazon.com/msk/pricing/).
    """

    TYPE = "webstore:feeds:ProvisionedKafka"
    OUTPUTS = ("cluster_arn", "bootstrap_brokers")
    cluster_arn: pulumi.Output[str] | None
    bootstrap_brokers: pulumi.Output[str] | None
    group: SecurityGroup | None

    def __init__(
        self,
        name: str,
        *,
        settings: FeedsSettings,
        engine: MskProvisioned,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        self._engine = engine
        self._pollers = engine.pollers
        self._zones = min(_ZONES_MAX, len(network.zones))
        self._brokers = self._zones * engine.brokers_per_zone
        self.group = cluster_group(name, network, engine.pollers, self._inside)
        guests = foreign_owners(settings.streams, self.foundation.account_id)
        cluster = self._cluster(
            subnet_ids=network.data_subnet_ids.apply(lambda ids: ids[: self._zones]),
            group_id=self.group.group_id,
            logs=self._logs(),
            has_guests=bool(guests),
        )
        self._cluster_name = cluster.cluster_name
        self._known_cluster_arn = cluster.arn
        self.cluster_arn = cluster.arn
        self.bootstrap_brokers = cluster.bootstrap_brokers_sasl_iam
        self._topics = self._make_topics()
        if not engine.express:
            self._grow_storage()
        if guests:
            self._admit(guests)
        self._watch()
        self._publish()

    def _cluster(
        self,
        *,
        subnet_ids: pulumi.Output[list[str]],
        group_id: pulumi.Output[str],
        logs: aws.cloudwatch.LogGroup,
        has_guests: bool,
    ) -> aws.msk.Cluster:
        engine = self._engine
        configuration = aws.msk.Configuration(
            self._name,
            description="Feeds: what topics have that say nothing else",
            server_properties="".join(f"{key}={value}\n" for key, value in self._properties().items()),
            opts=self._inside,
        )
        connectivity: aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoArgsDict = {
            "public_access": {"type": "DISABLED"}
        }
        if has_guests:
            connectivity["vpc_connectivity"] = {
                "client_authentication": {"sasl": {"iam": True, "scram": False}, "tls": False}
            }
        nodes: aws.msk.ClusterBrokerNodeGroupInfoArgsDict = {
            "instance_type": engine.instance_type,
            "client_subnets": subnet_ids,
            "security_groups": [group_id],
            "connectivity_info": connectivity,
        }
        if not engine.express:
            nodes["storage_info"] = {"ebs_storage_info": {"volume_size": engine.storage_gib}}
        return aws.msk.Cluster(
            # Another cluster, since AWS turns neither kind of broker into the other
            # (https://github.com/boto/boto3/issues/4356).
            f"{self._name}-express" if engine.express else self._name,
            kafka_version=engine.kafka_version,
            number_of_broker_nodes=self._brokers,
            broker_node_group_info=nodes,
            configuration_info={"arn": configuration.arn, "revision": configuration.latest_revision},
            client_authentication={"sasl": {"iam": True, "scram": False}, "unauthenticated": False},
            encryption_info={
                "encryption_at_rest_kms_key_arn": self.foundation.keys.customer_key_arn,
                "encryption_in_transit": {"client_broker": "TLS", "in_cluster": True},
            },
            # Consumer lag comes with every level, request and partition metrics of each broker from this one on.
            enhanced_monitoring="PER_BROKER",
            logging_info={"broker_logs": {"cloudwatch_logs": {"enabled": True, "log_group": logs.name}}},
            tags={"Name": self._name},
            # AWS grows the disks, and never shrinks them: the size given at first would be refused.
            opts=self._kept(ignore_changes=["brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"]),
        )

    def _properties(self) -> Mapping[str, str | int]:
        """https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html"""
        common = {"auto.create.topics.enable": "false", "delete.topic.enable": "true"}
        if self._engine.express:
            # The rest is as it is below, whatever a configuration says
            # (https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-only.html).
            return common
        return {
            **common,
            "default.replication.factor": self._replicas,
            "min.insync.replicas": self._in_sync,
            "offsets.topic.replication.factor": self._replicas,
            "transaction.state.log.replication.factor": self._replicas,
            "transaction.state.log.min.isr": self._in_sync,
            "unclean.leader.election.enable": "false",
        }

    @property
    def _replicas(self) -> int:
        """One in each zone."""
        return self._zones

    @property
    def _in_sync(self) -> int:
        """Replicas that have a record before its writer hears so: a zone can be down, and feeds go on."""
        return self._replicas - 1

    def _logs(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self._name,
            # Under this prefix the policy that AWS writes for the delivery does not grow with each log group
            # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
            name=f"/aws/vendedlogs/msk/{in_stack(f'{pulumi.get_project()}-{self._name}', limit=200)}",
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._engine.log_days,
            opts=self._inside,
        )

    def _make_topics(self) -> dict[str, pulumi.Output[str]]:
        dead_letter_hours = 24 * self._settings.dead_letter_days
        topics: dict[str, pulumi.Output[str]] = {}
        for feed, stream in self._settings.streams.items():
            for topic, partitions, hours in (
                (feed, stream.partitions, stream.retention_hours),
                (dead_topic(feed), 1, dead_letter_hours),
            ):
                made = aws.msk.Topic(
                    f"{self._name}-{topic.replace('.', '-')}",
                    name=topic,
                    cluster_arn=self._known_cluster_arn,
                    partition_count=partitions,
                    replication_factor=self._replicas,
                    # As Kafka tells them, in texts; another spelling would come back as a difference.
                    configs=json.dumps({"cleanup.policy": "delete", "retention.ms": str(hours * _HOUR_MS)}),
                    opts=self._kept(),
                )
                topics[topic] = once_ready(topic, made)
        return topics

    def _grow_storage(self) -> None:
        """https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-msk.html"""
        target = aws.appautoscaling.Target(
            f"{self._name}-storage",
            service_namespace="kafka",
            resource_id=self._known_cluster_arn,
            scalable_dimension="kafka:broker-storage:VolumeSize",
            min_capacity=self._engine.storage_gib,
            max_capacity=self._engine.storage_max_gib,
            opts=self._inside,
        )
        aws.appautoscaling.Policy(
            f"{self._name}-storage",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration={
                "target_value": _STORAGE_TARGET_PERCENT,
                "disable_scale_in": True,
                "predefined_metric_specification": {"predefined_metric_type": "KafkaBrokerStorageUtilization"},
            },
            opts=self._inside,
        )

    def _admit(self, guests: Mapping[str, tuple[str, ...]]) -> None:
        """https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html"""
        everybody = sorted({owner for owners in guests.values() for owner in owners})
        connect = Statement(
            sid="OwnersConnect",
            principals=everybody,
            actions=[
                "kafka:CreateVpcConnection",
                "kafka:DescribeCluster",
                "kafka:DescribeClusterV2",
                "kafka:GetBootstrapBrokers",
                "kafka-cluster:Connect",
                "kafka-cluster:WriteDataIdempotently",
            ],
            resources=[self._known_cluster_arn],
        )
        writes = [
            Statement(
                sid=f"OwnersWrite{''.join(word.capitalize() for word in feed.split('-'))}",
                principals=owners,
                actions=["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
                resources=[self.stream_arn(feed)],
            )
            for feed, owners in guests.items()
        ]
        aws.msk.ClusterPolicy(
            self._name,
            cluster_arn=self._known_cluster_arn,
            policy=policy_document(connect, *writes),
            opts=self._inside,
        )

    def _watch(self) -> None:
        # https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html
        for broker in range(1, self._brokers + 1):
            self._alarm(_CPU, broker)
            for watched in (_THROTTLED,) if self._engine.express else (_DISK, _REPLICAS):
                self._alarm(watched, broker)
        self._alarm(_CONTROLLER)
        if not self._engine.express:
            self._alarm(_OFFLINE)

    def _alarm(self, watched: "_Watched", broker: int | None = None) -> None:
        alarm(
            f"{self._name}-{watched.label}{f'-{broker}' if broker else ''}",
            metric=Metric(
                namespace="AWS/Kafka",
                name=watched.metric,
                dimensions={"Cluster Name": self._cluster_name, **({"Broker ID": str(broker)} if broker else {})},
                statistic=watched.statistic,
            ),
            threshold=watched.threshold,
            when=watched.when,
            meaning=watched.meaning,
            todo=watched.todo,
            opts=self._inside,
        )


@dataclass(frozen=True, kw_only=True)
class _Watched:
    label: str
    metric: str
    """https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html"""
    statistic: str
    threshold: float
    when: Literal["above", "below"] = "above"
    meaning: str
    todo: str


_SEE_BROKERS = "see the cluster's operations and the brokers' log group: AWS replaces failed brokers by itself."
_CPU = _Watched(
    label="cpu",
    metric="CpuIdle",
    statistic="Average",
    threshold=40,
    when="below",
    meaning="The broker uses more than 60% of its CPU: the loss of another would overload it.",
    todo="see whether writers send large batches, then take a larger `instance_type` or more `brokers_per_zone`.",
)
_DISK = _Watched(
    label="disk",
    metric="KafkaDataLogsDiskUsed",
    statistic="Maximum",
    threshold=85,
    meaning="The broker's disk is nearly full and has not grown by itself; a full one stops the broker.",
    todo="raise `storage_max_gib`, or lower `retention_hours` of the largest stream.",
)
_REPLICAS = _Watched(
    label="replicas",
    metric="UnderMinIsrPartitionCount",
    statistic="Maximum",
    threshold=0,
    meaning="Partitions lack replicas: the writers of feeds are refused.",
    todo=_SEE_BROKERS,
)
_THROTTLED = _Watched(
    label="throttled",
    metric="ProduceThrottleTime",
    statistic="Average",
    threshold=0,
    meaning="Writers of feeds are slowed down: they send more than the broker is sold for.",
    todo="take a larger `instance_type` or more `brokers_per_zone`.",
)
_CONTROLLER = _Watched(
    label="controller",
    metric="ActiveControllerCount",
    statistic="Maximum",
    threshold=1,
    when="below",
    meaning="The cluster has no controller: no partition gets a new leader.",
    todo=_SEE_BROKERS,
)
_OFFLINE = _Watched(
    label="offline-partitions",
    metric="OfflinePartitionsCount",
    statistic="Maximum",
    threshold=0,
    meaning="Partitions have no leader: what is in them can be neither written nor read.",
    todo=_SEE_BROKERS,
)
