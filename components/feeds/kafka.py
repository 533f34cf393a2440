"""Kafka as its clients see it, whoever runs the brokers: topics, permissions, and how Lambda reads."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.feeds.engine import Reader, Signal
from components.metric import Metric
from components.network import Network
from settings.feeds import FeedsSettings, Pollers

PORT = 9098
"""TLS with IAM (https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html)."""

_HOUR_SECONDS = 3600


class KafkaClients(StoreComponent):
    """What both kinds of cluster offer; each of them sets these attributes.

    A feed's topic has its name, the topic of its dead letters that name with `.dead` behind it. A consumer's group is
    `<feed>.<consumer>`, so that a grant for a feed covers the feed's groups and no others.
    """

    _settings: FeedsSettings
    _pollers: Pollers | None
    _cluster_name: pulumi.Output[str]
    _known_cluster_arn: pulumi.Output[str]
    _topics: Mapping[str, pulumi.Output[str]]
    """Names, each known when its topic exists."""

    def stream_name(self, feed: str) -> pulumi.Output[str]:
        return self._topics[feed]

    def stream_arn(self, feed: str) -> pulumi.Output[str]:
        return self._arn("topic", feed)

    def writing(self, feed: str) -> list[Statement]:
        """https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control-use-cases.html"""
        return [
            Statement(
                sid="Connect",
                actions=["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
                resources=[self._known_cluster_arn],
            ),
            self._write("Write", feed),
        ]

    def reading(self, feed: str) -> list[Statement]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html"""
        statements = [
            Statement(
                sid="FindBrokers",
                actions=["kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"],
                resources=[self._known_cluster_arn],
            ),
            Statement(
                sid="Connect",
                actions=["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"],
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
            # Lambda puts interfaces of its own into the cluster's subnets, with the cluster's group.
            Statement(
                sid="PollInTheVpc",
                actions=["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"],
                resources=[
                    self.foundation.arn("ec2", f"{kind}/*")
                    for kind in ("network-interface", "security-group", "subnet")
                ],
            ),
            # AWS knows no resources for these
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

    def read_for(
        self, label: str, reader: Reader, inside: pulumi.ResourceOptions
    ) -> tuple[aws.lambda_.EventSourceMapping, list[Signal]]:
        pollers, stream = self._pollers, self._settings.streams[reader.feed]
        group_id = f"{reader.feed}.{reader.consumer}"
        mapping = aws.lambda_.EventSourceMapping(
            label,
            function_name=reader.function_name,
            event_source_arn=self._known_cluster_arn,
            topics=[self._topics[reader.feed]],
            amazon_managed_kafka_event_source_config={"consumer_group_id": group_id},
            starting_position="TRIM_HORIZON",
            batch_size=reader.batch_size,
            destination_config={"on_failure": {"destination_arn": self._set_aside_in(reader)}},
            provisioned_poller_config={
                "minimum_pollers": pollers.minimum,
                "maximum_pollers": pollers.maximum,
                "poller_group_name": in_stack(f"{pulumi.get_project()}-feeds", limit=64),
            }
            if pollers
            else None,
            # Lambda takes the rest with pollers only.
            maximum_retry_attempts=self._settings.retry_attempts if pollers else None,
            maximum_record_age_in_seconds=stream.max_age_hours * _HOUR_SECONDS
            if pollers and stream.max_age_hours
            else None,
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
                dimensions={"Cluster Name": self._cluster_name, "Consumer Group": group_id, "Topic": reader.feed},
                statistic="Maximum",
            ),
            threshold=stream.alarm_lag_records,
            meaning=f"More than {stream.alarm_lag_records} records of {reader.feed} wait for {reader.consumer}.",
        )
        return mapping, [lag, *([_set_aside(reader, mapping)] if pollers else [])]

    def _set_aside_in(self, reader: Reader) -> pulumi.Input[str]:
        """The dead topic gets the records themselves, a queue only their places; the topic is for pollers."""
        if self._pollers is None:
            return reader.dead_letter_arn
        return pulumi.Output.concat("kafka://", self._topics[dead_topic(reader.feed)])

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
    """Topic of what a feed's consumers could not use."""
    return f"{feed}.dead"


def cluster_group(name: str, network: Network, pollers: Pollers | None, opts: pulumi.ResourceOptions) -> SecurityGroup:
    """Group of a cluster's brokers, and of the interfaces that Lambda reads through.

    Lambda takes the cluster's group for its own interfaces, so the group must admit itself; on demand it also calls
    Lambda, STS and SQS from there (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
    """
    group = SecurityGroup(
        name,
        SecurityGroupArgs(
            vpc_id=network.vpc_id,
            description="Kafka brokers: admits who writes and reads feeds",
        ),
        opts=opts,
    )
    group.admit(group, port=PORT, purpose="Lambda reads feeds")
    if pollers is None:
        network.endpoints_group.admit(group, port=443, purpose="Lambda invokes the readers of feeds")
    return group


def _set_aside(reader: Reader, mapping: aws.lambda_.EventSourceMapping) -> Signal:
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
        meaning=f"{reader.consumer} failed with records of {reader.feed}: they are in {dead_topic(reader.feed)}.",
        at_once=True,
    )
