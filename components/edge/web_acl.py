"""Web ACL in front of CloudFront, and its alarm."""

from collections.abc import Sequence

import pulumi

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.web_acl import Clients, WebAclArgs, web_acl
from components.metric import Metric
from settings.types import EDGE_REGION
from settings.web_acl import EdgeWebAclSettings


class EdgeWebAcl(StoreComponent):
    """Web ACL of scope CLOUDFRONT, in us-east-1, with its log and an alarm on blocked requests."""

    TYPE = "webstore:edge:EdgeWebAcl"
    OUTPUTS = ("web_acl_arn",)
    web_acl_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: EdgeWebAclSettings,
        log_days: int,
        blocked_per_5_minutes: int,
        probe_path: str | None,
        closed_paths: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            log_days: Retention of the log without `settings.log_days`.
            blocked_per_5_minutes: Threshold of the alarm.
            probe_path: Path of Route 53's health checks.
            closed_paths: Paths of the web tier that nobody may request.
        """
        super().__init__(name, opts)
        acl = web_acl(
            name,
            WebAclArgs(
                settings=settings,
                log_days=log_days,
                clients=Clients(probe_path=probe_path, closed_paths=closed_paths),
            ),
            scope="CLOUDFRONT",
            description="Web store: in front of CloudFront",
            key_arn=self.foundation.keys.edge_key_arn,
            log=f"{name}-log",
            log_group_name=f"aws-waf-logs-{pulumi.get_project()}-{pulumi.get_stack()}",
            opts=self._inside,
        )
        self.web_acl_arn = acl.arn
        alarm(
            f"{name}-blocked",
            metric=Metric(
                # https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
                namespace="AWS/WAFV2",
                name="BlockedRequests",
                dimensions={"WebACL": acl.metric_name, "Rule": "ALL"},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=blocked_per_5_minutes,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"The web ACL blocks more than {blocked_per_5_minutes} requests in five minutes: an attack, or a"
            " rule that blocks customers.",
            todo="find rule and paths in the web ACL's log; if the rule blocks customers, add it to `count_only` of its"
            " group, such as `edge.web_acl.common.count_only: [SizeRestrictions_BODY]`.",
            region=EDGE_REGION,
            opts=self._inside,
        )
        self._publish()
