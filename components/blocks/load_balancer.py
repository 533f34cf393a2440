"""An HTTPS load balancer that admits CloudFront only."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.balancer_parts import (
    balancer_metric,
    https_listener,
    load_balancer,
    target_group,
    watch_balancer,
)
from components.blocks.live import once_on_blue
from components.blocks.origin_secret import OriginSecret
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.targets import Targets, TrafficShift
from components.blocks.web_acl import Clients, RegionalWebAcl, WebAclArgs
from components.metric import Metric, Ratio
from functions.common.names import CLIENT_HEADER
from settings.web_tier import LoadBalancerSettings

PRODUCTION_PORT = 443
TEST_PORT = 8443
# The prefix list counts as 55 of the 60 rules of a group, so CloudFront is admitted to one port only
# (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html).
_CLOUDFRONT_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"


# Section and keys of the settings of the service behind it, for messages.
_SERVICE = "web_tier.service"
# Rules with smaller numbers are looked at first.
_PRIORITY = 10
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_VALUES_A_RULE = 5


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    settings: LoadBalancerSettings
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets in two zones or more; public ones with an origin secret."""
    origin_secret: OriginSecret | None
    """None: the load balancer is internal, behind a CloudFront VPC origin."""
    certificate_arn: pulumi.Input[str]
    target_protocol: str
    health_check_path: str
    closed_paths: Sequence[str] = ()
    """Paths that are answered with 404, with everything below them."""
    probe_path: str | None = None
    """Path of Route 53's health checks."""
    shifting: bool
    """Deployments shift traffic between blue and green targets; adds the test listener."""
    log_days: int


