"""Host names of the store: hosted zone, CAA record and certificates."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.certificate import validation_record
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, account_root, from_source, policy_document
from components.foundation import Foundation
from components.metric import Metric
from settings.dns import CreateZone, DnsSettings
from settings.types import EDGE_REGION

HANDED_OVER = "handed-over"
"""Tag of a zone that stays in AWS when it leaves the stack."""
_HOUR, _DAY = 3600, 86400


class Dns(StoreComponent):
    """Public hosted zone, CAA records, delegations, and DNS-validated certificates for CloudFront and the home Region.

    A created zone works only after its parent zone delegates to `name_servers`; until then the update waits for the
    validation of the certificates. ACM uses the same validation record for a name in every Region of an account
    (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html), so both certificates share their records;
    with us-east-1 as home Region there is one certificate.
    """

    TYPE = "webstore:edge:Dns"
    DASHBOARD = "edge"
    OUTPUTS = (
        "zone_id",
        "url",
        "zone_name",
        "name_servers",
        "host_names",
        "edge_certificate_arn",
        "regional_certificate_arn",
    )
    zone_id: pulumi.Output[str]
    url: str
    """URL for customers."""
    zone_name: str
    name_servers: pulumi.Output[Sequence[str]] | None
    """Name servers to which the parent zone must delegate; None for an adopted zone."""
    host_names: Mapping[str, str]
    """Label to host name of the store (`store` is the domain); the certificates contain all of them."""
    edge_certificate_arn: pulumi.Output[str]
    """Validated, in us-east-1."""
    regional_certificate_arn: pulumi.Output[str]
    """Validated, in the home Region."""

    def __init__(
        self, name: str, *, settings: DnsSettings, foundation: Foundation, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        self.url = f"https://{settings.domain_name}"
        self.zone_name = settings.zone.name
        self.name_servers = None
        self.host_names = settings.labelled_host_names
        if isinstance(settings.zone, CreateZone):
            self._create_zone(settings.zone)
        else:
            self.zone_id = pulumi.Output.from_input(settings.zone.zone_id)
        self._caa_record()
        self._delegate()

        edge = self._certificate("edge", EDGE_REGION)
        validation = self._validation_records(edge)
        self.edge_certificate_arn = self._validated("edge", edge, validation, EDGE_REGION)
        self._watch_expiry("edge", self.edge_certificate_arn, EDGE_REGION)
        if foundation.region == EDGE_REGION:
            self.regional_certificate_arn = self.edge_certificate_arn
        else:
            regional = self._certificate("regional", None)
            self.regional_certificate_arn = self._validated("regional", regional, validation, None)
            self._watch_expiry("regional", self.regional_certificate_arn, None)
        self._publish()

    def _create_zone(self, settings: CreateZone) -> None:
        zone = aws.route53.Zone(
            f"{self._name}-zone",
            name=settings.name,
            comment=f"Web store, {self.foundation.environment.name}",
            force_destroy=not self.foundation.environment.protect,
            # The guard lets the stack adopt its own zone only with this tag (changes/fixed.py).
            tags={HANDED_OVER: "true"} if settings.hand_over else None,
            opts=self._of_zone(self._kept()),
        )
        self.zone_id = zone.zone_id
        self.name_servers = zone.name_servers
        if settings.query_log_days is not None:
            self._log_queries(settings.query_log_days)
        if settings.dnssec:
            self._sign()
            self._watch_signing()

    def _of_zone(self, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """Options of the zone and of what must stay with it when it is handed over."""
        zone = self._settings.zone
        if not (isinstance(zone, CreateZone) and zone.hand_over):
            return opts
        return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=False, retain_on_delete=True))

    def _log_queries(self, days: int) -> None:
        # Route 53 writes to log groups in us-east-1 only, with this prefix
        # (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html).
        group_name = f"/aws/route53/{self.zone_name}"
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-queries",
            name=group_name,
            retention_in_days=days,
            kms_key_id=self.foundation.keys.edge_key_arn,
            region=EDGE_REGION,
            opts=self._of_zone(self._inside),
        )
        permission = aws.cloudwatch.LogResourcePolicy(
            f"{self._name}-queries",
            # Pulumi generates physical names for the property `name` only.
            policy_name=in_stack(f"{self._name}-queries", limit=256),
            policy_document=policy_document(
                Statement(
                    sid="Route53WritesQueries",
                    services=["route53.amazonaws.com"],
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[f"arn:aws:logs:{EDGE_REGION}:{self.foundation.account_id}:log-group:{group_name}:*"],
                    conditions=from_source(account_id=self.foundation.account_id),
                )
            ),
            region=EDGE_REGION,
            opts=self._of_zone(self._inside),
        )
        aws.route53.QueryLog(
            f"{self._name}-queries",
            cloudwatch_log_group_arn=group.arn,
            zone_id=self.zone_id,
            # Route 53 requires the permission, and no input comes from it.
            opts=self._of_zone(pulumi.ResourceOptions(parent=self, depends_on=[permission])),
        )

    def _sign(self) -> None:
        account_id = self.foundation.account_id
        route53 = ["dnssec-route53.amazonaws.com"]
        # The key must be in us-east-1
        # (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html).
        key = aws.kms.Key(
            f"{self._name}-signing",
            description=f"Signs the DNS zone {self.zone_name}",
            customer_master_key_spec="ECC_NIST_P256",
            key_usage="SIGN_VERIFY",
            deletion_window_in_days=30,
            region=EDGE_REGION,
            # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/access-control-managing-permissions.html#KMS-key-policy-for-DNSSEC
            policy=policy_document(
                Statement(sid="Account", principals=[account_root(account_id)], actions=["kms:*"], resources=["*"]),
                Statement(
                    sid="Route53Signs",
                    services=route53,
                    resources=["*"],
                    actions=["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
                    conditions=from_source(account_id=account_id, arn="arn:aws:route53:::hostedzone/*"),
                ),
                Statement(
                    sid="Route53Grants",
                    services=route53,
                    resources=["*"],
                    actions=["kms:CreateGrant"],
                    conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
                ),
            ),
            opts=self._of_zone(self._kept()),
        )
        signing = aws.route53.KeySigningKey(
            f"{self._name}-signing",
            # AWS allows letters, digits and underscores only; names of Pulumi contain hyphens.
            name="store",
            hosted_zone_id=self.zone_id,
            key_management_service_arn=key.arn,
            opts=self._of_zone(self._inside),
        )
        aws.route53.HostedZoneDnsSec(
            f"{self._name}-zone",
            hosted_zone_id=signing.hosted_zone_id,
            signing_status="SIGNING",
            opts=self._of_zone(self._inside),
        )

    def _watch_signing(self) -> None:
        """Validating resolvers answer nothing for a zone with invalid signatures."""
        for label, metric, meaning in (
            ("failure", "DNSSECInternalFailure", "Route 53 cannot sign the zone"),
            ("key", "DNSSECKeySigningKeysNeedingAction", "Route 53 cannot use the zone's signing key"),
        ):
            alarm(
                f"{self._name}-signing-{label}",
                metric=Metric(
                    # Reported every 4 hours
                    # (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-hosted-zones-with-cloudwatch.html).
                    namespace="AWS/Route53",
                    name=metric,
                    dimensions={"HostedZoneId": self.zone_id},
                    statistic="Sum",
                    period_seconds=4 * _HOUR,
                ),
                threshold=0,
                periods=Periods(breaching=1, evaluated=1),
                missing_data="ignore",
                meaning=f"{meaning}: when its signatures expire, validating resolvers no longer resolve"
                f" {self.zone_name}.",
                todo="check that the KMS key in us-east-1 is enabled and that its policy allows Route 53; if the key is"
                " lost, remove the DS record from the parent zone first.",
                region=EDGE_REGION,
                opts=self._inside,
            )

    def _caa_record(self) -> None:
        authorities = self._settings.certificate_authorities
        if not authorities:
            return
        records = [f'0 issue "{authority}"' for authority in authorities]
        # The store has no wildcard certificate, so no authority may issue one.
        records.append('0 issuewild ";"')
        if self._settings.caa_report_to is not None:
            records.append(f'0 iodef "{self._settings.caa_report_to}"')
        aws.route53.Record(
            f"{self._name}-caa",
            zone_id=self.zone_id,
            name=self._settings.domain_name,
            type="CAA",
            ttl=_HOUR,
            records=records,
            opts=self._inside,
        )

    def _delegate(self) -> None:
        for child, delegation in self._settings.delegations.items():
            for record_type, records in (("NS", delegation.name_servers), ("DS", delegation.ds_records)):
                if records:
                    aws.route53.Record(
                        f"{self._name}-{child}-{record_type.lower()}",
                        zone_id=self.zone_id,
                        name=f"{child}.{self.zone_name}",
                        type=record_type,
                        # Short, since a child zone that is made again has other name servers.
                        ttl=_HOUR,
                        records=list(records),
                        opts=self._inside,
                    )

    def _certificate(self, purpose: str, region: str | None) -> aws.acm.Certificate:
        return aws.acm.Certificate(
            f"{self._name}-{purpose}",
            domain_name=self._settings.domain_name,
            subject_alternative_names=list(self._settings.alternative_names),
            validation_method="DNS",
            key_algorithm=self._settings.key_algorithm,
            region=region,
            opts=self._inside,
        )

    def _validation_records(self, certificate: aws.acm.Certificate) -> list[aws.route53.Record]:
        """One record for each host name, so that logical names do not depend on outputs."""
        return [
            validation_record(
                f"{self._name}-validation",
                certificate,
                host_name=host_name,
                zone_id=self.zone_id,
                earlier_name=f"{self._name}-validation-{label}",
                opts=self._inside,
            )
            for label, host_name in self.host_names.items()
        ]

    def _validated(
        self, purpose: str, certificate: aws.acm.Certificate, records: list[aws.route53.Record], region: str | None
    ) -> pulumi.Output[str]:
        return aws.acm.CertificateValidation(
            f"{self._name}-{purpose}",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            region=region,
            opts=self._inside,
        ).certificate_arn

    def _watch_expiry(self, purpose: str, arn: pulumi.Output[str], region: str | None) -> None:
        alarm(
            f"{self._name}-{purpose}-expiry",
            metric=Metric(
                # https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
                namespace="AWS/CertificateManager",
                name="DaysToExpiry",
                dimensions={"CertificateArn": arn},
                statistic="Minimum",
                period_seconds=_DAY,
            ),
            when="below",
            threshold=self._settings.expiry_alarm_days,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"ACM has not renewed the {purpose} certificate of {self._settings.domain_name}; it soon expires.",
            todo="check that the zone is delegated and has the validation records, then read the status in ACM.",
            region=region,
            opts=self._inside,
        )
