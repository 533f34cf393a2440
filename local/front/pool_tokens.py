"""Tokens of the user pool: signed ones (RS256), authorization codes and refresh tokens."""

import base64
import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from local.front.pool_accounts import Account
from local.front.pool_clients import Client

_BITS: Final = 2048
_CODE_SECONDS: Final = 300
"""https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html"""
_SCOPED_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "email": frozenset(("email", "email_verified")),
    "phone": frozenset(("phone_number", "phone_number_verified")),
    "profile": frozenset(
        (
            *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile"),
            *("picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
        )
    ),
}


class Issuer:
    """Signs tokens and verifies them."""

    def __init__(self, url: str, key: RSAKey, now: Callable[[], float] = time.time) -> None:
        """
        Args:
            url: Issuer, as services see it.
        """
        self.url, self._key, self._now = url, key, now

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**self._key.as_dict(private=False), "alg": "RS256", "use": "sig"}]}

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """Claims of a token of this issuer that is valid now."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        return claims if claims.get("iss") == self.url and claims.get("exp", 0) > self._now() else None

    def sign(self, claims: Mapping[str, Any], seconds: int) -> str:
        now = int(self._now())
        whole = {**claims, "iss": self.url, "iat": now, "exp": now + seconds, "jti": str(uuid.uuid4())}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, whole, self._key, algorithms=["RS256"])


def new_key() -> RSAKey:
    """A key to sign tokens with."""
    key = RSAKey.generate_key(_BITS)
    key.ensure_kid()
    return key


@dataclass(frozen=True)
class Grant:
    """What a customer's sign-in gave to a client."""

    sub: str
    client_id: str
    scopes: frozenset[str]
    auth_time: int
    origin: str = field(default_factory=lambda: str(uuid.uuid4()))
    """`origin_jti` of all its tokens."""
    nonce: str | None = None
    redirect_uri: str = ""
    challenge: str | None = None
    expires: float = 0.0


class Grants:
    """Authorization codes and refresh tokens; each is kept by its hash."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._revoked: set[str] = set()

    def code(self, grant: Grant) -> str:
        """A code that can be redeemed once, for five minutes."""
        return _kept(self._codes, replace(grant, expires=self._now() + _CODE_SECONDS))

    def redeem(self, code: str, client: Client, redirect_uri: str, verifier: str | None) -> Grant | None:
        """The grant of a code; None if anything about it is wrong. The code is void afterwards."""
        grant = self._codes.pop(_hash(code), None)
        if grant is None or grant.expires < self._now():
            return None
        fits = grant.client_id == client.id and grant.redirect_uri == redirect_uri
        return grant if fits and _proves(grant.challenge, verifier) else None

    def refresh_token(self, grant: Grant, expires: float) -> str:
        return _kept(self._refresh, replace(grant, expires=expires, nonce=None))

    def refreshed(self, token: str, client: Client) -> Grant | None:
        """The grant of a refresh token. With rotation the token ends after the client's grace."""
        grant = self._refresh.get(_hash(token))
        if (
            grant is None
            or grant.client_id != client.id
            or grant.expires < self._now()
            or grant.origin in self._revoked
        ):
            return None
        if client.rotates:
            self._refresh[_hash(token)] = replace(grant, expires=min(grant.expires, self._now() + client.grace))
        return grant

    def revoke(self, token: str, client: Client) -> None:
        """End a refresh token and all that came of the same sign-in."""
        grant = self._refresh.get(_hash(token))
        if grant is not None and grant.client_id == client.id:
            self._revoked.add(grant.origin)

    def end(self, sub: str) -> None:
        """End all grants of an account."""
        self._revoked |= {grant.origin for grant in self._refresh.values() if grant.sub == sub}
        self._codes = {key: grant for key, grant in self._codes.items() if grant.sub != sub}


def _kept(where: dict[str, Grant], grant: Grant) -> str:
    token = secrets.token_urlsafe(32)
    where[_hash(token)] = grant
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _proves(challenge: str | None, verifier: str | None) -> bool:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.6"""
    if challenge is None:
        return verifier is None
    return hmac.compare_digest(challenge.encode(), _b64(hashlib.sha256((verifier or "").encode()).digest()).encode())


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def customer_tokens(issuer: Issuer, client: Client, grant: Grant, account: Account) -> dict[str, Any]:
    """Access and, with scope `openid`, ID token, as Cognito fills them.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
    """
    common = {
        "sub": account.sub,
        **({"cognito:groups": account.groups} if account.groups else {}),
        "origin_jti": grant.origin,
        "event_id": str(uuid.uuid4()),
        "auth_time": grant.auth_time,
    }
    access = issuer.sign(
        {
            **common,
            "version": 2,
            "client_id": client.id,
            "token_use": "access",
            "scope": " ".join(sorted(grant.scopes)),
            "username": account.sub,
        },
        client.access_validity,
    )
    tokens: dict[str, Any] = {"access_token": access, "expires_in": client.access_validity, "token_type": "Bearer"}
    if "openid" in grant.scopes:
        tokens["id_token"] = issuer.sign(
            {
                **common,
                **attributes_of(account, client, grant.scopes),
                **({"nonce": grant.nonce} if grant.nonce else {}),
                "at_hash": _b64(hashlib.sha256(access.encode()).digest()[:16]),
                "aud": client.id,
                "token_use": "id",
                "cognito:username": account.sub,
            },
            client.id_validity,
        )
    return tokens


def machine_tokens(issuer: Issuer, client: Client, scopes: frozenset[str]) -> dict[str, Any]:
    """Access token of a client itself."""
    claims = {
        "sub": client.id,
        "client_id": client.id,
        "version": 2,
        "token_use": "access",
        "scope": " ".join(sorted(scopes)),
    }
    access = issuer.sign(claims, client.access_validity)
    return {"access_token": access, "expires_in": client.access_validity, "token_type": "Bearer"}


def attributes_of(account: Account, client: Client, scopes: frozenset[str]) -> dict[str, Any]:
    """Attributes that the client may read and that the scopes are about; with `openid` alone all of them."""
    named = scopes & _SCOPED_ATTRIBUTES.keys()
    about = frozenset[str]().union(*(_SCOPED_ATTRIBUTES[scope] for scope in named)) if named else None
    every: dict[str, Any] = {"email": account.email, "email_verified": account.confirmed, **account.attributes}
    return {
        name: value for name, value in every.items() if name in client.readable and (about is None or name in about)
    }
