"""The foundation: the values that every box needs, in one record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi

from settings.environment import EnvironmentSettings
from settings.observability import ContainerInsights
from settings.store import StoreSettings
from settings.tracing import TracingSettings
from settings.types import EDGE_REGION

RUNBOOKS = "docs/runbooks"


class Keys(Protocol):
    """ARNs of the KMS keys, one for each data class; the attributes of `Encryption` say which data each encrypts."""

    customer_key_arn: pulumi.Output[str]
    payment_key_arn: pulumi.Output[str]
    media_key_arn: pulumi.Output[str]
    logs_key_arn: pulumi.Output[str]
    secrets_key_arn: pulumi.Output[str]
    edge_key_arn: pulumi.Output[str]


class Receivers(Protocol):
    """Where alarms and access logs go; the attributes of `Observability` say what each takes."""

    alarm_topic_arn: pulumi.Output[str]
    edge_alarm_topic_arn: pulumi.Output[str]
    access_logs_bucket: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """Environment, account, keys, alarm topics, access-log bucket, tracing and insights, and the folder of runbooks."""

    environment: EnvironmentSettings
    inside: pulumi.ResourceOptions
    """Options of every box: the store as parent, and the provider of its account."""
    keys: Keys
    alarm_topic_arn: pulumi.Output[str]
    """SNS topic of alarms in the home Region."""
    edge_alarm_topic_arn: pulumi.Output[str]
    """SNS topic of alarms in us-east-1."""
    access_logs_bucket: pulumi.Output[str]
    """Bucket in the home Region that takes load balancer logs under `alb/` and S3 access logs under `s3/`."""
    tracing: TracingSettings
    container_insights: ContainerInsights
    """Of every ECS cluster."""
    layer_arns: Sequence[str] = ()
    """Layers of functions with code; an image has none."""
    runbooks: str = RUNBOOKS
    """Folder of the repository, or URL, with the pages that alarms link to."""
    is_preview: bool = False
    """Nothing is done now: what an update would fail for is a warning."""

    @classmethod
    def of(
        cls,
        settings: StoreSettings,
        *,
        inside: pulumi.ResourceOptions,
        keys: Keys,
        receivers: Receivers,
        is_preview: bool,
    ) -> "Foundation":
        """The foundation of the boxes that are made with these settings."""
        return cls(
            environment=settings.environment,
            inside=inside,
            keys=keys,
            alarm_topic_arn=receivers.alarm_topic_arn,
            edge_alarm_topic_arn=receivers.edge_alarm_topic_arn,
            access_logs_bucket=receivers.access_logs_bucket,
            tracing=settings.tracing,
            container_insights=settings.observability.container_insights,
            layer_arns=settings.app_tier.layer_arns,
            runbooks=settings.observability.runbooks_url or RUNBOOKS,
            is_preview=is_preview,
        )

    @property
    def account_id(self) -> str:
        return self.environment.account_id

    @property
    def region(self) -> str:
        """Home Region."""
        return self.environment.region

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource of the account in the home Region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def topic_arn(self, region: str | None = None) -> pulumi.Output[str]:
        """Alarm topic of a Region; None is the home Region.

        Raises:
            ValueError: the store has no alarm topic there, and an alarm notifies topics of its own Region only.
        """
        if region not in (None, self.region, EDGE_REGION):
            raise ValueError(f"an alarm must be in {self.region} or {EDGE_REGION}: {region} has no alarm topic")
        return self.edge_alarm_topic_arn if region == EDGE_REGION else self.alarm_topic_arn
