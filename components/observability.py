"""Observability: topics of alarms with their subscribers, and the bucket of access logs."""

import re

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm_topic import topic_publishers
from components.blocks.bucket import Bucket, BucketArgs, Lifecycle
from components.blocks.policy_document import Statement, deny_without_tls, from_source, policy_document
from components.foundation import Keys
from settings.environment import EnvironmentSettings
from settings.observability import ObservabilitySettings
from settings.types import EDGE_REGION


class Observability(StoreComponent):
    """Encrypted alarm topics in the home Region and in us-east-1 with their subscribers, and the bucket of access logs.

    Only alarms, backups and budgets of this account publish to the topics. Load balancers write under `alb/`, buckets
    under `s3/`.
    """

    TYPE = "webstore:observability:Observability"
    OUTPUTS = ("alarm_topic_arn", "edge_alarm_topic_arn", "access_logs_bucket")
    alarm_topic_arn: pulumi.Output[str]
    """SNS topic of alarms in the home Region."""
    edge_alarm_topic_arn: pulumi.Output[str]
    """SNS topic of alarms in us-east-1; the same one when that is the home Region."""
    access_logs_bucket: pulumi.Output[str]
    """Name of the bucket of access logs, known once its policy admits their writers."""

    def __init__(
        self,
        name: str,
        *,
        settings: ObservabilitySettings,
        environment: EnvironmentSettings,
        keys: Keys,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        self._environment = environment
        self.alarm_topic_arn = self._topic(f"{name}-alarms", keys.logs_key_arn, region=None)
        self.edge_alarm_topic_arn = (
            self.alarm_topic_arn
            if environment.region == EDGE_REGION
            else self._topic(f"{name}-edge-alarms", keys.edge_key_arn, region=EDGE_REGION)
        )
        logs = Bucket(
            f"{name}-access-logs",
            BucketArgs(
                key_arn=None,  # neither load balancers nor S3 can write access logs under a customer key
                access_logs_bucket=None,
                protect=environment.protect,
                lifecycle=Lifecycle(noncurrent_days=1, expire_days=settings.access_logs_days),
                statements=None,
            ),
            opts=self._inside,
        )
        # Known after the policy: AWS tests a write when access logs are switched on.
        policy = logs.set_policy(_log_writers(logs, environment.account_id, environment.region))
        self.access_logs_bucket = policy.bucket
        self._publish()

    def _topic(self, name: str, key_arn: pulumi.Input[str], *, region: str | None) -> pulumi.Output[str]:
        home = self._environment.region
        topic = aws.sns.Topic(name, kms_master_key_id=key_arn, region=region, opts=self._inside)
        policy = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=policy_document(
                *(
                    publisher.topic_statement(topic.arn)
                    for publisher in topic_publishers(self._environment.account_id, region or home, home=home)
                ),
                deny_without_tls("sns:Publish", topic.arn),
            ),
            region=region,
            opts=self._inside,
        )
        for protocol, endpoints in (("email", self._settings.alarm_emails), ("https", self._settings.alarm_endpoints)):
            for endpoint in endpoints:
                aws.sns.TopicSubscription(
                    f"{name}-{_words(endpoint)}",
                    topic=topic.arn,
                    protocol=protocol,
                    endpoint=endpoint,
                    endpoint_auto_confirms=protocol == "https",
                    region=region,
                    opts=self._inside,
                )
        # Known after the policy: an alarm that goes off before it is in force would notify nobody.
        return policy.arn


def _log_writers(bucket: Bucket, account_id: str, region: str) -> list[Statement]:
    return [
        # The load balancer's ARN, which contains the account, is the only condition key documented for this service
        # (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html).
        Statement(
            sid="LoadBalancersLog",
            actions=["s3:PutObject"],
            services=["logdelivery.elasticloadbalancing.amazonaws.com"],
            resources=[bucket.objects("alb/")],
            conditions=from_source(arn=f"arn:aws:elasticloadbalancing:{region}:{account_id}:loadbalancer/*"),
        ),
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
        Statement(
            sid="BucketsLog",
            actions=["s3:PutObject"],
            services=["logging.s3.amazonaws.com"],
            resources=[bucket.objects("s3/")],
            conditions=from_source(account_id=account_id),
        ),
    ]


def _words(endpoint: str) -> str:
    """The address in the characters of a logical name."""
    return re.sub(r"[^a-z0-9]+", "-", endpoint.lower().removeprefix("https://")).strip("-")
