"""Sign-in at the user pool: code flow with PKCE, refreshed tokens, sign-out.

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints-oauth-grants.html
"""

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from functions.common.log import cause, logger
from services.web.config import Config
from services.web.outgoing import client
from services.web.session import Customer, PendingSignIn, SessionData

SCOPES = (
    "openid",
    "email",
    "profile",
    *(
        f"store/{service}.{right}"
        for service in ("customers", "carts", "orders", "payments")
        for right in ("read", "write")
    ),
    "store/catalogue.read",
    "store/inventory.read",
)
"""Of `identity.web.scopes`, those whose routes the pages call."""
_PENDING_SECONDS = 3600
_MOST_PENDING = 5
_EARLY_SECONDS = 60
_CLOCK_SECONDS = 60
_KEYS_AGAIN_SECONDS = 60


class SignInDownError(Exception):
    """The user pool does not answer."""


class SignInRefusedError(Exception):
    """The user pool refuses, or its answer does not belong to a sign-in of this browser."""


class SignIn:
    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._config = config
        self._client = client(transport)
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    async def close(self) -> None:
        await self._client.aclose()

    def begin(self, path: str, following: str) -> tuple[str, str, PendingSignIn]:
        """
        Args:
            path: Page of the user pool: `/oauth2/authorize` or `/signup`.
            following: Path of the store where the customer goes on.

        Returns:
            URL of the page, the state, and what must be remembered under it.
        """
        state = secrets.token_urlsafe(24)
        pending = PendingSignIn(
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next=following,
            started_at=int(time.time()),
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": self._config.callback_url,
            "scope": " ".join(SCOPES),
            "state": state,
            "nonce": pending.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._config.sign_in_url}{path}?{urlencode(query)}", state, pending

    async def finish(self, code: str, pending: PendingSignIn) -> Customer:
        """Redeem the authorization code.

        Raises:
            SignInRefusedError: the code or its tokens are not valid.
            SignInDownError: the user pool does not answer.
        """
        tokens = await self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._config.callback_url,
                "code_verifier": pending.verifier,
            }
        )
        claims = await self._claims(_text(tokens, "id_token"))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), pending.nonce.encode()):
            raise SignInRefusedError("the ID token's nonce is another sign-in's")
        return Customer(
            customer_id=claims["sub"],
            access_token=_text(tokens, "access_token"),
            refresh_token=tokens.get("refresh_token"),
            expires_at=_expiry(tokens),
        )

    @staticmethod
    def is_stale(customer: Customer) -> bool:
        return customer.expires_at - _EARLY_SECONDS < time.time()

    async def refresh(self, customer: Customer) -> Customer:
        """The customer with new tokens; each refresh token can be used once.

        Raises:
            SignInRefusedError: the customer must sign in again.
            SignInDownError: the user pool does not answer.
        """
        if customer.refresh_token is None:
            raise SignInRefusedError("there is no refresh token")
        tokens = await self._tokens({"grant_type": "refresh_token", "refresh_token": customer.refresh_token})
        return customer.model_copy(
            update={
                "access_token": _text(tokens, "access_token"),
                "refresh_token": tokens.get("refresh_token") or customer.refresh_token,
                "expires_at": _expiry(tokens),
            }
        )

    async def revoke(self, customer: Customer) -> None:
        """Make the refresh token void. A user pool that does not answer is logged: the session is over all the same."""
        if customer.refresh_token is None:
            return
        form = {"token": customer.refresh_token, "client_id": self._config.client_id}
        try:
            answer = await self._client.post(f"{self._config.sign_in_url}/oauth2/revoke", data=form)
        except httpx.TransportError as error:
            logger.warning("token not revoked", extra={"cause": cause(error)})
            return
        if answer.is_error:
            logger.warning("token not revoked", extra={"cause": answer.status_code})

    def sign_out_url(self) -> str:
        """Page of the user pool that ends its own session and leads back to the store."""
        query = {"client_id": self._config.client_id, "logout_uri": f"{self._config.store_url}/"}
        return f"{self._config.sign_in_url}/logout?{urlencode(query)}"

    async def _tokens(self, form: dict[str, str]) -> dict[str, Any]:
        try:
            answer = await self._client.post(
                f"{self._config.sign_in_url}/oauth2/token", data={**form, "client_id": self._config.client_id}
            )
        except httpx.TransportError as error:
            logger.error("sign-in down", extra={"cause": cause(error)})
            raise SignInDownError from error
        if answer.status_code >= 500 or answer.status_code == 429:
            logger.error("sign-in down", extra={"cause": answer.status_code})
            raise SignInDownError
        if answer.status_code != 200:
            raise SignInRefusedError(f"the token endpoint answers {answer.status_code}")
        try:
            tokens = answer.json()
        except ValueError as error:
            raise SignInDownError from error
        if not isinstance(tokens, dict):
            raise SignInDownError
        return tokens

    async def _claims(self, id_token: str) -> dict[str, Any]:
        try:
            try:
                token = jwt.decode(id_token, await self._key_set(), algorithms=["RS256"])
            except ValueError:  # the key is not among those known
                token = jwt.decode(id_token, await self._key_set(newer=True), algorithms=["RS256"])
            jwt.JWTClaimsRegistry(
                leeway=_CLOCK_SECONDS,
                iss={"essential": True, "value": self._config.issuer},
                aud={"essential": True, "value": self._config.client_id},
                sub={"essential": True},
                exp={"essential": True},
                token_use={"essential": True, "value": "id"},
            ).validate(token.claims)
        except (JoseError, ValueError) as error:
            raise SignInRefusedError(f"the ID token is not valid: {type(error).__name__}") from error
        return token.claims

    async def _key_set(self, *, newer: bool = False) -> KeySet:
        if self._keys is None or (newer and time.monotonic() - self._keys_at > _KEYS_AGAIN_SECONDS):
            try:
                answer = await self._client.get(f"{self._config.issuer}/.well-known/jwks.json")
                answer.raise_for_status()
                self._keys = KeySet.import_key_set(answer.json())
            except (httpx.HTTPError, ValueError, KeyError, JoseError) as error:
                logger.error("keys of the user pool unknown", extra={"cause": cause(error)})
                raise SignInDownError from error
            self._keys_at = time.monotonic()
        return self._keys


def remember(data: SessionData, state: str, pending: PendingSignIn) -> None:
    """Keep a sign-in that begins, and forget those that never came back."""
    kept = {name: one for name, one in data.sign_ins.items() if not is_over(one)}
    latest = sorted(kept.items(), key=lambda item: item[1].started_at)[-(_MOST_PENDING - 1) :]
    data.sign_ins = {**dict(latest), state: pending}


def forget(data: SessionData, state: str) -> None:
    """An answer counts once."""
    data.sign_ins.pop(state, None)


def is_over(pending: PendingSignIn) -> bool:
    return pending.started_at + _PENDING_SECONDS < time.time()


def _text(tokens: dict[str, Any], name: str) -> str:
    value = tokens.get(name)
    if not isinstance(value, str) or not value:
        raise SignInRefusedError(f"the token endpoint gives no {name}")
    return value


def _expiry(tokens: dict[str, Any]) -> int:
    seconds = tokens.get("expires_in")
    return int(time.time()) + (int(seconds) if isinstance(seconds, int | float) else 0)
