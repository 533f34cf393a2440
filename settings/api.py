"""Section `api`: the REST API in front of the services. Its routes are theirs: `app_tier.services`."""

from typing import Annotated, Literal

from pydantic import Field

from settings.app_tier.route import RouteThrottle
from settings.base import Section
from settings.form import form
from settings.types import HostLabel, LogRetentionDays, Percent
from settings.web_acl import ApiWebAclSettings

RetiredRoute = Annotated[
    str,
    form(
        r"^(GET|POST|PUT|PATCH|DELETE) (/(\.?[a-z0-9][a-z0-9.-]*|\{[a-z][a-z0-9_]*\}))+$",
        "a method and a path that begins with the service, such as GET /orders/{order_id}/invoice",
        "GET /orders/{order_id}/invoice",
        max_length=300,
    ),
]


class ApiAlarms(Section):
    """Limits that page somebody."""

    server_errors_percent: Percent = 1
    """Share of requests answered 5xx."""

    client_errors_percent: Percent = 25
    """Share of requests answered 4xx: refused tokens, bodies that fit no model, unknown paths."""

    latency_ms: int = Field(default=2000, ge=1)
    """95th percentile of the time to answer, the services' own included."""

    throttled_per_5_minutes: int = Field(default=100, ge=1)
    """Requests refused because a limit was reached (429)."""


class ApiSettings(Section):
    host_label: HostLabel = "api"
    """First part of the host name that CloudFront, web tier and machines call: `api` makes `api.<domain>`."""

    tls_policy: Literal[
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09", "TLS_1_2"
    ] = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    """What callers may speak: TLS 1.2 with forward secrecy and TLS 1.3, post-quantum for those who have it; FIPS for
    the US and Canada; `TLS_1_2` for machines that have neither
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html)."""

    throttle: RouteThrottle = RouteThrottle(requests_per_second=200, burst=400)
    """Limit of each method of each route that has none of its own, for all callers together; what is above gets 429.
    All APIs of an account in a Region share 10,000 requests a second
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""

    edge_throttle: RouteThrottle = RouteThrottle(requests_per_second=2000, burst=4000)
    """Limit of all that comes through CloudFront."""

    edge_requests_per_day: int | None = Field(default=None, ge=1)
    """Requests a day through CloudFront, after which customers get 429 until midnight UTC; without it no limit."""

    edge_key_version: int = Field(default=1, ge=1)
    """A higher number makes a new key for CloudFront and takes the old one back, without a gap."""

    web_throttle: RouteThrottle = RouteThrottle(requests_per_second=2000, burst=4000)
    """Limit of all that the web tier asks, for all customers together."""

    web_key_version: int = Field(default=1, ge=1)
    """A higher number makes a new key for the web tier, starts tasks that have it, and takes the old one back."""

    retired: tuple[RetiredRoute, ...] = ()
    """Routes that were taken away, as `METHOD /service/path`: closed to everybody. Pulumi deletes last, so a deployment
    still holds a route that is missing from the settings
    (https://github.com/pulumi/pulumi-aws/issues/3289); the entry can go with the deployment after it."""

    web_acl: ApiWebAclSettings = ApiWebAclSettings()

    tracing: bool = True
    """Traces to AWS X-Ray, for requests that are sampled."""

    detailed_metrics: bool = True
    """Metrics of each method, not of the whole API alone. Charged like custom metrics
    (https://aws.amazon.com/cloudwatch/pricing/)."""

    logging_role: Literal["own", "given"] = "own"
    """Role by which API Gateway writes logs: an account has one in a Region, for all its APIs. `own`: this stack sets
    it, and takes it back when it goes. `given`: somebody else has set it, such as another stack of the same account."""

    log_days: LogRetentionDays = 365
    """Days that logs are kept: of requests, of errors, of what the web ACL refused."""

    alarms: ApiAlarms = ApiAlarms()
