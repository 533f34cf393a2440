"""Kafka for both kinds of cluster: topics, permissions, and event source mappings."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.feeds.engine import Consumer, Signal, lost
from components.metric import Metric
from components.network import Network
from settings.feeds import FeedsSettings, Pollers

PORT = 9098
"""TLS with IAM (https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html)."""

# The age of a record is the limit, as for Kinesis. Not -1: with a destination for failures Lambda makes that 10
# attempts (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html).
_ATTEMPTS_MAX = 10_000


class KafkaClients(StoreComponent):
    """Engine of both kinds of cluster, which set these attributes.

    A feed's topic is `<feed>`, its dead-letter topic `<feed>.dead`, a consumer group `<feed>.<consumer>`, so that a
    grant for a feed includes the feed's groups and no others.
    """

    _settings: FeedsSettings
    _pollers: Pollers | None
    _cluster_name: pulumi.Output[str]
    _known_cluster_arn: pulumi.Output[str]
    _topics: Mapping[str, pulumi.Output[str]]
    """Names, each known once its topic exists."""

    def stream_name(self, feed: str) -> pulumi.Output[str]:
        return self._topics[feed]

    def stream_arn(self, feed: str) -> pulumi.Output[str]:
        return self._arn("topic", feed)

    def write_statements(self, feed: str) -> list[Statement]:
        """https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control-use-cases.html"""
        return [
            Statement(
                sid="Connect",
                actions=["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
                resources=[self._known_cluster_arn],
            ),
            self._write("Write", feed),
        ]

    def read_statements(self, feed: str) -> list[Statement]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html and
        https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html#msk-iam-auth
        """
        statements = [
            Statement(
                sid="FindBrokers",
                actions=["kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"],
                resources=[self._known_cluster_arn],
            ),
            Statement(
                sid="Connect",
                actions=[
                    "kafka-cluster:Connect",
                    "kafka-cluster:DescribeCluster",
                    "kafka-cluster:DescribeClusterDynamicConfiguration",
                ],
                resources=[self._known_cluster_arn],
            ),
            Statement(
                sid="Read",
                actions=["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
                resources=[self._arn("topic", feed)],
            ),
            Statement(
                sid="KeepPosition",
                actions=["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
                resources=[self._arn("group", f"{feed}.*")],
            ),
            # Lambda creates network interfaces in the cluster's subnets, with the cluster's security group.
            Statement(
                sid="PollInTheVpc",
                actions=["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"],
                resources=[
                    self.foundation.arn("ec2", f"{kind}/*")
                    for kind in ("network-interface", "security-group", "subnet")
                ],
            ),
            # These actions have no resource-level permissions
            # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
            Statement(
                sid="SeeTheVpc",
                actions=[
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ],
                resources=["*"],
            ),
        ]
        # https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
        return [*statements, self._write("SetAside", dead_topic(feed))] if self._pollers else statements

    def event_source(
        self, label: str, consumer: Consumer, inside: pulumi.ResourceOptions
    ) -> tuple[aws.lambda_.EventSourceMapping, list[Signal]]:
        pollers, feed = self._pollers, consumer.feed
        stream = self._settings.streams[feed]
        group_id = f"{feed}.{consumer.name}"
        mapping = aws.lambda_.EventSourceMapping(
            label,
            function_name=consumer.function_name,
            event_source_arn=self._known_cluster_arn,
            topics=[self._topics[feed]],
            amazon_managed_kafka_event_source_config={"consumer_group_id": group_id},
            starting_position="TRIM_HORIZON",
            batch_size=consumer.batch_size,
            # A topic gets the records, a queue only their offsets; Lambda supports a topic only with pollers. Without a
            # destination Lambda repeats until it succeeds.
            destination_config={
                "on_failure": {"destination_arn": pulumi.Output.concat("kafka://", self._topics[dead_topic(feed)])}
            }
            if pollers
            else None,
            provisioned_poller_config={
                "minimum_pollers": pollers.minimum,
                "maximum_pollers": pollers.maximum,
                "poller_group_name": in_stack(f"{pulumi.get_project()}-feeds", limit=64),
            }
            if pollers
            else None,
            # The following arguments require pollers.
            maximum_retry_attempts=_ATTEMPTS_MAX if pollers else None,
            maximum_record_age_in_seconds=stream.max_age_seconds if pollers else None,
            bisect_batch_on_function_error=True if pollers else None,
            function_response_types=["ReportBatchItemFailures"] if pollers else None,
            metrics_config={"metrics": ["EventCount"]} if pollers else None,
            opts=inside,
        )
        lag = Signal(
            label="lag",
            # https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
            metric=Metric(
                namespace="AWS/Kafka",
                name="SumOffsetLag",
                dimensions={"Cluster Name": self._cluster_name, "Consumer Group": group_id, "Topic": feed},
                statistic="Maximum",
            ),
            threshold=stream.alarm_lag_records,
            meaning=f"More than {stream.alarm_lag_records} records of feed {feed} wait for {consumer.name}.",
        )
        return mapping, [lag, *([_discarded(consumer, mapping), lost(consumer)] if pollers else [])]

    def _arn(self, kind: str, name: str) -> pulumi.Output[str]:
        """https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html#msk-iam-resources"""
        return self._known_cluster_arn.apply(lambda arn: f"{arn.replace(':cluster/', f':{kind}/')}/{name}")

    def _write(self, sid: str, topic: str) -> Statement:
        return Statement(
            sid=sid,
            actions=["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
            resources=[self._arn("topic", topic)],
        )


def dead_topic(feed: str) -> str:
    """Topic of records that a feed's consumers failed to process."""
    return f"{feed}.dead"


def cluster_group(name: str, network: Network, pollers: Pollers | None, opts: pulumi.ResourceOptions) -> SecurityGroup:
    """Security group of a cluster's brokers, and of Lambda's network interfaces.

    Lambda uses the cluster's group for its interfaces, so the group must admit itself; without pollers it also calls
    Lambda, STS and SQS from there (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
    """
    group = SecurityGroup(
        name,
        SecurityGroupArgs(vpc_id=network.vpc_id, description="Kafka brokers: admits who writes and reads feeds"),
        opts=opts,
    )
    group.admit(group, port=PORT, purpose="Lambda reads feeds")
    if pollers is None:
        network.admit_to_endpoints(group, purpose="Lambda invokes the readers of feeds")
    return group


def _discarded(consumer: Consumer, mapping: aws.lambda_.EventSourceMapping) -> Signal:
    return Signal(
        label="set-aside",
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
        metric=Metric(
            namespace="AWS/Lambda",
            name="OnFailureDestinationDeliveredEventCount",
            dimensions={"EventSourceMappingUUID": mapping.uuid},
            statistic="Sum",
        ),
        threshold=0,
        meaning=f"Consumer {consumer.name} failed to process records of feed {consumer.feed}; Lambda sent them to the"
        f" topic {dead_topic(consumer.feed)}.",
        at_once=True,
    )
