"""Section `edge`: how customers reach the store through CloudFront, and what protects it there."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.geography import CountryCode
from settings.problems import Refusal, refuse
from settings.types import LogRetentionDays, Percent, WebPath
from settings.web_acl import EdgeWebAclSettings

PathPattern = Annotated[
    str,
    form(
        r"^/[A-Za-z0-9_.*$/~\"'@:+&?-]+$",
        "a path pattern of CloudFront: it begins with /, and * stands for any characters",
        "/static/*",
        max_length=255,
    ),
]
# Regions of Route 53's health checkers and the countries that they appear to be in; a check needs three Regions
# (https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html).
_CHECKERS = {
    "us-east-1": "US",
    "us-west-1": "US",
    "us-west-2": "US",
    "eu-west-1": "IE",
    "ap-southeast-1": "SG",
    "ap-southeast-2": "AU",
    "ap-northeast-1": "JP",
    "sa-east-1": "BR",
}
CookieName = Annotated[
    str, form(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "a cookie's name, without spaces, quotes and commas", "session")
]


class VpcOrigin(Section):
    """CloudFront reaches the private load balancer inside the VPC; nothing else does.

    Not every Region and zone has it, and it carries no WebSockets
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html).
    """

    kind: Literal["vpc_origin"]


class SecretHeader(Section):
    """CloudFront reaches a public load balancer, which demands a secret header; for Regions without VPC origins.

    The secret is `pulumi config set --secret web-store:origin_secret`; to replace it without a refused request there is
    `origin_secret_next` ([secrets.md](runbooks/secrets.md)).
    """

    kind: Literal["secret_header"]

    header_name: Annotated[
        str, form(r"^X-[A-Za-z0-9-]+$", "a header's name that begins with X-", "X-Origin-Verify", max_length=40)
    ] = "X-Origin-Verify"
    """Header that carries the secret."""


class HealthCheck(Section):
    """Route 53 requests a page from every checker Region that the store serves, at least three.

    Charged (https://aws.amazon.com/route53/pricing/).
    """

    path: WebPath
    """Page that answers 2xx or 3xx while the store works."""

    interval_seconds: Literal[10, 30] = 30
    """Every 10 seconds costs extra."""

    failures: int = Field(default=3, ge=1, le=10)
    """Consecutive failed checks before the site counts as down."""


class ResponseHeaders(Section):
    """Security headers of every answer."""

    hsts_max_age_days: int = Field(default=730, ge=365, le=3650)
    """Days that browsers insist on HTTPS, subdomains included; a year is the least for preloading (https://hstspreload.org)."""

    hsts_preload: bool = True
    """Allow browsers to ship the domain in their HTTPS-only list; hard to undo."""

    content_security_policy: str = Field(
        default=(
            "default-src 'self'; style-src 'self' 'sha256-LJ2vdP7rEnu/JtpOHLMpsDbJ0VrktFlbPr/LY85U8eE=';"
            " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; upgrade-insecure-requests"
        ),
        min_length=1,
        max_length=4096,
    )
    """Sources that pages may load from; add `report-to` or `report-uri` for reports of violations. By default the
    store's own ones and nothing inline but the style of the maintenance page, by its hash."""

    frame_option: Literal["DENY", "SAMEORIGIN"] = "DENY"
    """Header `X-Frame-Options`: who may show the store's pages in a frame."""

    referrer_policy: Literal[
        "no-referrer", "origin-when-cross-origin", "same-origin", "strict-origin", "strict-origin-when-cross-origin"
    ] = "strict-origin-when-cross-origin"
    """Header `Referrer-Policy`: what browsers tell other sites of the page that led there."""

    permissions_policy: str = Field(
        default="camera=(), microphone=(), geolocation=(self), payment=(self), usb=()", min_length=1
    )
    """Browser features that pages may use."""

    def with_pictures_of(self, host: str) -> "ResponseHeaders":
        """The same, with pages that may show pictures of a host, too: by `img-src`, which is made of `default-src`
        where the policy has none."""
        directives = [part.split() for part in self.content_security_policy.split(";")]
        source = f"https://{host}"
        if not any(part[:1] == ["img-src"] for part in directives):
            of_all = next((part[1:] for part in directives if part[:1] == ["default-src"]), None)
            if of_all is None:  # anything may be shown
                return self
            directives.append(["img-src", *(one for one in of_all if one != "'none'")])
        shown = [[*part, source] if part[:1] == ["img-src"] and source not in part else part for part in directives]
        policy = "; ".join(" ".join(part) for part in shown if part)
        return self.model_copy(update={"content_security_policy": policy})


class MaintenancePage(Section):
    """Page that customers see while the web tier does not answer."""

    heading: str = Field(default="We are back in a moment", min_length=1, max_length=120)
    """First line of the page."""

    message: str = Field(
        default="The store is being looked after. Your cart is kept; please try again in a few minutes.",
        min_length=1,
        max_length=600,
    )
    """Text below it."""


class EdgeAlarms(Section):
    """Limits that page somebody."""

    server_errors_percent: Percent = 5
    """Share of requests answered 5xx."""

    blocked_per_5_minutes: int = Field(default=5000, ge=1)
    """Requests that the web ACL blocked."""

    origin_latency_p90_ms: int = Field(default=3000, ge=1)
    """Time to the origin's first byte; only watched with `realtime_metrics`."""


class EdgeSettings(Section):
    origin: Annotated[VpcOrigin | SecretHeader, Field(discriminator="kind")] = VpcOrigin(kind="vpc_origin")
    """How CloudFront, and nothing else, reaches the web tier. A change makes a new load balancer with a service of its
    own, moves CloudFront there once its tasks answer, and then removes the old ones. With `environment.protect` take
    off the old load balancer's deletion protection first ([web-tier-changes.md](runbooks/web-tier-changes.md))."""

    web_acl: EdgeWebAclSettings = EdgeWebAclSettings()
    """Rules of the web ACL."""

    headers: ResponseHeaders = ResponseHeaders()
    maintenance: MaintenancePage = MaintenancePage()
    alarms: EdgeAlarms = EdgeAlarms()

    default_root_object: Annotated[str, form(r"^[^/\s]\S*$", "a path without the / at its beginning", "home")]
    """What `/` means, without a leading slash: the path of the web tier's start page, such as `home`."""

    media_paths: tuple[PathPattern, ...] = Field(default=("/media/*",), min_length=1, max_length=10)
    """Paths answered from the media bucket; the object's key is the path without its first slash."""

    web_asset_paths: tuple[PathPattern, ...] = Field(default=("/static/*",), max_length=10)
    """Paths of unpersonalised files that the web tier serves: cached without cookies. The store's own storefront brings
    `/static/*`, under names that change with their content."""

    page_caching: Literal["off", "as_told"] = "off"
    """`as_told` caches pages whose answer has a public Cache-Control, one copy per host, query and `page_cookies`."""

    page_cookies: tuple[CookieName, ...] = Field(default=(), max_length=10)
    """Cookies that change a page for everybody who has the same value, such as the language; used with `as_told`."""

    markets: tuple[CountryCode, ...] = ()
    """Countries that CloudFront serves at all; empty: every country."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """Edge locations in use: the least expensive Regions, most, or all
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PriceClass.html)."""

    minimum_tls: Literal["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"] = "TLSv1.2_2021"
    """Oldest TLS that browsers may speak
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html)."""

    origin_shield_region: (
        Literal[
            "us-east-1",
            "us-east-2",
            "us-west-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "eu-central-1",
            "eu-west-1",
            "eu-west-2",
            "me-central-1",
            "sa-east-1",
        ]
        | None
    ) = None
    """Second cache in one Region before the origins, the nearest to them. Charged per request that it sees, pages that
    nothing may cache included
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-shield.html)."""

    realtime_metrics: bool = False
    """Metrics of cache hits, origin latency and errors by status. A fixed monthly charge per distribution
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/viewing-cloudfront-metrics.html)."""

    log_days: LogRetentionDays = 365
    """Days that access logs are kept, without cookies."""

    log_format: Literal["json", "parquet", "w3c"] = "json"
    """Format of the access logs; `parquet` is charged for
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html)."""

    health_check: HealthCheck | None = None

    @property
    def probe_path(self) -> str | None:
        """Path that Route 53 requests."""
        return self.health_check.path if self.health_check else None

    @property
    def checker_regions(self) -> tuple[str, ...]:
        """Regions whose health checkers neither CloudFront nor the web ACL turns away for their country."""
        geo = self.web_acl.geo
        only = set(geo.only) if geo is not None and geo.mode == "block" else set()
        never = set(geo.never) if geo is not None and geo.mode == "block" else set()
        return tuple(
            region
            for region, country in _CHECKERS.items()
            if country not in never and all(not served or country in served for served in (set(self.markets), only))
        )

    @section_rule
    def _checkers_get_in(self) -> Iterator[Refusal]:
        if self.health_check is not None and len(self.checker_regions) < 3:
            yield refuse(
                f"must have three checker Regions in countries that are served; `markets` and `web_acl.geo` leave"
                f" {', '.join(self.checker_regions) or 'none'}",
                fix="serve US, which has three, or leave the health check out",
                at=("health_check",),
            )
