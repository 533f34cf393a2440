"""Target groups of a load balancer, for the service whose tasks register there."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.security_group import SecurityGroup


@dataclass(frozen=True, kw_only=True)
class TrafficShift:
    """Resources between which ECS shifts traffic."""

    alternate_target_arn: pulumi.Input[str]
    production_rule_arn: pulumi.Input[str]
    test_rule_arn: pulumi.Input[str] | None
    listener_arns: Sequence[pulumi.Input[str]]
    rule_arns: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Target group of a service, and its load balancer."""

    target_arn: pulumi.Input[str]
    """Known once a listener forwards to it: ECS refuses it earlier."""
    balancer: aws.lb.LoadBalancer
    group: SecurityGroup
    """Security group of the load balancer."""
    rollback_alarm_names: Sequence[pulumi.Input[str]]
    """Alarms that roll a deployment back."""
    shift: TrafficShift | None = None
    """Only with deployments that shift traffic."""
