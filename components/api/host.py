"""The API's own host name: certificate, domain, records."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.certificate import HostCertificate, HostCertificateArgs
from components.dns import Dns
from settings.api import ApiSettings
from settings.endpoints import ROOT


class ApiHost(StoreComponent):
    """`api.<domain>`, the only host of the API, whose default endpoint is off.

    Routes are below `/api`, as at the store's domain, so that paths are equal at both hosts.
    """

    TYPE = "webstore:api:ApiHost"
    OUTPUTS = ("host_name",)
    host_name: str

    def __init__(
        self,
        name: str,
        *,
        settings: ApiSettings,
        dns: Dns,
        rest_api_id: pulumi.Input[str],
        stage_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self.host_name = f"{settings.host_label}.{dns.host_names['store']}"
        certificate = HostCertificate(
            name, HostCertificateArgs(host_name=self.host_name, zone_id=dns.zone_id), opts=self._inside
        )
        domain = aws.apigateway.DomainName(
            name,
            domain_name=self.host_name,
            regional_certificate_arn=certificate.certificate_arn,
            security_policy=settings.tls_policy,
            endpoint_access_mode=access_mode(settings),
            endpoint_configuration={"types": "REGIONAL", "ip_address_type": "dualstack"},
            opts=self._inside,
        )
        aws.apigateway.BasePathMapping(
            name,
            domain_name=domain.domain_name,
            base_path=ROOT,
            rest_api=rest_api_id,
            stage_name=stage_name,
            # A domain has one mapping per path.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        for record_type in ("A", "AAAA"):
            aws.route53.Record(
                f"{name}-{record_type.lower()}",
                zone_id=dns.zone_id,
                name=self.host_name,
                type=record_type,
                aliases=[
                    {
                        "name": domain.regional_domain_name,
                        "zone_id": domain.regional_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=self._inside,
            )
        self._publish()


def access_mode(settings: ApiSettings) -> str | None:
    """`STRICT` rejects requests whose Host differs from the TLS server name; only `SecurityPolicy_*` supports it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
    """
    return "STRICT" if settings.tls_policy.startswith("SecurityPolicy_") else None
