"""Kinesis: a data stream for each feed."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.policy_document import Condition, Statement, for_foreign_roles, policy_document
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup
from components.feeds.engine import Consumer, Signal, lost
from components.metric import Metric
from settings.feeds import FeedsSettings, Kinesis, foreign_owners

# The age of a record is the limit: errors of AWS come back within milliseconds, so a number of attempts would be used
# up by a minute of throttling (https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html).
_UNLIMITED = -1
_WRITE = ("kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords")


class KinesisStreams(StoreComponent):
    """Streams under the customer key; roles of other accounts write by the policies of the stream and of the key
    (`stream_key_statements`)."""

    TYPE = "webstore:feeds:KinesisStreams"
    OUTPUTS = ("cluster_arn", "bootstrap_brokers")
    cluster_arn: pulumi.Output[str] | None
    bootstrap_brokers: pulumi.Output[str] | None
    group: SecurityGroup | None

    def __init__(
        self, name: str, *, settings: FeedsSettings, engine: Kinesis, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        self._mode = engine.mode
        self.cluster_arn = None
        self.bootstrap_brokers = None
        self.group = None
        self._streams = {feed: self._stream(feed) for feed in settings.streams}
        self._names = {feed: stream.name for feed, stream in self._streams.items()}
        for feed, owners in foreign_owners(settings.streams, self.foundation.account_id).items():
            self._names[feed] = self._allow_other_accounts(feed, owners)
        self._publish()

    def stream_name(self, feed: str) -> pulumi.Output[str]:
        return self._names[feed]

    def stream_arn(self, feed: str) -> pulumi.Output[str]:
        return self._streams[feed].arn

    def write_statements(self, feed: str) -> list[Statement]:
        return [
            Statement(sid="Write", actions=_WRITE, resources=[self._streams[feed].arn]),
            self._key("kms:GenerateDataKey", feed),
        ]

    def read_statements(self, feed: str) -> list[Statement]:
        """https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html"""
        return [
            Statement(
                sid="Read",
                actions=[
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                    "kinesis:SubscribeToShard",
                ],
                resources=[self._streams[feed].arn],
            ),
            self._key("kms:Decrypt", feed),
        ]

    def event_source(
        self, label: str, consumer: Consumer, inside: pulumi.ResourceOptions
    ) -> tuple[aws.lambda_.EventSourceMapping, list[Signal]]:
        stream = self._settings.streams[consumer.feed]
        mapping = aws.lambda_.EventSourceMapping(
            label,
            function_name=consumer.function_name,
            event_source_arn=self._streams[consumer.feed].arn,
            starting_position="TRIM_HORIZON",
            batch_size=consumer.batch_size,
            maximum_retry_attempts=_UNLIMITED,
            maximum_record_age_in_seconds=stream.max_age_seconds,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            destination_config={"on_failure": {"destination_arn": consumer.dead_letter_arn}},
            opts=inside,
        )
        lag = Signal(
            label="lag",
            metric=Metric(
                namespace="AWS/Lambda",
                name="IteratorAge",
                dimensions={"FunctionName": consumer.metric_name},
                statistic="Maximum",
            ),
            threshold=60_000 * stream.alarm_lag_minutes,
            meaning=f"A record of feed {consumer.feed} has waited more than {stream.alarm_lag_minutes} minutes for"
            f" {consumer.name}.",
        )
        return mapping, [lag, lost(consumer)]

    def _stream(self, feed: str) -> aws.kinesis.Stream:
        label, stream = f"{self._name}-{feed}", self._settings.streams[feed]
        made = aws.kinesis.Stream(
            label,
            stream_mode_details={"stream_mode": self._mode.replace("-", "_").upper()},
            shard_count=stream.partitions if self._mode == "provisioned" else None,
            retention_period=stream.retention_hours,
            encryption_type="KMS",
            kms_key_id=self.foundation.keys.customer_key_arn,
            tags={"Name": label},
            opts=self._kept(),
        )
        # https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
        alarm(
            f"{label}-throttled",
            metric=Metric(
                namespace="AWS/Kinesis",
                name="WriteProvisionedThroughputExceeded",
                dimensions={"StreamName": made.name},
                statistic="Sum",
            ),
            threshold=0,
            meaning=f"Kinesis throttles the producers of feed {feed}, which retry or lose records.",
            todo=f"raise `feeds.streams.{feed}.partitions`, or set `feeds.engine: {{kind: kinesis, mode: on-demand}}`.",
            opts=self._inside,
        )
        return made

    def _allow_other_accounts(self, feed: str, owners: tuple[str, ...]) -> pulumi.Output[str]:
        label, stream = f"{self._name}-{feed}", self._streams[feed]
        policy = aws.kinesis.ResourcePolicy(
            label,
            resource_arn=stream.arn,
            policy=policy_document(
                for_foreign_roles(owners, sid="OwnersWrite", actions=_WRITE, resources=[stream.arn])
            ),
            opts=self._inside,
        )
        return once_ready(stream.name, policy)

    def _key(self, action: str, feed: str) -> Statement:
        conditions: Condition = {
            "StringEquals": {
                "kms:ViaService": f"kinesis.{self.foundation.region}.amazonaws.com",
                "kms:EncryptionContext:aws:kinesis:arn": self._streams[feed].arn,
            }
        }
        return Statement(
            sid="KeyThroughKinesis",
            actions=[action],
            resources=[self.foundation.keys.customer_key_arn],
            conditions=conditions,
        )
