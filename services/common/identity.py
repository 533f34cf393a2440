"""Who calls: the access token of the user pool, which the API passes on, verified here.

The API has judged the token before; a service inside the network that forges a customer is refused here. Routes of
machines (`auth: iam`) carry no token: API Gateway verifies their signature and names the role, and the security groups
let only its load balancer reach them from outside.
"""

import time
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import httpx
from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, Key, KeySet

from functions.common import names
from functions.common.log import cause, logger
from services.common.problems import ProblemError, unavailable
from services.common.settings import setting

_REFETCH_SECONDS = 60
# The issuer's clock may be ahead of this one, and a token is used as soon as it is made.
_LEEWAY_SECONDS = 5
_RESOURCE_SERVER = "store"


@dataclass(frozen=True)
class Customer:
    customer_id: str
    """Subject of the token."""
    token: str
    """The access token, for calls that a service makes for the customer; never logged, never stored."""
    machine: bool = False
    """Whether it is no customer but a machine's own token (client credentials)."""

    def __repr__(self) -> str:
        return "Customer(...)"


class Keys:
    """The issuer's public keys. An unknown key id makes it fetch them again, at most once a minute."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._keys: dict[object, Key] = {}
        self._fetched_at = float("-inf")
        self._lock = Lock()

    def named_by(self, token: GuestProtocol) -> Key:
        """Key that a token's header names.

        Raises:
            ValueError: the issuer has no such key.
            ProblemError: 503, the keys were never fetched and cannot be.
        """
        key_id = token.headers().get("kid")
        with self._lock:
            if key_id not in self._keys and time.monotonic() - self._fetched_at >= _REFETCH_SECONDS:
                self._fetch()
            if not self._keys:
                raise unavailable("sign-in")
            if not isinstance(key_id, str) or key_id not in self._keys:
                raise ValueError("unknown key")
            return self._keys[key_id]

    def _fetch(self) -> None:
        try:
            answer = httpx.get(f"{self.issuer}/.well-known/jwks.json", timeout=3).raise_for_status()
            self._keys = {key.kid: key for key in KeySet.import_key_set(answer.json()).keys}
            self._fetched_at = time.monotonic()
        except (httpx.HTTPError, ValueError, JoseError) as error:
            logger.error("keys of the issuer not fetched", extra={"cause": cause(error)})
            if self._keys:  # unknown key ids must not hammer an issuer that is down
                self._fetched_at = time.monotonic()


@cache
def keys(issuer: str) -> Keys:
    """Keys of an issuer, shared by all requests of the process."""
    return Keys(issuer)


def verify(token: str) -> dict[str, Any]:
    """Claims of a valid access token.

    Raises:
        ProblemError: 401, the token is not one of the issuer's valid access tokens.
    """
    issuer = setting(names.TOKEN_ISSUER)
    try:
        claims = jwt.decode(token, keys(issuer).named_by, algorithms=["RS256"]).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            exp={"essential": True},
            sub={"essential": True},
            token_use={"essential": True, "value": "access"},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        logger.info("token refused", extra={"cause": cause(error)})
        raise _unauthorized("the access token is not valid") from None
    return claims


class Scope:
    """Dependency of a route: the customer whose access token has the scope, such as `Scope("orders.read")`.

    Raises:
        ProblemError: 401 without a valid token, 403 without the scope.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: Request) -> Customer:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise _unauthorized("the request must carry an access token")
        claims = verify(token)
        if f"{_RESOURCE_SERVER}/{self.scope}" not in str(claims.get("scope", "")).split():
            raise ProblemError(403, f"the access token must have the scope {_RESOURCE_SERVER}/{self.scope}")
        return Customer(str(claims["sub"]), token, machine=claims["sub"] == claims.get("client_id"))


class Machine:
    """Dependency of a route that the API opens by signature (`auth: iam`): ARN of the session that signed.

    The API decides by the route that it finds. Whoever writes a part of the path so that the API takes it for a value,
    and the service for a name, comes without a caller.

    Raises:
        ProblemError: 403, the API has not let in a machine.
    """

    def __call__(self, request: Request) -> str:
        caller = request.headers.get(names.CALLER_HEADER, "")
        if not caller.startswith("arn:"):
            raise ProblemError(403, "this route takes requests that a role has signed")
        return caller


def _unauthorized(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
