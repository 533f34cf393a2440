"""Tasks of services, with scaling and egress from the VPC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.app_tier.discovery import Discovery
from components.app_tier.service import Service
from components.blocks.fargate_service import FargateService, FargateServiceArgs
from components.blocks.internal_balancer import InternalBalancer
from components.blocks.service_scaling import ServiceScaling, ServiceScalingArgs
from components.blocks.targets import Targets
from components.blocks.tracing import Tracing
from components.images import Images
from components.network import Network
from settings.app_tier.runtime import FargateRuntime
from settings.endpoints import ROOT


@dataclass(frozen=True, kw_only=True)
class TaskRunner:
    """Makes tasks as children of the application tier."""

    network: Network
    images: Images
    balancer: InternalBalancer | None
    discovery: Discovery
    tracing: Tracing | None
    inside: pulumi.ResourceOptions

    def tasks(
        self,
        service: Service,
        runtime: FargateRuntime,
        callees: Mapping[str, pulumi.Output[str]],
        after: Sequence[pulumi.Resource] = (),
    ) -> FargateService:
        """
        Args:
            callees: Name to ARN of the services that it calls.
            after: Services that fill the cache of images for it.
        """
        boundary, entry = service.boundary, service.entry
        assert boundary is not None, "tasks must run inside the VPC, so their service must have a boundary"
        targets: Targets | None = None
        request_label: pulumi.Output[str] | None = None
        if entry.routes and self.balancer is not None:
            targets, request_label = self.balancer.targets(
                service.label,
                name=service.name,
                path=f"/{ROOT}/{service.label}",
                protocol=runtime.protocol,
                health_check_path=runtime.health_check_path,
                latency_alarm_ms=entry.latency_alarm_ms,
            )
        tasks = FargateService(
            service.name,
            FargateServiceArgs(
                settings=runtime,
                images=self.images.of_task(
                    runtime.image,
                    runtime.architecture,
                    self.tracing.settings.collector_image if self.tracing else None,
                ),
                setting=f"app_tier.services.{service.label}.runtime",
                vpc_id=self.network.vpc_id,
                subnet_ids=boundary.subnet_ids,
                cluster_arn=boundary.cluster.cluster_arn,
                cluster_name=boundary.cluster.cluster_name,
                command_log_group_arn=boundary.cluster.command_log_group_arn,
                targets=targets,
                environment_variables=service.access.variables,
                secrets=service.access.secrets,
                grants=service.access.grants,
                volumes=service.access.volumes,
                memberships=[boundary.members, *service.memberships],
                connection=self.discovery.connection(service.label, runtime.port, callees),
                tracing=self.tracing,
                permissions_boundary_arn=boundary.permissions_arn,
                egress_resources=[*self.network.egress_resources, *after],
            ),
            opts=self.inside,
        )
        boundary.allow_egress(tasks.group, reach_internet=runtime.reach_internet)
        ServiceScaling(
            f"{service.name}-scaling",
            ServiceScalingArgs(
                settings=runtime.scaling,
                cluster_name=boundary.cluster.cluster_name,
                service_name=tasks.service_name,
                load_balancer_suffix=None,
                request_label=request_label,
            ),
            opts=self.inside,
        )
        return tasks
