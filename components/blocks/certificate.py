"""A certificate of one host name, validated by DNS, with an expiry alarm."""

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.metric import Metric


@dataclass(frozen=True, kw_only=True)
class HostCertificateArgs:
    host_name: str
    zone_id: pulumi.Input[str]
    """Hosted zone of the name."""
    key_algorithm: Literal["EC_prime256v1", "RSA_2048"] = "RSA_2048"
    expiry_alarm_days: int = 30
    """ACM renews earlier, so fewer days mean that the renewal failed."""
    region: str | None = None
    """Region of the certificate if not the home Region."""


class HostCertificate(StoreComponent):
    """Certificate of one host name with its validation record and an expiry alarm.

    For hosts that the store's distribution does not serve; the certificates of `Dns` do not contain their names.
    """

    TYPE = "webstore:blocks:HostCertificate"
    OUTPUTS = ("certificate_arn",)
    certificate_arn: pulumi.Output[str]
    """Validated."""

    def __init__(self, name: str, args: HostCertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.host_name,
            validation_method="DNS",
            key_algorithm=args.key_algorithm,
            region=args.region,
            opts=self._inside,
        )
        option = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-validation",
            zone_id=args.zone_id,
            name=option.apply(lambda option: option.resource_record_name or ""),
            type=option.apply(lambda option: option.resource_record_type or ""),
            records=[option.apply(lambda option: option.resource_record_value or "")],
            ttl=60,
            # A replacement of this certificate has the same record.
            allow_overwrite=True,
            opts=self._inside,
        )
        self.certificate_arn = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            region=args.region,
            opts=self._inside,
        ).certificate_arn
        alarm(
            f"{name}-expiry",
            metric=Metric(
                # https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
                namespace="AWS/CertificateManager",
                name="DaysToExpiry",
                dimensions={"CertificateArn": self.certificate_arn},
                statistic="Minimum",
                period_seconds=86400,
            ),
            when="below",
            threshold=args.expiry_alarm_days,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"ACM has not renewed the certificate of {args.host_name}; it soon expires.",
            todo="check that the zone is delegated and has the validation record, then read the status in ACM.",
            region=args.region,
            opts=self._inside,
        )
        self._publish()
