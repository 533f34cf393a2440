"""Section `web_tier`: load balancer, web service, response cache, session and flag tables."""

from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.cache import CacheSettings
from settings.form import form
from settings.service import BalancerSettings, ServiceSettings
from settings.table import TableSettings
from settings.web_acl import BalancerWebAclSettings

ClosedPath = Annotated[
    str,
    form(
        r"^(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+$",
        "a path without a / at its end, such as /internal",
        "/internal",
        max_length=60,
    ),
]


class LoadBalancerSettings(BalancerSettings):
    latency_alarm_ms: int = Field(default=1000, ge=1)
    """Alarm when the 95th percentile of the response times is above this."""

    web_acl: BalancerWebAclSettings = BalancerWebAclSettings()


class WebTierSettings(Section):
    load_balancer: LoadBalancerSettings = LoadBalancerSettings()
    """The load balancer between CloudFront and the service."""

    service: ServiceSettings = ServiceSettings()
    """The user interface on Fargate."""

    closed_paths: tuple[ClosedPath, ...] = Field(default=("/health", "/internal"), max_length=15)
    """Paths of the service that nobody may request, each with everything below it: the edge's web ACL and the load
    balancer answer 404, while health checks reach the tasks. By default those of the store's own code; list those of
    your own image."""

    cache: CacheSettings = CacheSettings()
    """Cache of sessions and pages."""

    sessions: TableSettings = TableSettings()
    """Table of sessions, emptied by time to live."""
    flags: TableSettings = TableSettings()
    """Table of feature flags and front-end configuration."""
    session_ttl_attribute: Annotated[
        str, form(r"^[A-Za-z0-9_.-]{1,255}$", "letters, digits, dots, underscores and hyphens", "expires_at")
    ] = "expires_at"
    """Attribute with the epoch second after which DynamoDB deletes a session."""
