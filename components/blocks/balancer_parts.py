"""Resources and alarms that all load balancers of the store share."""

from collections.abc import Sequence
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.blocks.alarm import alarm
from components.blocks.security_group import SecurityGroup
from components.metric import Metric
from settings.service import BalancerSettings

# TLS 1.2 and 1.3 with forward secrecy, and hybrid post-quantum key exchange for clients that have it
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html).
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


def load_balancer(
    name: str,
    *,
    settings: BalancerSettings,
    internal: bool,
    subnet_ids: Sequence[pulumi.Input[str]],
    group: SecurityGroup,
    access_logs_bucket: pulumi.Input[str],
    protect: bool,
    opts: pulumi.ResourceOptions,
) -> aws.lb.LoadBalancer:
    """An Application Load Balancer that drops invalid headers and logs requests and connections.

    Listeners, rules, target groups and services follow it when it is replaced, and the old ones go last.
    """
    return aws.lb.LoadBalancer(
        name,
        load_balancer_type="application",
        internal=internal,
        subnets=subnet_ids,
        security_groups=[group.group_id],
        ip_address_type="ipv4",
        idle_timeout=settings.idle_timeout_seconds,
        drop_invalid_header_fields=True,
        desync_mitigation_mode="strictest",
        preserve_host_header=True,
        xff_header_processing_mode="append",
        enable_http2=True,
        enable_cross_zone_load_balancing=True,
        enable_zonal_shift=True,
        enable_waf_fail_open=False,
        enable_deletion_protection=protect,
        minimum_load_balancer_capacity=aws.lb.LoadBalancerMinimumLoadBalancerCapacityArgs(
            capacity_units=settings.minimum_capacity_units
        )
        if settings.minimum_capacity_units
        else None,
        access_logs=aws.lb.LoadBalancerAccessLogsArgs(
            bucket=access_logs_bucket, prefix=f"alb/{name}/access", enabled=True
        ),
        connection_logs=aws.lb.LoadBalancerConnectionLogsArgs(
            bucket=access_logs_bucket, prefix=f"alb/{name}/connection", enabled=True
        ),
        opts=opts,
    )


def https_listener(
    name: str,
    *,
    port: int,
    load_balancer_arn: pulumi.Input[str],
    certificate_arn: pulumi.Input[str],
    refusal: Literal["403", "404"],
    opts: pulumi.ResourceOptions,
) -> aws.lb.Listener:
    """A listener that answers `refusal` to requests that match no rule."""
    body = {"403": "Forbidden", "404": "Not Found"}[refusal]
    return aws.lb.Listener(
        name,
        load_balancer_arn=load_balancer_arn,
        port=port,
        protocol="HTTPS",
        ssl_policy=TLS_POLICY,
        certificate_arn=certificate_arn,
        routing_http_response_server_enabled=False,
        default_actions=[
            aws.lb.ListenerDefaultActionArgs(
                type="fixed-response",
                fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                    content_type="text/plain", status_code=refusal, message_body=body
                ),
            )
        ],
        opts=opts,
    )


def target_group(
    name: str,
    *,
    balancer: aws.lb.LoadBalancer,
    settings: BalancerSettings,
    vpc_id: pulumi.Input[str],
    protocol: str,
    health_check_path: str,
    opts: pulumi.ResourceOptions,
) -> aws.lb.TargetGroup:
    """A target group of tasks, for one load balancer: AWS refuses it to a second one
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html)."""
    return aws.lb.TargetGroup(
        name,
        vpc_id=vpc_id,
        target_type="ip",
        # Tasks are registered with their container's port; a change of this one would replace the target group.
        port=443 if protocol == "HTTPS" else 80,
        protocol=protocol,
        protocol_version="HTTP1",
        deregistration_delay=settings.deregistration_delay_seconds,
        slow_start=settings.slow_start_seconds,
        # AWS refuses slow start with least outstanding requests
        # (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html).
        load_balancing_algorithm_type="round_robin" if settings.slow_start_seconds else "least_outstanding_requests",
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            enabled=True,
            path=health_check_path,
            port="traffic-port",
            protocol=protocol,
            matcher="200",
            interval=15,
            timeout=5,
            healthy_threshold=2,
            unhealthy_threshold=3,
        ),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(replace_with=[balancer])),
    )


def balancer_metric(
    name: str,
    statistic: str,
    *,
    load_balancer: pulumi.Input[str],
    target_group: pulumi.Input[str] | None = None,
) -> Metric:
    """A metric of a load balancer, or of one of its target groups; both are given by the suffix of their ARN
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html)."""
    here = {"LoadBalancer": load_balancer} | ({"TargetGroup": target_group} if target_group is not None else {})
    return Metric(namespace="AWS/ApplicationELB", name=name, dimensions=here, statistic=statistic)


def watch_balancer(name: str, suffix: pulumi.Input[str], *, opts: pulumi.ResourceOptions) -> None:
    """Alarms on failures of the load balancer itself."""
    alarm(
        f"{name}-own-errors",
        metric=balancer_metric("HTTPCode_ELB_5XX_Count", "Sum", load_balancer=suffix),
        threshold=10,
        meaning="The load balancer itself answers with errors (5xx): it has no healthy target, or targets time out.",
        todo="compare healthy hosts and response times of the target groups.",
        opts=opts,
    )
    alarm(
        f"{name}-rejected-connections",
        metric=balancer_metric("RejectedConnectionCount", "Sum", load_balancer=suffix),
        threshold=0,
        meaning="The load balancer rejects connections: it has reached its connection limit.",
        todo="raise `load_balancer.minimum_capacity_units` of its tier in the stack file.",
        opts=opts,
    )
