"""The API as its callers see it: one endpoint for each method of each route of each service."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from settings.app_tier.microservice import Microservice
from settings.app_tier.route import Route
from settings.app_tier.runtime import FargateRuntime

ROOT = "api"
"""First part of every path: of CloudFront's behaviour, of the mapping of the API's own host name, and the stage's name.

Three in one, because a private integration puts the stage before the path that it sends to the load balancer
(https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html): so services see the path that
customers ask for, `/api/<service>/...`, whichever of the three API Gateway takes.
"""
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
RESOURCES_MAX = 300
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html (Priority)
RULES_MAX = 50_000


def rule_number(service: str) -> int:
    """Number from 0 of a service's rule at the load balancer. It stays when other services come and go."""
    return crc32(service.encode()) % RULES_MAX


@dataclass(frozen=True)
class Endpoint:
    """One method at one path."""

    method: str
    parts: tuple[str, ...]
    """Parts of the path below the root; the first is the service. A part in braces stands for one value."""
    service: str
    route: Route | None
    """None: nobody serves it any more."""
    tasks: bool = False
    """It is served by tasks, behind the load balancer; else by a function."""

    @property
    def path(self) -> str:
        return f"/{'/'.join(self.parts)}"

    @property
    def key(self) -> str:
        """As callers write it: `GET /orders/{order_id}`."""
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, ...]:
        """The parts without the names of values."""
        return shape_of(self.parts)

    @property
    def label(self) -> str:
        """Method and path as part of a logical name: `get-orders_ANY`."""
        return f"{self.method.lower()}-{label_of(self.shape)}"

    @property
    def values(self) -> tuple[str, ...]:
        """Names of the values in its path."""
        return tuple(part[1:-1] for part in self.parts if part.startswith("{"))

    @property
    def pattern(self) -> str:
        """Method and path as the ARN of a method has them, with a wildcard for each value."""
        return f"{self.method}/{'/'.join('*' if part.startswith('{') else part for part in self.parts)}"

    @property
    def auth(self) -> str:
        return self.route.auth if self.route else "nobody"


def shape_of(parts: Iterable[str]) -> tuple[str, ...]:
    """Parts of a path without the names of values: callers cannot tell two paths of one shape apart."""
    return tuple("{}" if part.startswith("{") else part for part in parts)


def label_of(shape: Iterable[str]) -> str:
    """A path without the names of values as part of a logical name."""
    return "_".join("ANY" if part == "{}" else part for part in shape)


def endpoints(services: Mapping[str, Microservice], retired: Iterable[str] = ()) -> tuple[Endpoint, ...]:
    """Every endpoint, by path and method.

    Args:
        retired: endpoints that were taken away, as `METHOD /service/path`.
    """
    found = [
        Endpoint(method, (name, *route.parts), name, route, tasks=isinstance(service.runtime, FargateRuntime))
        for name, service in services.items()
        for route in service.routes
        for method in route.methods
    ]
    for entry in retired:
        method, _, path = entry.partition(" ")
        parts = tuple(path.strip("/").split("/"))
        found.append(Endpoint(method, parts, parts[0], None))
    return tuple(sorted(found, key=lambda endpoint: (endpoint.parts, endpoint.method)))


def places(found: Iterable[Endpoint]) -> Mapping[tuple[str, ...], str]:
    """API Gateway's resources below the root: the shape of each path and of all that it is in -> its last part."""
    tree: dict[tuple[str, ...], str] = {}
    for endpoint in found:
        for depth in range(1, len(endpoint.parts) + 1):
            tree.setdefault(endpoint.shape[:depth], endpoint.parts[depth - 1])
    return tree


def misnamed(found: Iterable[Endpoint]) -> Iterator[tuple[Endpoint, str, str]]:
    """Endpoints that give a value another name than an earlier one at the same place: API Gateway takes one.

    Returns:
        The endpoint, its part of the path, the earlier one's.
    """
    names: dict[tuple[str, ...], str] = {}
    for endpoint in found:
        for depth, part in enumerate(endpoint.parts, start=1):
            first = names.setdefault(endpoint.shape[:depth], part)
            if first != part:
                yield endpoint, part, first
