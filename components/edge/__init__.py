"""The edge: web ACL, CloudFront distribution with logs, maintenance page, and DNS records of the host names."""

import pulumi
import pulumi_aws as aws

from components.api import Api
from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.bucket import access_log_bucket
from components.blocks.origin_secret import OriginSecret
from components.dns import Dns
from components.edge.distribution import Distribution, WebOrigin
from components.edge.failover import FailoverPage
from components.edge.logs import AccessLogs
from components.edge.web_acl import EdgeWebAcl
from components.foundation import Foundation
from components.media import Media
from components.metric import Metric
from settings.edge import EdgeSettings, HealthCheck
from settings.types import EDGE_REGION

__all__ = ["Edge"]


class Edge(StoreComponent):
    """Point 1 of the guidance: the resources between customers and origins, all global or in us-east-1."""

    TYPE = "webstore:edge:Edge"
    DASHBOARD = "edge"
    OUTPUTS = ("distribution_id", "distribution_arn", "distribution_domain_name", "web_acl_arn")
    distribution_id: pulumi.Output[str]
    distribution_arn: pulumi.Output[str]
    distribution_domain_name: pulumi.Output[str]
    web_acl_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: EdgeSettings,
        foundation: Foundation,
        dns: Dns,
        media: Media,
        web: WebOrigin,
        api: Api,
        origin_secret: OriginSecret | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            api: Origin of `/api/*`, if it has routes.
            origin_secret: Required for `origin: {kind: secret_header}`.

        Raises:
            pulumi.RunError: `origin` is `secret_header` without a secret.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        access_logs_bucket = foundation.access_logs_bucket
        if foundation.region != EDGE_REGION:
            access_logs_bucket = access_log_bucket(
                f"{name}-s3-logs",
                account_id=foundation.account_id,
                protect=foundation.environment.protect,
                region=EDGE_REGION,
                opts=self._inside,
            )
        web_acl = EdgeWebAcl(
            f"{name}-web-acl",
            settings=settings.web_acl,
            log_days=settings.log_days,
            blocked_per_5_minutes=settings.alarms.blocked_per_5_minutes,
            probe_path=settings.probe_path,
            closed_paths=web.closed_paths,
            opts=self._inside,
        )
        failover = FailoverPage(
            f"{name}-maintenance",
            settings=settings.maintenance,
            access_logs_bucket=access_logs_bucket,
            opts=self._inside,
        )
        distribution = Distribution(
            f"{name}-distribution",
            settings=settings,
            dns=dns,
            media=media,
            web=web,
            failover=failover,
            web_acl_arn=web_acl.web_acl_arn,
            origin_secret=origin_secret.value if origin_secret else None,
            api_domain_name=api.domain_name,
            api_key=api.edge_key,
            opts=self._inside,
        )
        media.serve_through(distribution.distribution_arn)
        failover.serve_through(distribution.distribution_arn)
        AccessLogs(
            f"{name}-logs",
            settings=settings,
            distribution_arn=distribution.distribution_arn,
            access_logs_bucket=access_logs_bucket,
            opts=self._inside,
        )
        self._point_names(dns, distribution)
        self._watch(distribution.distribution_id)
        if settings.health_check is not None:
            self._probe(settings.health_check, dns.host_names["store"])
        self.distribution_id = distribution.distribution_id
        self.distribution_arn = distribution.distribution_arn
        self.distribution_domain_name = distribution.domain_name
        self.web_acl_arn = web_acl.web_acl_arn
        self._publish()

    def _point_names(self, dns: Dns, distribution: Distribution) -> None:
        """Alias records of every host name: A, AAAA, and HTTPS, which announces HTTP/3 before the first request.

        They bear the host's name: a name that becomes the domain, or is it no longer, keeps its records.
        """
        for label, host_name in dns.host_names.items():
            for record_type in ("A", "AAAA", "HTTPS"):
                aws.route53.Record(
                    f"{self._name}-{host_name}-{record_type.lower()}",
                    zone_id=dns.zone_id,
                    name=host_name,
                    type=record_type,
                    aliases=[
                        {
                            "name": distribution.domain_name,
                            "zone_id": distribution.hosted_zone_id,
                            "evaluate_target_health": False,
                        }
                    ],
                    opts=pulumi.ResourceOptions.merge(
                        self._inside,
                        # Logical name in earlier releases.
                        pulumi.ResourceOptions(
                            aliases=[pulumi.Alias(name=f"{self._name}-{label}-{record_type.lower()}")]
                        ),
                    ),
                )

    def _watch(self, distribution_id: pulumi.Output[str]) -> None:
        # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
        dimensions = {"DistributionId": distribution_id, "Region": "Global"}
        limits = self._settings.alarms
        alarm(
            f"{self._name}-errors",
            metric=Metric(
                namespace="AWS/CloudFront",
                name="5xxErrorRate",
                dimensions=dimensions,
                statistic="Average",
                period_seconds=300,
            ),
            threshold=limits.server_errors_percent,
            periods=Periods(breaching=2, evaluated=3),
            meaning="CloudFront answers customers with errors (5xx) or the maintenance page.",
            todo="look at the web tier's alarms and targets, then find the failing paths in the access logs.",
            region=EDGE_REGION,
            opts=self._inside,
        )
        if self._settings.realtime_metrics:
            alarm(
                f"{self._name}-origin-latency",
                metric=Metric(
                    namespace="AWS/CloudFront",
                    name="OriginLatency",
                    dimensions=dimensions,
                    statistic="p90",
                    period_seconds=300,
                ),
                threshold=limits.origin_latency_p90_ms,
                meaning=f"One request in ten waits longer than {limits.origin_latency_p90_ms} ms for an origin.",
                todo="look at the response time of the web tier's targets, its tasks and its cache.",
                region=EDGE_REGION,
                opts=self._inside,
            )

    def _probe(self, settings: HealthCheck, host_name: str) -> None:
        check = aws.route53.HealthCheck(
            f"{self._name}-probe",
            type="HTTPS",
            fqdn=host_name,
            port=443,
            resource_path=settings.path,
            enable_sni=True,
            request_interval=settings.interval_seconds,
            failure_threshold=settings.failures,
            regions=list(self._settings.checker_regions),
            tags={"Name": f"{self._name}-probe"},
            opts=self._inside,
        )
        alarm(
            f"{self._name}-probe",
            metric=Metric(
                # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
                namespace="AWS/Route53",
                name="HealthCheckStatus",
                dimensions={"HealthCheckId": check.id},
                statistic="Minimum",
            ),
            when="below",
            threshold=1,
            periods=Periods(breaching=2, evaluated=3),
            heartbeat=True,
            meaning=f"Route 53's health checkers in several Regions get no answer from {host_name}.",
            todo="open the store from outside AWS, then check DNS, certificate, web ACL and web tier, in this order.",
            region=EDGE_REGION,
            opts=self._inside,
        )
