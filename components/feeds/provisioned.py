"""MSK on brokers of its own: cluster, configuration, topics, storage, alarms."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.blocks.alarm import alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import for_foreign_roles, policy_document
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup
from components.feeds.kafka import KafkaClients, cluster_group, dead_topic
from components.metric import Metric
from components.network import Network
from settings.feeds import FeedsSettings, MskProvisioned, foreign_owners

# https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand-details.html
_STORAGE_TARGET_PERCENT = 60
_BROKER_MINUTES = 20
"""Time for a broker to be replaced and to catch up."""
_HOUR_MS = 3_600_000


class ProvisionedKafka(KafkaClients):
    """Brokers in isolated subnets of two or three zones: IAM and TLS only, under the customer key, with their topics.

    The cluster policy grants access to owners in other accounts, who connect by managed VPC connections; these are on
    only if there are such owners, and need no rule of the cluster's security group
    (https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html). Open monitoring is off: it would
    open two more ports. Billed by broker and hour, stored and transferred bytes (https://aws.amazon.com/msk/pricing/).
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
        self._zones = engine.zones
        self._brokers = self._zones * engine.brokers_per_zone
        self.group = cluster_group(name, network, engine.pollers, self._inside)
        foreign = foreign_owners(settings.streams, self.foundation.account_id)
        cluster = self._cluster(
            subnet_ids=network.data_subnet_ids[: self._zones],
            group_id=self.group.group_id,
            logs=self._logs(),
            multi_vpc=bool(foreign),
        )
        self._cluster_name = cluster.cluster_name
        self._known_cluster_arn = cluster.arn
        self.cluster_arn = cluster.arn
        self.bootstrap_brokers = cluster.bootstrap_brokers_sasl_iam
        self._topics = self._make_topics()
        if not engine.express:
            self._grow_storage()
        if foreign:
            self._allow_other_accounts(foreign)
        self._watch()
        self._publish()

    def _cluster(
        self,
        *,
        subnet_ids: Sequence[pulumi.Input[str]],
        group_id: pulumi.Output[str],
        logs: aws.cloudwatch.LogGroup,
        multi_vpc: bool,
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
        if multi_vpc:
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
            # Another name, since AWS cannot change the kind of brokers in place
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
            # Every level has consumer lag; metrics of requests and partitions start with this level.
            enhanced_monitoring="PER_BROKER",
            logging_info={"broker_logs": {"cloudwatch_logs": {"enabled": True, "log_group": logs.name}}},
            tags={"Name": self._name},
            # Auto scaling enlarges the volumes, and AWS refuses to shrink them to their first size.
            opts=self._kept(
                ignore_changes=["brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"],
                # Brokers are updated one after the other; the provider waits two hours for all.
                custom_timeouts=pulumi.CustomTimeouts(update=f"{120 + _BROKER_MINUTES * self._brokers}m"),
            ),
        )

    def _properties(self) -> Mapping[str, str | int]:
        """https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html"""
        common = {"auto.create.topics.enable": "false", "delete.topic.enable": "true"}
        if self._engine.express:
            # Express brokers have the values below, which a configuration cannot change
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
        """Replicas that must have a record before Kafka acknowledges it; feeds keep working with one zone down."""
        return self._replicas - 1

    def _logs(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self._name,
            # Log groups with this prefix need no entry in the account's CloudWatch Logs resource policy, whose size is
            # limited (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
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
                    # Texts, as Kafka returns them: numbers would show as a difference.
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

    def _allow_other_accounts(self, foreign: Mapping[str, tuple[str, ...]]) -> None:
        """Policy for the accounts, as AWS describes it
        (https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cross-account-permissions.html)."""
        everybody = sorted({owner for owners in foreign.values() for owner in owners})
        connect = for_foreign_roles(
            everybody,
            sid="OwnersConnect",
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
            for_foreign_roles(
                owners,
                sid=f"OwnersWrite{''.join(word.capitalize() for word in feed.split('-'))}",
                actions=["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
                resources=[self.stream_arn(feed)],
            )
            for feed, owners in foreign.items()
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


_SEE_BROKERS = "read the cluster's operations and the brokers' log group; AWS replaces failed brokers itself."
_CPU = _Watched(
    label="cpu",
    metric="CpuIdle",
    statistic="Average",
    threshold=40,
    when="below",
    meaning="The broker uses more than 60% of its CPU: if another broker fails, this one is overloaded.",
    todo="check that producers send large batches, then raise `feeds.engine.instance_type` or `brokers_per_zone`.",
)
_DISK = _Watched(
    label="disk",
    metric="KafkaDataLogsDiskUsed",
    statistic="Maximum",
    threshold=85,
    meaning="The broker's volume is nearly full, and auto scaling has not enlarged it; a full volume stops the broker.",
    todo="raise `feeds.engine.storage_max_gib`, or lower `retention_hours` of the largest stream.",
)
_REPLICAS = _Watched(
    label="replicas",
    metric="UnderMinIsrPartitionCount",
    statistic="Maximum",
    threshold=0,
    meaning="Partitions have fewer in-sync replicas than required: Kafka rejects records of producers.",
    todo=_SEE_BROKERS,
)
_THROTTLED = _Watched(
    label="throttled",
    metric="ProduceThrottleTime",
    statistic="Average",
    threshold=0,
    meaning="The broker throttles producers: they exceed the throughput of its instance type.",
    todo="raise `feeds.engine.instance_type` or `brokers_per_zone`.",
)
_CONTROLLER = _Watched(
    label="controller",
    metric="ActiveControllerCount",
    statistic="Maximum",
    threshold=1,
    when="below",
    meaning="The cluster has no active controller: a partition whose leader fails gets no new one.",
    todo=_SEE_BROKERS,
)
_OFFLINE = _Watched(
    label="offline-partitions",
    metric="OfflinePartitionsCount",
    statistic="Maximum",
    threshold=0,
    meaning="Partitions have no leader: producers cannot write them, and consumers cannot read them.",
    todo=_SEE_BROKERS,
)
