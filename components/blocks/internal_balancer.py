"""An internal load balancer that routes to services by path."""

from collections.abc import Collection, Mapping, Sequence
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
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.targets import Targets
from components.metric import Metric, Ratio
from settings.endpoints import RULES_MAX, rule_number
from settings.service import BalancerSettings

PORT = 443


@dataclass(frozen=True, kw_only=True)
class InternalBalancerArgs:
    settings: BalancerSettings
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets in two zones or more."""
    certificate_arn: pulumi.Input[str]
    names: Collection[str]
    """All services behind it; `priorities` follow from their names."""


class InternalBalancer(StoreComponent):
    """HTTPS load balancer, closed until `group.admit` names its callers; answers 404 for unknown paths."""

    TYPE = "webstore:blocks:InternalBalancer"
    OUTPUTS = ("load_balancer_arn",)
    load_balancer_arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]

    def __init__(self, name: str, args: InternalBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        self._priorities = priorities(args.names)
        self.group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=args.vpc_id, description="Internal load balancer: admits the API only"),
            opts=self._inside,
        )
        self._balancer = balancer = load_balancer(
            name,
            settings=args.settings,
            internal=True,
            subnet_ids=args.subnet_ids,
            group=self.group,
            access_logs_bucket=self.foundation.access_logs_bucket,
            protect=self.foundation.environment.protect,
            opts=self._inside,
        )
        self._listener = https_listener(
            f"{name}-https",
            port=PORT,
            load_balancer_arn=balancer.arn,
            certificate_arn=args.certificate_arn,
            refusal="404",
            opts=self._inside,
        )
        watch_balancer(name, balancer.arn_suffix, opts=self._inside)
        self.load_balancer_arn = once_ready(balancer.arn, self._listener)
        self.arn_suffix = balancer.arn_suffix
        self._publish()

    def targets(
        self, service: str, *, name: str, path: str, protocol: str, health_check_path: str, latency_alarm_ms: int
    ) -> tuple[Targets, pulumi.Output[str]]:
        """Target group of a service with alarms, and the rule that forwards `path` and all paths below it there.

        Args:
            name: Logical name of the service's resources.

        Returns:
            The targets of the service, and the resource label of its requests for scaling.
        """
        group = target_group(
            name,
            balancer=self._balancer,
            settings=self._args.settings,
            vpc_id=self._args.vpc_id,
            protocol=protocol,
            health_check_path=health_check_path,
            opts=self._inside,
        )
        rule = aws.lb.ListenerRule(
            f"{self._name}-{service}",
            listener_arn=self._listener.arn,
            priority=self._priorities[service],
            conditions=[
                aws.lb.ListenerRuleConditionArgs(
                    path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=[path, f"{path}/*"])
                )
            ],
            actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=group.arn)],
            opts=self._inside,
        )
        targets = Targets(
            target_arn=once_ready(group.arn, rule),
            balancer=self._balancer,
            group=self.group,
            rollback_alarm_names=self._watch(service, name, group, latency_alarm_ms),
        )
        return targets, pulumi.Output.concat(self.arn_suffix, "/", group.arn_suffix)

    def _watch(
        self, service: str, name: str, group: aws.lb.TargetGroup, latency_alarm_ms: int
    ) -> list[pulumi.Output[str]]:
        def metric(metric_name: str, statistic: str) -> Metric:
            return balancer_metric(metric_name, statistic, load_balancer=self.arn_suffix, target_group=group.arn_suffix)

        errors = alarm(
            f"{name}-errors",
            metric=Ratio(part=metric("HTTPCode_Target_5XX_Count", "Sum"), whole=metric("RequestCount", "Sum")),
            threshold=1,
            meaning=f"Service {service} answers more than 1% of its requests with 5xx.",
            todo="compare with the time of the last deployment, then read the service's log.",
            opts=self._inside,
        )
        latency = alarm(
            f"{name}-latency",
            metric=metric("TargetResponseTime", "p95"),
            threshold=latency_alarm_ms / 1000,
            meaning=f"One request in twenty to service {service} takes longer than {latency_alarm_ms} ms.",
            todo="check the service's CPU, the throttles of its tables, and the latency of the services that it calls.",
            opts=self._inside,
        )
        alarm(
            f"{name}-unhealthy",
            metric=metric("UnHealthyHostCount", "Maximum"),
            threshold=0,
            meaning=f"Tasks of service {service} fail their health check.",
            todo="read the log of the last stopped tasks.",
            opts=self._inside,
        )
        return [errors.name, latency.name]


def priorities(names: Collection[str]) -> Mapping[str, int]:
    """Priority of each service's rule. The rules exclude each other, so any order works; a priority must only stay when
    other services come and go. Of equal numbers, which the settings refuse, the later name gets the next free one."""
    taken: dict[int, str] = {}
    for name in sorted(names):
        wanted = rule_number(name)
        while wanted in taken:
            wanted = (wanted + 1) % RULES_MAX
        taken[wanted] = name
    return {name: number + 1 for number, name in taken.items()}
