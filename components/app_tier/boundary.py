"""The payment boundary and the shared one: cluster, subnets, key and permissions boundary of their services."""

from collections.abc import Mapping, Sequence

import pulumi

from components.app_tier.owners import Owners
from components.base import StoreComponent
from components.blocks.cluster import FargateCluster, FargateClusterArgs
from components.blocks.policy_document import Statement
from components.blocks.role_boundary import RoleBoundaryArgs, role_boundary
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.data import Data
from components.images import Images
from components.network import Network
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import Boundary as BoundaryName
from settings.app_tier.microservice import Microservice, outboxes, translator_of
from settings.app_tier.runtime import LambdaRuntime
from settings.app_tier.uses import in_network, uses_of

DUTIES = "duties"
"""End of the names of what invokes services by the clock."""
_KINDS: tuple[BoundaryName, ...] = ("shared", "payment")


class Boundary(StoreComponent):
    """Cluster, security group, subnets, key and permissions boundary of the services of one boundary."""

    TYPE = "webstore:app:Boundary"
    OUTPUTS = ("subnet_ids", "permissions_arn")
    cluster: FargateCluster
    members: SecurityGroup
    """Security group of all services of the boundary; it opens the VPC endpoints to them."""
    key_arn: pulumi.Input[str]
    """Key of the tasks' disks and of the functions' environment variables."""
    subnet_ids: Sequence[pulumi.Input[str]]
    permissions_arn: pulumi.Output[str] | None
    """Permissions boundary of their roles; only inside the payment boundary."""

    def __init__(
        self,
        name: str,
        *,
        kind: BoundaryName,
        table_arns: Sequence[pulumi.Input[str]],
        secret_arns: Sequence[str],
        made_secret_arns: Sequence[pulumi.Input[str]],
        bus_arn: str,
        queues: Sequence[str],
        functions: Sequence[str],
        repository_arns: Sequence[str],
        allowed: Sequence[Statement],
        log_days: int,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            table_arns: Tables that the services declare: all that the permissions boundary allows.
            secret_arns: Secrets that the services declare; likewise.
            made_secret_arns: Secrets of the program that the services use; likewise.
            queues: Patterns of the names of their queues, which are made later: inboxes and dead letters of outboxes.
            functions: Patterns of the names of the functions of their outboxes; likewise.
            repository_arns: Repositories of other environments that the services' images may be in.
            allowed: What else they use (`Use.bounds`).
        """
        super().__init__(name, opts)
        self._network = network
        self._payment = kind == "payment"
        keys = self.foundation.keys
        self.key_arn = keys.payment_key_arn if self._payment else keys.customer_key_arn
        self.subnet_ids = network.payment_subnet_ids if self._payment else network.app_subnet_ids
        self.permissions_arn = None
        if self._payment:
            bounds = RoleBoundaryArgs(
                foundation=self.foundation,
                table_arns=table_arns,
                bus_arn=bus_arn,
                queue_arns=[self.foundation.arn("sqs", queue) for queue in queues],
                secret_arns=secret_arns,
                made_secret_arns=made_secret_arns,
                function_arns=[self.foundation.arn("lambda", f"function:{function}") for function in functions],
                repository_arns=repository_arns,
                allowed=allowed,
            )
            self.permissions_arn = role_boundary(name, bounds, opts=self._inside).arn
        self.cluster = FargateCluster(
            f"{name}-cluster", FargateClusterArgs(storage_key_arn=self.key_arn, log_days=log_days), opts=self._inside
        )
        self.members = SecurityGroup(
            f"{name}-services",
            SecurityGroupArgs(vpc_id=network.vpc_id, description="Services: reach AWS by endpoints"),
            opts=self._inside,
        )
        network.admit_to_endpoints(self.members, purpose="AWS services through interface endpoints")
        self.members.reach_prefix_list(network.s3_prefix_list_id, label="s3", port=443, purpose="Image layers")
        self.members.reach_prefix_list(network.dynamodb_prefix_list_id, label="dynamodb", port=443, purpose="Tables")
        self._publish()

    def allow_egress(self, group: SecurityGroup, *, reach_internet: bool) -> None:
        """Let members of `group` leave the VPC: payments as `network.payment_egress` says, others if asked for."""
        if self._payment:
            self._network.allow_payment_egress(group)
        elif reach_internet:
            group.reach_internet(port=443, purpose="Public images and APIs, through the NAT gateways")


def boundaries(
    name: str,
    *,
    settings: AppTierSettings,
    network: Network,
    data: Data,
    images: Images,
    bus_arn: str,
    owners: Owners,
    provider_key_arns: Sequence[pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> Mapping[BoundaryName, Boundary]:
    """The boundaries with at least one service inside the VPC.

    Args:
        provider_key_arns: Secret with the key of calls to the simulated provider, if there is one.
    """
    made: dict[BoundaryName, Boundary] = {}
    for kind in _KINDS:
        inside = [s for s in settings.services.values() if in_network(s) and s.boundary == kind]
        if inside:
            tables = sorted({table for service in inside for table in service.tables})
            more = [use.bounds(owners.of(use)) for service in inside for use in uses_of(service)]
            through = [table for table, boundary in outboxes(settings.services).items() if boundary == kind]
            made[kind] = Boundary(
                name if kind == "shared" else f"{name}-{kind}",
                kind=kind,
                table_arns=[
                    *(data.table(table).table_arn for table in tables),
                    *(arn for bounds in more for arn in bounds.table_arns),
                ],
                secret_arns=sorted({arn for service in inside for arn in service.runtime.secrets.values()}),
                made_secret_arns=provider_key_arns,
                bus_arn=bus_arn,
                queues=[
                    f"{name}-*-inbox-*",
                    *(f"{name}-{table}-outbox-dead-*" for table in through),
                    *([f"{name}-*-{DUTIES}-failed-*"] if any(service.has_duties for service in inside) else []),
                ],
                functions=[
                    *(f"{name}-{translator_of(table)}-*" for table in through),
                    *(f"{name}-{callee}-*" for callee in _invoked_by(inside, settings)),
                ],
                repository_arns=images.proven_repository_arns,
                allowed=[statement for bounds in more for statement in bounds.statements],
                log_days=settings.log_days,
                network=network,
                opts=opts,
            )
    return made


def _invoked_by(inside: Sequence[Microservice], settings: AppTierSettings) -> list[str]:
    """Services that are functions and that services of a boundary call."""
    called = {callee for service in inside for callee in service.calls}
    return sorted(name for name in called if isinstance(settings.services[name].runtime, LambdaRuntime))
