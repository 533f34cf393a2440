"""Sign-in pages: their host name, certificate, records and looks."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.certificate import HostCertificate
from components.dns import Dns
from components.identity import Identity
from components.identity.names import prefix
from settings.environment import EnvironmentSettings
from settings.identity import CustomDomain, IdentitySettings
from settings.types import EDGE_REGION

_CLASSIC, _MANAGED = 1, 2


class SignIn(StoreComponent):
    """Cognito's sign-in pages under the store's name, or under one of Cognito's.

    A box of its own, made after the edge: Cognito takes `auth.<domain>` only once `<domain>` has an address
    (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html), and the edge,
    whose API needs the user pool, gives it one. The certificate is apart from the store's: those names all lead to
    the store's own distribution, this one to Cognito's.
    """

    TYPE = "webstore:identity:SignIn"
    url: str
    distribution_domain_name: pulumi.Output[str]
    """Where the host name leads: a CloudFront distribution of Cognito's."""

    def __init__(
        self,
        name: str,
        *,
        settings: IdentitySettings,
        environment: EnvironmentSettings,
        identity: Identity,
        dns: Dns,
        parent_domain: pulumi.Resource,
        edge_alarm_topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            parent_domain: What makes the address record of the domain, the edge.
            edge_alarm_topic_arn: Topic in us-east-1.
        """
        super().__init__(name, opts)
        self._name = name
        version = _CLASSIC if settings.tier == "LITE" else _MANAGED
        if isinstance(settings.domain, CustomDomain):
            host_name = identity.sign_in_url.removeprefix("https://")
            certificate = HostCertificate(
                name,
                host_name=host_name,
                zone_id=dns.zone_id,
                alarm_topic_arn=edge_alarm_topic_arn,
                region=EDGE_REGION,
                opts=self._inside,
            )
            domain = aws.cognito.UserPoolDomain(
                name,
                domain=host_name,
                user_pool_id=identity.user_pool_id,
                certificate_arn=certificate.certificate_arn,
                managed_login_version=version,
                # Cognito looks the parent's address up, and no value of the record says so. A name belongs to one pool
                # at a time, so it is given up before it is taken again.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[parent_domain], delete_before_replace=True),
            )
            self._point(host_name, dns.zone_id, domain)
        else:
            domain = aws.cognito.UserPoolDomain(
                name,
                domain=prefix(settings, environment),
                user_pool_id=identity.user_pool_id,
                managed_login_version=version,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        if version == _MANAGED:
            # Managed login shows an error page for a client without a style.
            self._style("web", identity.user_pool_id, identity.web_client_id, settings.button_color)
            if identity.mobile_client_id is not None:
                self._style("mobile", identity.user_pool_id, identity.mobile_client_id, settings.button_color)
        self.url = identity.sign_in_url
        self.distribution_domain_name = domain.cloudfront_distribution
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
        {
            "categories": {"global": {"colorSchemeMode": "LIGHT"}},
            "components": {"primaryButton": {"lightMode": button}},
        }
    )
