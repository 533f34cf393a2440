"""The store of one environment: the providers of its AWS account, and the parent of every box."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.base import StoreComponent
from settings.environment import EnvironmentSettings


class Store(StoreComponent):
    """Root of the environment with explicit providers, so that no resource is created in another account."""

    TYPE = "webstore:index:Store"

    def __init__(self, name: str, *, settings: EnvironmentSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        role = settings.assume_role_arn
        self._aws = aws.Provider(
            "aws",
            region=settings.region,
            allowed_account_ids=[settings.account_id],
            assume_roles=[{"role_arn": role, "session_name": f"pulumi-{settings.name}"}] if role else None,
            default_tags={"tags": settings.tags},
            opts=self._inside,
        )
        self._awsx = awsx.Provider("awsx", opts=self._inside)
        self._publish()

    @property
    def boxes(self) -> Mapping[str, StoreComponent]:
        """The boxes by their names."""
        return {box.pulumi_resource_name: box for box in self._parts}

    @property
    def inside(self) -> pulumi.ResourceOptions:
        """Options of every box: the store as parent, and the provider of its account."""
        return pulumi.ResourceOptions(parent=self, providers={"aws": self._aws, "awsx": self._awsx})
