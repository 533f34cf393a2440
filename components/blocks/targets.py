"""Where the tasks of a service register: target groups of a load balancer, as the service sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.blocks.security_group import SecurityGroup


@dataclass(frozen=True, kw_only=True)
class TrafficShift:
    """What ECS needs to move traffic from the one target group to another."""

    alternate_target_arn: pulumi.Input[str]
    production_rule_arn: pulumi.Input[str]
    test_rule_arn: pulumi.Input[str] | None
    listener_arns: Sequence[pulumi.Input[str]]
    rule_arns: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Target group of a service, and the load balancer in front of it."""

    target_arn: pulumi.Input[str]
    """Known once a listener uses it: ECS refuses it earlier."""
    group: SecurityGroup
    """Group of the load balancer."""
    rollback_alarm_names: Sequence[pulumi.Input[str]]
    """Alarms that speak of a bad release."""
    shift: TrafficShift | None = None
    """Only with deployments that move traffic."""
