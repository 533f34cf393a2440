"""What keeps services inside or outside the payment boundary: cluster, subnets, key, and the bounds of their roles."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi

from components.base import StoreComponent
from components.blocks.cluster import FargateCluster, FargateClusterArgs
from components.blocks.role_boundary import RoleBoundaryArgs, role_boundary
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.data import Data
from components.network import Network
from settings.app_tier import AppTierSettings
from settings.app_tier.uses import in_network

BoundaryName = Literal["shared", "payment"]
_KINDS: tuple[BoundaryName, ...] = ("shared", "payment")


class Boundary(StoreComponent):
    """Where the services of one boundary run, and what bounds them."""

    TYPE = "webstore:app:Boundary"
    OUTPUTS = ("subnet_ids", "permissions_arn")
    cluster: FargateCluster
    members: SecurityGroup
    """Group of all of them: they reach AWS's services by endpoints."""
    key_arn: pulumi.Input[str]
    """Key of the tasks' disks and of the functions' variables."""
    subnet_ids: pulumi.Input[Sequence[str]]
    permissions_arn: pulumi.Output[str] | None
    """What their roles can never exceed."""

    def __init__(
        self,
        name: str,
        *,
        kind: BoundaryName,
        table_arns: Sequence[pulumi.Input[str]],
        secret_arns: Sequence[str],
        bus_arn: str,
        inboxes: str,
        log_days: int,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            table_arns: Tables that the services declare; inside the payment boundary their roles reach no others.
            secret_arns: Secrets that they declare; the same.
            bus_arn: Bus of events.
            inboxes: Pattern of the names of their queues of events, which are made later.
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
                queue_arns=[self.foundation.arn("sqs", inboxes)],
                secret_arns=secret_arns,
            )
            self.permissions_arn = role_boundary(name, bounds, opts=self._inside).arn
        self.cluster = FargateCluster(
            f"{name}-cluster",
            FargateClusterArgs(storage_key_arn=self.key_arn, log_days=log_days),
            opts=self._inside,
        )
        self.members = SecurityGroup(
            f"{name}-services",
            SecurityGroupArgs(
                vpc_id=network.vpc_id,
                description="Services: reach AWS by endpoints",
            ),
            opts=self._inside,
        )
        network.endpoints_group.admit(self.members, port=443, purpose="AWS services through interface endpoints")
        self.members.reach_prefix_list(network.s3_prefix_list_id, label="s3", port=443, purpose="Image layers")
        self.members.reach_prefix_list(network.dynamodb_prefix_list_id, label="dynamodb", port=443, purpose="Tables")
        self._publish()

    def let_out(self, group: SecurityGroup, *, reach_internet: bool) -> None:
        """Open the way out of the VPC for a service: what payments may reach, or, on request, any HTTPS address."""
        if self._payment:
            self._network.let_payments_out(group)
        elif reach_internet:
            group.reach_internet(port=443, purpose="Public images and APIs, through the NAT gateways")


def boundaries(
    name: str,
    *,
    settings: AppTierSettings,
    network: Network,
    data: Data,
    bus_arn: str,
    opts: pulumi.ResourceOptions,
) -> Mapping[BoundaryName, Boundary]:
    """The boundaries that have a service inside the VPC."""
    made: dict[BoundaryName, Boundary] = {}
    for kind in _KINDS:
        inside = [s for s in settings.services.values() if in_network(s) and s.boundary == kind]
        if inside:
            tables = sorted({table for service in inside for table in service.tables})
            made[kind] = Boundary(
                name if kind == "shared" else f"{name}-{kind}",
                kind=kind,
                table_arns=[data.table(table).table_arn for table in tables],
                secret_arns=sorted({arn for service in inside for arn in service.runtime.secrets.values()}),
                bus_arn=bus_arn,
                inboxes=f"{name}-*-inbox-*",
                log_days=settings.log_days,
                network=network,
                opts=opts,
            )
    return made
