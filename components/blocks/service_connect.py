"""ECS Service Connect: service discovery and calls between services, with TLS by a private certificate authority."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready

PORT = 15_443
"""Port of a called service's proxy; the load balancer connects to the container's own port instead
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html, ingressPortOverride)."""
_PORT_NAME = "api"
_MANAGED_POLICY = (
    "arn:aws:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
)


@dataclass(frozen=True, kw_only=True)
class TlsIssuer:
    """Issuer of the proxies' certificates."""

    authority_arn: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """Key of the secrets in which ECS keeps the proxies' private keys."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Service Connect of one service."""

    namespace_arn: pulumi.Input[str]
    name: str
    """Host name that its callers use."""
    port: int
    called: bool
    """Other services call it."""
    callees: Mapping[str, pulumi.Input[str]]
    """Name to ARN of the services that it calls."""
    tls: TlsIssuer | None

    @property
    def port_mapping(self) -> Mapping[str, Any]:
        """Additions to the container's port mapping."""
        return {"name": _PORT_NAME, "appProtocol": "http"} if self.called else {}

    def configuration(self) -> aws.ecs.ServiceServiceConnectConfigurationArgs:
        """Value of the service's `service_connect_configuration`."""
        tls = self.tls
        served = aws.ecs.ServiceServiceConnectConfigurationServiceArgs(
            port_name=_PORT_NAME,
            discovery_name=self.name,
            client_alias=[
                aws.ecs.ServiceServiceConnectConfigurationServiceClientAliasArgs(dns_name=self.name, port=self.port)
            ],
            ingress_port_override=PORT,
            tls=aws.ecs.ServiceServiceConnectConfigurationServiceTlsArgs(
                issuer_cert_authority=aws.ecs.ServiceServiceConnectConfigurationServiceTlsIssuerCertAuthorityArgs(
                    aws_pca_authority_arn=tls.authority_arn
                ),
                kms_key=tls.key_arn,
                role_arn=tls.role_arn,
            )
            if tls
            else None,
        )
        return aws.ecs.ServiceServiceConnectConfigurationArgs(
            enabled=True, namespace=self.namespace_arn, services=[served] if self.called else None
        )


@dataclass(frozen=True, kw_only=True)
class CertificateAuthorityArgs:
    years: int
    """Life of the authority's own certificate."""


class CertificateAuthority(StoreComponent):
    """Private root authority for short-lived certificates, and the role with which ECS issues them.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """

    TYPE = "webstore:blocks:CertificateAuthority"
    authority_arn: pulumi.Output[str]
    """Known once the authority can issue."""
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateAuthorityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        authority = aws.acmpca.CertificateAuthority(
            name,
            type="ROOT",
            usage_mode="SHORT_LIVED_CERTIFICATE",
            key_storage_security_standard="FIPS_140_2_LEVEL_3_OR_HIGHER",
            certificate_authority_configuration=aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationArgs(
                key_algorithm="EC_prime256v1",
                signing_algorithm="SHA256WITHECDSA",
                subject=aws.acmpca.CertificateAuthorityCertificateAuthorityConfigurationSubjectArgs(
                    common_name=in_stack(f"{pulumi.get_project()}-services", limit=64)
                ),
            ),
            permanent_deletion_time_in_days=7,
            # The role's managed policy allows only authorities with this tag.
            tags={"Name": name, "AmazonECSManaged": "true"},
            opts=self._inside,
        )
        certificate = aws.acmpca.Certificate(
            name,
            certificate_authority_arn=authority.arn,
            certificate_signing_request=authority.certificate_signing_request,
            signing_algorithm="SHA256WITHECDSA",
            template_arn="arn:aws:acm-pca:::template/RootCACertificate/V1",
            validity=aws.acmpca.CertificateValidityArgs(type="YEARS", value=str(args.years)),
            opts=self._inside,
        )
        installed = aws.acmpca.CertificateAuthorityCertificate(
            name,
            certificate_authority_arn=authority.arn,
            certificate=certificate.certificate,
            certificate_chain=certificate.certificate_chain,
            opts=self._inside,
        )
        role = aws.iam.Role(
            name,
            description="Lets ECS have certificates issued for calls between services",
            # Without a source condition: AWS documents none for this role.
            assume_role_policy=trust_policy("ecs.amazonaws.com"),
            opts=self._inside,
        )
        issue = aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=_MANAGED_POLICY, opts=self._inside)
        keep = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policy_document(
                Statement(
                    # With this key ECS makes the proxies' key pairs and encrypts them in Secrets Manager.
                    sid="KeyOfProxySecrets",
                    actions=[
                        "kms:Decrypt",
                        "kms:DescribeKey",
                        "kms:Encrypt",
                        "kms:GenerateDataKey",
                        "kms:GenerateDataKeyPair",
                    ],
                    resources=[self.foundation.keys.secrets_key_arn],
                )
            ),
            opts=self._inside,
        )
        self.authority_arn = once_ready(authority.arn, installed)
        self.role_arn = once_ready(role.arn, issue, keep)
        self._publish()

    @property
    def issuer(self) -> TlsIssuer:
        """The issuer for `Connection`."""
        return TlsIssuer(
            authority_arn=self.authority_arn,
            role_arn=self.role_arn,
            key_arn=self.foundation.keys.secrets_key_arn,
        )
