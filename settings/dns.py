"""Section `dns`: the store's host names, their hosted zone and certificates."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.base import DomainName, LogRetentionDays, Section

_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")


class CreateZone(Section):
    """Make the public hosted zone; its parent zone then delegates to the name servers that the stack publishes."""

    kind: Literal["create"]

    name: DomainName
    """Name of the zone, the domain itself or a parent of it."""

    dnssec: bool = False
    """Sign the zone. The parent zone needs the published DS record afterwards; until then answers count as unsigned.
    The signing key is an asymmetric KMS key, which KMS charges for (https://aws.amazon.com/kms/pricing/)."""

    query_log_days: LogRetentionDays | None = 90
    """Days that DNS queries are kept in CloudWatch Logs; `null` keeps none."""


class AdoptZone(Section):
    """Use a public hosted zone that somebody else owns; this stack only adds records to it."""

    kind: Literal["adopt"]

    name: DomainName
    """Name of the zone, the domain itself or a parent of it."""

    zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{1,31}$")]
    """Id of the hosted zone, in the stack's account."""


class DnsSettings(Section):
    domain_name: DomainName
    """Host name that customers type."""

    alternative_names: list[DomainName] = Field(default=[], max_length=9)
    """Further host names of the store, such as `www.`; in the same zone. A certificate holds 10 names
    (https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html)."""

    zone: Annotated[CreateZone | AdoptZone, Field(discriminator="kind")]
    """Hosted zone to create or to adopt."""

    certificate_authorities: list[DomainName] = Field(default=[*_AMAZON])
    """Who may issue certificates for the host names (CAA records); empty: no CAA record. ACM needs one of Amazon's four
    (https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html)."""

    caa_report_to: Annotated[str, Field(pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://\S+)$")] | None = None
    """Where authorities report requests that the CAA records forbid (`mailto:` or `https:`)."""

    key_algorithm: Literal["EC_prime256v1", "EC_secp384r1", "RSA_2048"] = "EC_prime256v1"
    """Key of the certificates; CloudFront takes these three and larger RSA keys
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html)."""

    expiry_alarm_days: int = Field(default=30, ge=1, le=45)
    """Alarm when a certificate has fewer days left. ACM renews earlier, so the alarm means that it could not."""

    @property
    def host_names(self) -> list[str]:
        """Every host name of the store, the domain first."""
        return [self.domain_name, *self.alternative_names]

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        strangers = [n for n in self.host_names if n != self.zone.name and not n.endswith(f".{self.zone.name}")]
        if strangers:
            raise ValueError(
                f"{', '.join(strangers)} not in zone {self.zone.name}: every host name is the zone's name or ends with"
                f" .{self.zone.name}; choose another zone or leave the name out"
            )
        if len(set(self.host_names)) != len(self.host_names):
            raise ValueError(f"a host name appears twice in {', '.join(self.host_names)}: name each once")
        if self.certificate_authorities and not set(_AMAZON) & set(self.certificate_authorities):
            raise ValueError(
                f"certificate_authorities {', '.join(self.certificate_authorities)} shut ACM out: name one of"
                f" {', '.join(_AMAZON)}, or leave the list empty"
            )
        return self
