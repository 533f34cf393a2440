"""Service Connect between services: the namespace, and the private authority of its certificates."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.blocks.naming import in_stack
from components.blocks.service_connect import CertificateAuthority, CertificateAuthorityArgs, Connection
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import connected


class Discovery:
    """Service Connect of the services that call or are called; makes nothing if no service calls another."""

    def __init__(self, name: str, settings: AppTierSettings, opts: pulumi.ResourceOptions) -> None:
        self._called = {callee for callees in connected(settings.services).values() for callee in callees}
        self._namespace = self._tls = None
        if not self._called:
            return
        self._namespace = aws.servicediscovery.HttpNamespace(
            name,
            name=in_stack(f"{pulumi.get_project()}-services", limit=100),
            description="Services of the store, by Service Connect",
            opts=opts,
        )
        if settings.discovery.tls:
            authority = CertificateAuthority(
                f"{name}-authority", CertificateAuthorityArgs(years=settings.discovery.authority_years), opts=opts
            )
            self._tls = authority.issuer

    @property
    def namespace_name(self) -> pulumi.Output[str] | None:
        return self._namespace.name if self._namespace else None

    def connection(self, label: str, port: int, callees: Mapping[str, pulumi.Output[str]]) -> Connection | None:
        """Service Connect of one service; None if it neither calls nor is called."""
        called = label in self._called
        if self._namespace is None or not (called or callees):
            return None
        return Connection(
            namespace_arn=self._namespace.arn, name=label, port=port, called=called, callees=callees, tls=self._tls
        )