class LoadBalancer(StoreComponent):
    """Application Load Balancer with web ACL, blue and green targets, a production and, on request, a test listener.

    Listeners answer 403 to requests that match no rule. The test port (8443) is closed until `group.admit` opens it.
    """

    TYPE = "webstore:blocks:LoadBalancer"
    OUTPUTS = ("load_balancer_arn", "dns_name", "arn_suffix", "blue_request_label")
    load_balancer_arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    blue_target_arn: pulumi.Output[str]
    green_target_arn: pulumi.Output[str]
    blue_request_label: pulumi.Output[str]
    production_rule_arn: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        settings = args.settings
        self.group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=args.vpc_id, description="Load balancer: admits CloudFront only"),
            opts=self._inside,
        )
        cloudfront = aws.ec2.get_managed_prefix_list_output(
            name=_CLOUDFRONT_PREFIX_LIST, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        self.group.admit_prefix_list(
            cloudfront.id, label="cloudfront", port=PRODUCTION_PORT, purpose="Requests that CloudFront passes on"
        )
        balancer = load_balancer(
            name,
            settings=settings,
            internal=args.origin_secret is None,
            subnet_ids=args.subnet_ids,
            group=self.group,
            access_logs_bucket=self.foundation.access_logs_bucket,
            protect=self.foundation.environment.protect,
            # Target groups of another protocol are new ones, and a rule that moved to them would forward to nobody
            # until tasks are there. A second load balancer serves beside the first until CloudFront has moved.
            opts=pulumi.ResourceOptions.merge(
                self._inside, pulumi.ResourceOptions(replacement_trigger=args.target_protocol)
            ),
        )
        acl = RegionalWebAcl(
            name,
            WebAclArgs(
                settings=settings.web_acl,
                clients=Clients(header=CLIENT_HEADER, probe_path=args.probe_path),
                redacted_headers=[args.origin_secret.name] if args.origin_secret else [],
                log_days=args.log_days,
            ),
            opts=self._inside,
        )
        acl.protect_resource("balancer", balancer.arn)

        self._balancer = balancer
        blue, green = (self._targets(colour) for colour in ("blue", "green"))
        production = self._listener("https", PRODUCTION_PORT, balancer)
        production_rule = self._rule("production", production, blue, green)
        self._close_paths("closed", production)
        self.load_balancer_arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.arn_suffix = balancer.arn_suffix
        # ECS refuses target groups without a listener.
        self.blue_target_arn = (
            once_ready(blue.arn, production_rule)
            if args.shifting
            else once_on_blue(
                production_rule,
                blue=blue,
                setting=_SERVICE,
                opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[production_rule]),
            )
        )
        self.green_target_arn = once_ready(green.arn, production_rule)
        self.blue_request_label = pulumi.Output.concat(balancer.arn_suffix, "/", blue.arn_suffix)
        self.production_rule_arn = production_rule.arn
        self.listener_arns = [production.arn]
        self.rule_arns = [production_rule.arn]
        self.test_rule_arn: pulumi.Output[str] | None = None
        if args.shifting:
            test = self._listener("test", TEST_PORT, balancer)
            self.test_rule_arn = self._rule("test", test, blue, green).arn
            self._close_paths("test-closed", test)
            self.listener_arns.append(test.arn)
            self.rule_arns.append(self.test_rule_arn)
        self.rollback_alarm_names = self._watch(balancer, {"blue": blue, "green": green})
        self._publish()

    @property
    def targets(self) -> Targets:
        """The blue target group, and with shifting deployments the green one."""
        shift = TrafficShift(
            alternate_target_arn=self.green_target_arn,
            production_rule_arn=self.production_rule_arn,
            test_rule_arn=self.test_rule_arn,
            listener_arns=self.listener_arns,
            rule_arns=self.rule_arns,
        )
        return Targets(
            target_arn=self.blue_target_arn,
            balancer=self._balancer,
            group=self.group,
            rollback_alarm_names=self.rollback_alarm_names,
            shift=shift if self._args.shifting else None,
        )

    def _targets(self, colour: str) -> aws.lb.TargetGroup:
        args = self._args
        return target_group(
            f"{self._name}-{colour}",
            balancer=self._balancer,
            settings=args.settings,
            vpc_id=args.vpc_id,
            protocol=args.target_protocol,
            health_check_path=args.health_check_path,
            opts=self._inside,
        )

    def _listener(self, label: str, port: int, balancer: aws.lb.LoadBalancer) -> aws.lb.Listener:
        return https_listener(
            f"{self._name}-{label}",
            port=port,
            load_balancer_arn=balancer.arn,
            certificate_arn=self._args.certificate_arn,
            refusal="403",
            opts=self._inside,
        )

    def _rule(
        self, label: str, listener: aws.lb.Listener, blue: aws.lb.TargetGroup, green: aws.lb.TargetGroup
    ) -> aws.lb.ListenerRule:
        conditions = [
            aws.lb.ListenerRuleConditionArgs(path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=["/*"]))
        ]
        header = self._args.origin_secret
        if header is not None:
            conditions.append(
                aws.lb.ListenerRuleConditionArgs(
                    http_header=aws.lb.ListenerRuleConditionHttpHeaderArgs(
                        http_header_name=header.name, values=header.admitted
                    )
                )
            )
        return aws.lb.ListenerRule(
            f"{self._name}-{label}",
            listener_arn=listener.arn,
            priority=_PRIORITY,
            conditions=conditions,
            actions=[
                aws.lb.ListenerRuleActionArgs(
                    type="forward",
                    forward=aws.lb.ListenerRuleActionForwardArgs(
                        target_groups=[
                            aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=blue.arn, weight=100),
                            aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=green.arn, weight=0),
                        ]
                    ),
                )
            ],
            # ECS sets the weights when deployments shift traffic.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["actions"] if self._args.shifting else None),
        )

    def _close_paths(self, label: str, listener: aws.lb.Listener) -> None:
        """Rules before all others. Health checks go from the load balancer to the tasks, past every rule."""
        # `;` begins path parameters, which servers leave out of the path.
        patterns = [f"{path}{below}" for path in self._args.closed_paths for below in ("", "/*", ";*")]
        for number, first in enumerate(range(0, len(patterns), _VALUES_A_RULE), start=1):
            values = patterns[first : first + _VALUES_A_RULE]
            aws.lb.ListenerRule(
                f"{self._name}-{label}-{number}",
                listener_arn=listener.arn,
                priority=number,
                conditions=[
                    aws.lb.ListenerRuleConditionArgs(
                        path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=values)
                    )
                ],
                actions=[
                    aws.lb.ListenerRuleActionArgs(
                        type="fixed-response",
                        fixed_response=aws.lb.ListenerRuleActionFixedResponseArgs(
                            content_type="text/plain", status_code="404", message_body="Not Found"
                        ),
                    )
                ],
                opts=self._inside,
            )

    def _watch(self, balancer: aws.lb.LoadBalancer, targets: dict[str, aws.lb.TargetGroup]) -> list[pulumi.Output[str]]:
        """Make the alarms; returns the names of those that roll a deployment back."""

        def metric(name: str, statistic: str) -> Metric:
            return balancer_metric(name, statistic, load_balancer=balancer.arn_suffix)

        errors = alarm(
            f"{self._name}-target-errors",
            metric=Ratio(part=metric("HTTPCode_Target_5XX_Count", "Sum"), whole=metric("RequestCount", "Sum")),
            threshold=1,
            meaning="The web service answers more than 1% of its requests with 5xx.",
            todo="compare with the time of the last deployment, then read the service's log.",
            opts=self._inside,
        )
        latency = alarm(
            f"{self._name}-latency",
            metric=metric("TargetResponseTime", "p95"),
            threshold=self._args.settings.latency_alarm_ms / 1000,
            meaning=f"One page in twenty takes longer than {self._args.settings.latency_alarm_ms} ms.",
            todo="check the web service's CPU, the cache's hit rate, and the latency of the services behind it.",
            opts=self._inside,
        )
        watch_balancer(self._name, balancer.arn_suffix, opts=self._inside)
        for colour, group in targets.items():
            alarm(
                f"{self._name}-{colour}-unhealthy",
                metric=balancer_metric(
                    "UnHealthyHostCount",
                    "Maximum",
                    load_balancer=balancer.arn_suffix,
                    target_group=group.arn_suffix,
                ),
                threshold=0,
                meaning=f"Tasks behind the {colour} target group fail their health check.",
                todo="read the log of the last stopped tasks.",
                opts=self._inside,
            )
        return [errors.name, latency.name]
