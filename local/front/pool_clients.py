"""App clients of the user pool, from the state."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from local.state import Deployed, Resource

_CLIENT: Final = "aws:cognito/userPoolClient:UserPoolClient"
_UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


@dataclass(frozen=True)
class Client:
    """An app client. Validities are in seconds."""

    id: str
    secret: str | None = field(repr=False)
    flows: frozenset[str]
    scopes: frozenset[str]
    callback_urls: frozenset[str]
    logout_urls: frozenset[str]
    access_validity: int
    id_validity: int
    refresh_validity: int
    rotates: bool
    """A refresh token is replaced by its use."""
    grace: int
    """Seconds in which a replaced one still works."""
    readable: frozenset[str]
    """Attributes that the client may read."""

    def is_secret(self, given: str | None) -> bool:
        """Whether the client may authenticate so: with its secret, or without one where it has none."""
        if self.secret is None:
            return not given
        return hmac.compare_digest(self.secret.encode(), (given or "").encode())


class Clients:
    """Clients by their id.

    A URL at an address of this machine counts as the one at the address that it stands for.
    """

    def __init__(self, deployed: Deployed, pool_id: str, origins: Mapping[str, str]) -> None:
        """
        Args:
            origins: Address on this machine to the deployed one: `http://127.0.0.1:8080` to `https://<domain>`.
        """
        found = [one for one in deployed.of_type(_CLIENT) if one.outputs["userPoolId"] == pool_id]
        self._by_id = {client.id: _client(client) for client in found}
        self._origins = origins

    def get(self, client_id: str) -> Client | None:
        return self._by_id.get(client_id)

    def allows_callback(self, client: Client, url: str) -> bool:
        return self._allows(client.callback_urls, url)

    def allows_logout(self, client: Client, url: str) -> bool:
        return self._allows(client.logout_urls, url)

    def _allows(self, allowed: frozenset[str], url: str) -> bool:
        meant = [
            url,
            *(deployed + url.removeprefix(local) for local, deployed in self._origins.items() if url.startswith(local)),
        ]
        return not allowed.isdisjoint(meant)


def _client(resource: Resource) -> Client:
    given = resource.outputs
    units, rotation = given.get("tokenValidityUnits") or {}, given.get("refreshTokenRotation") or {}

    def validity(kind: str, default_unit: str, default: int) -> int:
        """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
        unit = _UNITS[units.get(f"{kind}Token") or default_unit]
        value = given.get(f"{kind}TokenValidity")
        return int(value) * unit if value else default

    def urls(name: str) -> frozenset[str]:
        return frozenset(given.get(name) or ())

    return Client(
        id=resource.id,
        secret=given["clientSecret"] if given.get("generateSecret") else None,
        flows=urls("allowedOauthFlows"),
        scopes=urls("allowedOauthScopes"),
        callback_urls=urls("callbackUrls"),
        logout_urls=urls("logoutUrls"),
        access_validity=validity("access", "hours", 3600),
        id_validity=validity("id", "hours", 3600),
        refresh_validity=validity("refresh", "days", 30 * 86400),
        rotates=rotation.get("feature") == "ENABLED",
        grace=int(rotation.get("retryGracePeriodSeconds") or 0),
        readable=urls("readAttributes"),
    )


def granted(client: Client, asked: str | None) -> frozenset[str] | None:
    """Scopes of a request: all of the client's where it asks for none, None where it asks for others."""
    wanted = frozenset((asked or "").split()) or client.scopes
    return wanted if wanted <= client.scopes else None
