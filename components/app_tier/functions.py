"""Functions of services."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.app_tier.boundary import DUTIES, Boundary
from components.app_tier.service import Service
from components.blocks.alarm import alarm
from components.blocks.function import Function, FunctionArgs, FunctionNetwork
from components.blocks.schedule import run_every
from components.blocks.security_group import SecurityGroup
from components.blocks.tracing import Tracing
from components.foundation import Foundation
from components.images import Images
from components.metric import Metric
from components.network import Network
from settings.app_tier import AppTierSettings
from settings.app_tier.runtime import LambdaRuntime
from settings.app_tier.uses import Access, Intake, intake_of


@dataclass(frozen=True, kw_only=True)
class Functions:
    """Makes functions as children of a box."""

    settings: AppTierSettings
    foundation: Foundation
    images: Images
    network: Network | None
    """The VPC; None where no function is inside it."""
    inside: pulumi.ResourceOptions
    mappings: dict[str, pulumi.Output[str]] = field(default_factory=dict)
    """UUIDs of the event source mappings that it has made, by logical name."""

    def of_service(self, service: Service, runtime: LambdaRuntime, *, aliases: Sequence[pulumi.Alias] = ()) -> Function:
        """The function of a service, with event source mappings of its queues and feeds.

        Args:
            aliases: What it was before.
        """
        made = self._made(
            service.name,
            runtime,
            service.access,
            boundary=service.boundary,
            memberships=service.memberships,
            intake=intake_of(service.entry),
            aliases=aliases,
        )
        if service.entry.has_duties:
            rule = run_every(
                1,
                made,
                name=f"{service.name}-{DUTIES}",
                description="Looks for what is due",
                runbook="function",
                foundation=self.foundation,
                opts=self.inside,
            )
            self._watch_clock(f"{service.name}-{DUTIES}", rule)
        for feed in service.access.sources:
            mapping = feed(made, self.inside)
            self.mappings[mapping.pulumi_resource_name] = mapping.uuid
        return made

    def _watch_clock(self, name: str, rule: aws.cloudwatch.EventRule) -> None:
        alarm(
            f"{name}-stopped",
            metric=Metric(
                namespace="AWS/Events",
                name="Invocations",
                dimensions={"RuleName": rule.name},
                statistic="Sum",
                period_seconds=300,
            ),
            when="below",
            threshold=1,
            heartbeat=True,
            meaning="The service is not invoked by the clock: what it owes is not done.",
            todo="enable the rule, and see that its target and the permission of the function are there.",
            runbook="function#errors",
            opts=self.inside,
        )

    def of_the_tier(
        self, name: str, runtime: LambdaRuntime, access: Access, *, boundary: Boundary | None = None
    ) -> Function:
        """A function that belongs to no service."""
        return self._made(name, runtime, access, boundary=boundary)

    def _made(
        self,
        name: str,
        runtime: LambdaRuntime,
        access: Access,
        *,
        boundary: Boundary | None,
        memberships: Sequence[SecurityGroup] = (),
        intake: Intake | None = None,
        aliases: Sequence[pulumi.Alias] = (),
    ) -> Function:
        network = self.network
        within: FunctionNetwork | None = None
        if boundary is not None:
            assert network is not None, "a function inside the VPC must be in a box that has the network"
            within = FunctionNetwork(
                vpc_id=network.vpc_id,
                subnet_ids=boundary.subnet_ids,
                memberships=[boundary.members, *memberships],
            )
        made = Function(
            name,
            FunctionArgs(
                settings=runtime,
                image=self.images.of_function(runtime.image, runtime.architecture) if runtime.image else None,
                # Key of the environment variables.
                key_arn=boundary.key_arn if boundary else self.foundation.keys.customer_key_arn,
                environment_variables=access.variables,
                grants=access.grants,
                network=within,
                tracing=self._tracing,
                permissions_boundary_arn=boundary.permissions_arn if boundary else None,
                intake=intake,
            ),
            opts=pulumi.ResourceOptions.merge(self.inside, pulumi.ResourceOptions(aliases=[*aliases])),
        )
        if boundary is not None and made.group is not None:
            boundary.allow_egress(made.group, reach_internet=runtime.reach_internet)
        return made

    @property
    def _tracing(self) -> Tracing | None:
        return Tracing(settings=self.foundation.tracing) if self.foundation.tracing.enabled else None
