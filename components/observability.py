"""Observability: who hears of alarms, and where access logs go."""

import re

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm_topic import topic_writers
from components.blocks.bucket import Bucket, Lifecycle
from components.blocks.policy_document import Statement, deny_without_tls, from_source, policy_document
from settings.environment import EnvironmentSettings
from settings.observability import ObservabilitySettings
from settings.types import EDGE_REGION


class Observability(StoreComponent):
    """Encrypted alarm topics in the home Region and in us-east-1 with their subscribers, and the bucket of access logs.

    Only alarms, backups and budgets of this account publish to the topics. Load balancers write under `alb/`, buckets
    under `s3/`.
    """

    TYPE = "webstore:observability:Observability"
    alarm_topic_arn: pulumi.Output[str]
    """SNS topic of alarms in the home Region."""
    edge_alarm_topic_arn: pulumi.Output[str]
    """SNS topic of alarms in us-east-1; the same one when that is the home Region."""
    access_logs_bucket: pulumi.Output[str]
    """Name of the bucket of access logs, once its policy lets them in."""

    def __init__(
        self,
        name: str,
        *,
        settings: ObservabilitySettings,
        environment: EnvironmentSettings,
        logs_key_arn: pulumi.Input[str],
        edge_key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        self._environment = environment
        self.alarm_topic_arn = self._topic(f"{name}-alarms", logs_key_arn, region=None)
        self.edge_alarm_topic_arn = (
            self.alarm_topic_arn
            if environment.region == EDGE_REGION
            else self._topic(f"{name}-edge-alarms", edge_key_arn, region=EDGE_REGION)
        )
        logs = Bucket(
            f"{name}-access-logs",
            key_arn=None,  # neither load balancers nor S3 can write access logs under a customer key
            access_logs_bucket=None,
            protect=environment.protect,
            lifecycle=Lifecycle(noncurrent_days=1, expire_days=settings.access_logs_days),
            statements=None,
            opts=self._inside,
        )
        # Through the policy: AWS tries a write when access logs are switched on.
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
                    writer.publishes_to(topic.arn)
                    for writer in topic_writers(self._environment.account_id, region or home, home=home)
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
        # Through the policy: an alarm that fires before it is in force would reach nobody.
        return policy.arn


def _log_writers(bucket: Bucket, account_id: str, region: str) -> list[Statement]:
    return [
        # The load balancer's ARN, which holds the account, is the one key that is documented for this writer
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
    """The address as a part of a logical name."""
    return re.sub(r"[^a-z0-9]+", "-", endpoint.lower().removeprefix("https://")).strip("-")
