"""Access tokens as the user pool makes them, and the place where services fetch its keys."""

import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from functions.common.names import CALLER_HEADER

ISSUER = "https://pool.test"
# Some are made when the tests are collected, and must last to the end of the suite.
_SECONDS = 24 * 3600
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})


def token(*scopes: str, customer_id: str = "customer-1", key: RSAKey = KEY, **claims: Any) -> str:
    """Access token with scopes such as `orders.read`."""
    given = {
        "iss": ISSUER,
        "sub": customer_id,
        "client_id": "web",
        "username": customer_id,
        "token_use": "access",
        "scope": " ".join(f"store/{scope}" for scope in scopes),
        "exp": int(time.time()) + _SECONDS,
        **claims,
    }
    return jwt.encode({"alg": "RS256", "kid": key.kid}, given, key)


SIGNED = {CALLER_HEADER: "arn:aws:sts::111111111111:assumed-role/staff/grace"}
"""What the API adds to a request that a role has signed."""


def bearer(*scopes: str, **facts: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(*scopes, **facts)}"}


def answer_keys(request: httpx.Request) -> httpx.Response:
    """The issuer, as a handler of `httpx.MockTransport`."""
    assert request.url.path == "/.well-known/jwks.json"
    return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
