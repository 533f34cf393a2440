"""Recorders in the place of third parties: what each was sent, by the destination and connection of the state."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from local.state import Deployed, Resource

DESTINATION: Final = "aws:cloudwatch/eventApiDestination:EventApiDestination"
_CONNECTION: Final = "AWS::Events::Connection"
_KEPT: Final = 500


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a third party was sent; the body stays in memory and on the page that needs the token."""

    at: str
    method: str
    path: str
    auth: str
    body: str = field(repr=False)
    status: int


@dataclass(kw_only=True)
class ThirdParty:
    """One API destination."""

    name: str
    method: str
    endpoint: str
    auth: str
    """Kind of the credentials, and the header that they go into."""
    rate_limit_per_second: int
    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=_KEPT))
    failures: list[int] = field(default_factory=list)
    """Statuses of the next answers, before it says 200 again."""


class ThirdParties:
    """Recorders of all API destinations."""

    def __init__(self, deployed: Deployed) -> None:
        connections = dict(_connections(deployed))
        self._by_arn = {
            destination.arn: ThirdParty(
                name=destination.name,
                method=destination.outputs["httpMethod"],
                endpoint=destination.outputs["invocationEndpoint"],
                auth=connections.get(destination.outputs["connectionArn"], "unknown"),
                rate_limit_per_second=int(destination.outputs.get("invocationRateLimitPerSecond") or 300),
            )
            for destination in deployed.of_type(DESTINATION)
        }

    def __iter__(self) -> Iterator[ThirdParty]:
        return iter(self._by_arn.values())

    def by_arn(self, arn: str) -> ThirdParty | None:
        return self._by_arn.get(arn)

    def named(self, name: str) -> ThirdParty | None:
        return next((party for party in self if party.name == name), None)

    def host(self, host: str) -> str | None:
        """Name of the third party at a host, if it is one's."""
        return next((party.name for party in self if urlsplit(party.endpoint).hostname == host), None)

    def fail(self, name: str, *statuses: int) -> None:
        """Let the next requests of a third party fail so.

        Raises:
            LookupError: there is no such third party.
        """
        party = self.named(name)
        if party is None:
            raise LookupError(f"no third party {name}")
        party.failures.extend(statuses)

    @staticmethod
    def send(party: ThirdParty, body: str) -> int:
        """Record a request; returns the status of the answer."""
        status = party.failures.pop(0) if party.failures else 200
        party.requests.append(
            Request(
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                method=party.method,
                path=urlsplit(party.endpoint).path,
                auth=party.auth,
                body=body,
                status=status,
            )
        )
        return status


def _connections(deployed: Deployed) -> Iterator[tuple[str, str]]:
    """ARN of each connection, and the kind of its credentials; CloudFormation makes those that read a secret."""
    for stack in deployed.of_type("aws:cloudformation/stack:Stack"):
        made = (json.loads(stack.outputs.get("templateBody") or "{}").get("Resources") or {}).values()
        kinds = [_kind_of_template(one["Properties"]) for one in made if one["Type"] == _CONNECTION]
        for arn in (stack.outputs.get("outputs") or {}).values():
            if kinds and ":connection/" in str(arn):
                yield arn, kinds[0]
    for connection in deployed.of_type("aws:cloudwatch/eventConnection:EventConnection"):
        yield connection.arn, _kind_of(connection)


def _kind_of_template(properties: Mapping[str, Any]) -> str:
    kind, given = properties["AuthorizationType"], properties.get("AuthParameters") or {}
    if "ApiKeyAuthParameters" in given:
        return f"{kind} in {given['ApiKeyAuthParameters']['ApiKeyName']}"
    if "OAuthParameters" in given:
        return f"{kind} from {given['OAuthParameters']['AuthorizationEndpoint']}, in Authorization"
    return f"{kind} in Authorization"


def _kind_of(connection: Resource) -> str:
    kind, given = connection.outputs["authorizationType"], connection.outputs.get("authParameters") or {}
    key = (given.get("apiKey") or {}).get("key")
    return f"{kind} in {key or 'Authorization'}"
