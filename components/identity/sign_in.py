"""Sign-in pages: host name, certificate, records and branding."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.certificate import HostCertificate, HostCertificateArgs
from components.dns import Dns
from components.foundation import Foundation
from components.identity import Identity
from components.identity.names import prefix
from settings.identity import CustomDomain, IdentitySettings
from settings.types import EDGE_REGION

_CLASSIC, _MANAGED = 1, 2


class SignIn(StoreComponent):
    """Cognito's sign-in pages at a host of the store's domain, or of Cognito's.

    A box of its own, made after the edge: Cognito accepts `auth.<domain>` only if `<domain>` has an address record
    (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html). The edge
    makes the record and needs the API, which needs the user pool. The host has a certificate of its own: it leads to
    Cognito's distribution, not to the store's.
    """

    TYPE = "webstore:identity:SignIn"
    DASHBOARD = "identity"

    def __init__(
        self,
        name: str,
        *,
        settings: IdentitySettings,
        foundation: Foundation,
        identity: Identity,
        dns: Dns,
        above: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            above: The edge, which makes the address record of the domain above this one.
        """
        super().__init__(name, opts, foundation=foundation)
        version = _CLASSIC if settings.tier == "LITE" else _MANAGED
        if isinstance(settings.domain, CustomDomain):
            host_name = identity.sign_in_url.removeprefix("https://")
            certificate = HostCertificate(
                name,
                HostCertificateArgs(host_name=host_name, zone_id=dns.zone_id, region=EDGE_REGION),
                opts=self._inside,
            )
            domain = aws.cognito.UserPoolDomain(
                name,
                domain=host_name,
                user_pool_id=identity.user_pool_id,
                certificate_arn=certificate.certificate_arn,
                managed_login_version=version,
                # Cognito resolves the parent domain, and no input comes from its record. A domain belongs to one pool
                # at a time, so a replacement deletes it first.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[above], delete_before_replace=True),
            )
            self._point(host_name, dns.zone_id, domain)
        else:
            domain = aws.cognito.UserPoolDomain(
                name,
                domain=prefix(settings, foundation.environment),
                user_pool_id=identity.user_pool_id,
                managed_login_version=version,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        if version == _MANAGED:
            # Managed login shows an error page for a client without branding.
            self._style("web", identity.user_pool_id, identity.web_client_id, settings.button_color)
            if identity.mobile_client_id is not None:
                self._style("mobile", identity.user_pool_id, identity.mobile_client_id, settings.button_color)
        self._publish()

    def _point(self, host_name: str, zone_id: pulumi.Input[str], domain: aws.cognito.UserPoolDomain) -> None:
        for record_type in ("A", "AAAA"):
            aws.route53.Record(
                f"{self._name}-{record_type.lower()}",
                zone_id=zone_id,
                name=host_name,
                type=record_type,
                aliases=[
                    {
                        "name": domain.cloudfront_distribution,
                        "zone_id": domain.cloudfront_distribution_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=self._inside,
            )

    def _style(
        self, label: str, user_pool_id: pulumi.Input[str], client_id: pulumi.Input[str], button_color: str | None
    ) -> None:
        aws.cognito.ManagedLoginBranding(
            f"{self._name}-{label}",
            user_pool_id=user_pool_id,
            client_id=client_id,
            use_cognito_provided_values=None if button_color else True,
            settings=_looks(button_color) if button_color else None,
            opts=self._inside,
        )


def _looks(button_color: str) -> str:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-brandingeditor.html"""
    button = {"defaults": {"backgroundColor": f"{button_color}ff", "textColor": "ffffffff"}}
    return json.dumps(
        {"categories": {"global": {"colorSchemeMode": "LIGHT"}}, "components": {"primaryButton": {"lightMode": button}}}
    )
