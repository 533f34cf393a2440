"""Scaling of an ECS service by CPU, memory, requests and calendar."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.cluster import running_tasks
from settings.service import ScalingSettings

_Predefined = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgsDict
_Customized = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationArgsDict
_Query = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArgsDict


@dataclass(frozen=True, kw_only=True)
class ServiceScalingArgs:
    settings: ScalingSettings
    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    load_balancer_suffix: pulumi.Input[str] | None
    """`app/...` part of the load balancer's ARN; None does not scale by requests."""
    request_label: pulumi.Input[str] | None
    """`app/.../targetgroup/...` of the one target group; None if deployments shift traffic between two groups, which
    the predefined metric does not support
    (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html)."""


class ServiceScaling(StoreComponent):
    """Target tracking by CPU, memory and requests (the largest result counts); a scheduled minimum for each peak."""

    TYPE = "webstore:blocks:ServiceScaling"

    def __init__(self, name: str, args: ServiceScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = args.settings
        self._settings = settings
        self._target = aws.appautoscaling.Target(
            name,
            service_namespace="ecs",
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=settings.min_tasks,
            max_capacity=settings.max_tasks,
            opts=self._inside,
        )
        self._track("cpu", settings.cpu_percent, {"predefined_metric_type": "ECSServiceAverageCPUUtilization"})
        self._track("memory", settings.memory_percent, {"predefined_metric_type": "ECSServiceAverageMemoryUtilization"})
        if args.request_label is not None:
            self._track(
                "requests",
                settings.requests_per_task_per_minute,
                {"predefined_metric_type": "ALBRequestCountPerTarget", "resource_label": args.request_label},
            )
        elif args.load_balancer_suffix is not None:
            self._track(
                "requests",
                settings.requests_per_task_per_minute,
                customized=self._requests_by_tasks(args, args.load_balancer_suffix),
            )
        for peak_name, peak in settings.peaks.items():
            for moment, when, floor in (
                ("begins", peak.begins, peak.min_tasks),
                ("ends", peak.ends, settings.min_tasks),
            ):
                aws.appautoscaling.ScheduledAction(
                    f"{name}-{peak_name}-{moment}",
                    service_namespace=self._target.service_namespace,
                    resource_id=self._target.resource_id,
                    scalable_dimension=self._target.scalable_dimension,
                    schedule=when,
                    timezone=peak.timezone,
                    scalable_target_action=aws.appautoscaling.ScheduledActionScalableTargetActionArgs(
                        min_capacity=floor, max_capacity=settings.max_tasks
                    ),
                    opts=self._inside,
                )
        self._publish()

    def _track(
        self, label: str, value: float, predefined: _Predefined | None = None, *, customized: _Customized | None = None
    ) -> None:
        configuration: aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict = {
            "target_value": value,
            "scale_in_cooldown": self._settings.scale_in_cooldown_seconds,
            "scale_out_cooldown": self._settings.scale_out_cooldown_seconds,
        }
        if predefined is not None:
            configuration["predefined_metric_specification"] = predefined
        if customized is not None:
            configuration["customized_metric_specification"] = customized
        aws.appautoscaling.Policy(
            f"{self._name}-{label}",
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            resource_id=self._target.resource_id,
            scalable_dimension=self._target.scalable_dimension,
            target_tracking_scaling_policy_configuration=configuration,
            opts=self._inside,
        )

    def _requests_by_tasks(self, args: ServiceScalingArgs, load_balancer_suffix: pulumi.Input[str]) -> _Customized:
        """Requests per minute of the load balancer, divided by the running tasks."""
        requests: _Query = {
            "id": "requests",
            "return_data": False,
            "metric_stat": {
                "stat": "Sum",
                "metric": {
                    "namespace": "AWS/ApplicationELB",
                    "metric_name": "RequestCount",
                    "dimensions": [{"name": "LoadBalancer", "value": load_balancer_suffix}],
                },
            },
        }
        running = running_tasks(
            self.foundation.container_insights, cluster_name=args.cluster_name, service_name=args.service_name
        )
        tasks: _Query = {
            "id": "tasks",
            "return_data": False,
            "metric_stat": {
                "stat": running.statistic,
                "metric": {
                    "namespace": running.namespace,
                    "metric_name": running.name,
                    "dimensions": [{"name": name, "value": value} for name, value in running.dimensions.items()],
                },
            },
        }
        per_task: _Query = {
            "id": "per_task",
            "expression": "requests / tasks",
            "label": "Requests a task",
            "return_data": True,
        }
        return {"metrics": [per_task, requests, tasks]}
