"""A certificate of one host name, validated by DNS, with an expiry alarm."""

from collections.abc import Sequence
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
        record = validation_record(
            f"{name}-validation",
            certificate,
            host_name=args.host_name,
            zone_id=args.zone_id,
            earlier_name=f"{name}-validation",
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


def validation_record(
    name: str,
    certificate: aws.acm.Certificate,
    *,
    host_name: str,
    zone_id: pulumi.Input[str],
    earlier_name: str,
    opts: pulumi.ResourceOptions,
) -> aws.route53.Record:
    """Record by which ACM validates one host name of a certificate.

    ACM has one record for a host name in an account, whatever the certificate
    (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html). So the record bears the host name, and a
    preview of another certificate, which cannot know it, leaves it alone, as the update does.

    Args:
        earlier_name: Logical name in earlier releases.
    """
    option = certificate.domain_validation_options.apply(lambda options: _option_of(options, host_name))
    return aws.route53.Record(
        f"{name}-{host_name}",
        zone_id=zone_id,
        name=option.apply(lambda option: option["name"]),
        type=option.apply(lambda option: option["type"]),
        records=[option.apply(lambda option: option["value"])],
        ttl=60,
        allow_overwrite=True,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                ignore_changes=["name", "records", "type"], aliases=[pulumi.Alias(name=earlier_name)]
            ),
        ),
    )


def _option_of(options: Sequence[aws.acm.outputs.CertificateDomainValidationOption], host_name: str) -> dict[str, str]:
    for option in options:
        if option.domain_name == host_name:
            return {
                "name": option.resource_record_name or "",
                "type": option.resource_record_type or "",
                "value": option.resource_record_value or "",
            }
    raise ValueError(
        f"ACM must return a validation record of {host_name}, and returned {[o.domain_name for o in options]} only"
    )
