"""Section `dns`: the store's host names, their hosted zone and certificates."""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.problems import NOTHING, Refusal, refuse
from settings.types import DomainName, HostLabel, LogRetentionDays

_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")


class CreateZone(Section):
    """Make the public hosted zone; its parent zone then delegates to the name servers that the stack publishes."""

    kind: Literal["create"]

    name: DomainName
    """Name of the zone, the domain itself or a parent of it."""

    dnssec: bool = False
    """Sign the zone. The parent zone needs the published DS record afterwards; until then answers count as unsigned.
    The signing key is an asymmetric KMS key, which KMS charges for (https://aws.amazon.com/kms/pricing/). Before it is
    switched off the DS record must be gone from the parent zone, and its time to live over: resolvers refuse a zone
    without the signatures that its parent announces
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-disable.html)."""

    query_log_days: LogRetentionDays | None = 90
    """Days that DNS queries are kept in CloudWatch Logs; `null` keeps none."""

    hand_over: bool = False
    """Leave the zone in AWS, with its signing key and its query log, when it leaves the stack. To give the zone to
    another owner take two updates: the first one with `true`, the second one with `kind: adopt`. A change to `adopt`
    alone would delete the zone with all its records, and is refused."""


class AdoptZone(Section):
    """Use a public hosted zone that somebody else owns; this stack only adds records to it."""

    kind: Literal["adopt"]

    name: DomainName
    """Name of the zone, the domain itself or a parent of it."""

    zone_id: Annotated[
        str,
        form(
            r"^Z[A-Z0-9]{1,31}$",
            "a hosted zone's id: Z with capitals and digits",
            "Z0123456789ABCDEFGHIJ",
            one_environment="a hosted zone",
        ),
    ]
    """Id of the hosted zone, in the stack's account."""


class Delegation(Section):
    """A zone below this one, which others answer for, such as that of the development environment."""

    name_servers: tuple[DomainName, ...] = Field(
        min_length=2, max_length=13, examples=[["ns-1.awsdns-00.com", "ns-2.awsdns-01.net"]]
    )
    """Name servers of the child zone: output `dns_name_servers` of its stack."""

    ds_records: tuple[
        Annotated[
            str,
            form(
                r"^\d{1,5} \d{1,3} [124] [0-9A-Fa-f]{40,96}$",
                "a DS record: key tag, algorithm, digest type and digest",
                "60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A",
            ),
        ],
        ...,
    ] = ()
    """DS records of a signed child zone, each key tag, algorithm, digest type and digest, as
    `aws route53 get-dnssec --hosted-zone-id <zone>` prints them. Resolvers then refuse answers without signatures."""


def _common_parent(names: Sequence[str]) -> str:
    """The longest name that all are, or lie below; empty where they have none of two labels."""
    labels = [name.split(".")[::-1] for name in names]
    shared = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*labels, strict=False))]
    return ".".join(reversed(shared)) if len(shared) > 1 else ""


class DnsSettings(Section):
    domain_name: DomainName = Field(examples=["store.example.com", "shop.example.org"])
    """Host name that customers type. To move to another name of the zone, add it to `alternative_names` and update, let
    the two change places and update, then take the old one out: pages are served at both meanwhile. The hosts below it
    move at the second update: the API's own host with machines, and the sign-in pages, away until Cognito has made the
    new ones, with customers' passkeys."""

    alternative_names: tuple[DomainName, ...] = Field(default=(), max_length=9)
    """Further host names of the store, such as `www.`; in the same zone. A certificate holds 10 names
    (https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html)."""

    zone: Annotated[CreateZone | AdoptZone, Field(discriminator="kind")] = Field(
        examples=[{"kind": "create", "name": "store.example.com"}]
    )
    """Hosted zone to create or to adopt."""

    delegations: dict[HostLabel, Delegation] = Field(
        default={}, examples=[{"dev": {"name_servers": ["ns-1.awsdns-00.com", "ns-2.awsdns-01.net"]}}]
    )
    """Zones below this one, by their names in it: `dev` is `dev.<zone>`. A zone that is made again has other name
    servers, so an environment that is often destroyed should adopt a zone that stays."""

    certificate_authorities: tuple[DomainName, ...] = _AMAZON
    """Who may issue certificates for the host names (CAA records); empty: no CAA record. ACM needs one of Amazon's four
    (https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html)."""

    caa_report_to: (
        Annotated[
            str,
            form(
                r"^(mailto:[^@\s]+@[^@\s]+|https://\S+)$",
                "mailto: with an address, or of an https:// URL",
                "mailto:security@example.com",
            ),
        ]
        | None
    ) = None
    """Where authorities report requests that the CAA records forbid (`mailto:` or `https:`)."""

    key_algorithm: Literal["EC_prime256v1", "EC_secp384r1", "RSA_2048"] = "EC_prime256v1"
    """Key of the certificates; CloudFront takes these three and larger RSA keys
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html)."""

    expiry_alarm_days: int = Field(default=30, ge=1, le=45)
    """Alarm when a certificate has fewer days left. ACM renews earlier, so the alarm means that it could not."""

    @property
    def host_names(self) -> tuple[str, ...]:
        """Every host name of the store, the domain first."""
        return (self.domain_name, *self.alternative_names)

    @property
    def labelled_host_names(self) -> dict[str, str]:
        """Host names by label: `store` is the domain, `www` is `www.<domain>`, `zone-...` are outside the domain."""
        labels = {"store": self.domain_name}
        for name in self.alternative_names:
            if name.endswith(f".{self.domain_name}"):
                labels[name.removesuffix(f".{self.domain_name}")] = name
            else:
                labels[f"zone-{name.removesuffix(self.zone.name)}".rstrip("-.")] = name
        return labels

    @section_rule
    def _names_fit(self) -> Iterator[Refusal]:
        for position, name in enumerate(self.alternative_names):
            if name in self.host_names[: position + 1]:
                yield refuse(
                    f"must name {name} once: each host name has one set of records",
                    at=("alternative_names", position),
                    edits={("alternative_names",): [other for other in self.host_names[1:] if other != name]}
                    if name == self.domain_name
                    else {("alternative_names",): list(dict.fromkeys(self.alternative_names))},
                )
        for name in self.host_names:
            if name != self.zone.name and not name.endswith(f".{self.zone.name}"):
                yield refuse(
                    f"must be a parent of {name}: records outside the zone {self.zone.name} are never found",
                    fix="or leave the host name out",
                    at=("zone", "name"),
                    write=_common_parent(self.host_names) or NOTHING,
                )
                break
        for child in self.delegations:
            zone = f"{child}.{self.zone.name}"
            lost = [name for name in self.host_names if name == zone or name.endswith(f".{zone}")]
            if lost:
                yield refuse(
                    f"must not be delegated: {lost[0]} is a host name of this store, and its records here are never"
                    f" found when {zone} is a zone of its own",
                    fix="leave it out, or the host name",
                    at=("delegations", child),
                )
        if self.certificate_authorities and not set(_AMAZON) & set(self.certificate_authorities):
            yield refuse(
                "must contain an authority of Amazon: otherwise ACM cannot issue the store's own certificates",
                fix="or leave the list empty",
                at=("certificate_authorities",),
                write=[*self.certificate_authorities, _AMAZON[0]],
            )
