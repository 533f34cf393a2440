"""Token, revocation and user info endpoints of the user pool.

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints-oauth-grants.html
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local.front.messages import Answer, Call
from local.front.pool_clients import Client, granted
from local.front.pool_parts import OAuthError, PoolParts, form_of
from local.front.pool_tokens import Grant, attributes_of, customer_tokens, machine_tokens


@dataclass(frozen=True)
class OAuth:
    parts: PoolParts

    def token(self, call: Call) -> Answer:
        """
        Raises:
            OAuthError: as the endpoint answers.
        """
        form = form_of(call)
        client = self._client(call, form)
        match form.get("grant_type"):
            case "authorization_code":
                return _json(self._by_code(client, form))
            case "refresh_token":
                return _json(self._by_refresh_token(client, form))
            case "client_credentials":
                return _json(self._by_secret(client, form))
        raise OAuthError("unsupported_grant_type")

    def revoke(self, call: Call) -> Answer:
        """End a refresh token; an unknown one is no error.

        Raises:
            OAuthError: as the endpoint answers.
        """
        form = form_of(call)
        client = self._client(call, form)
        if not form.get("token"):
            raise OAuthError("invalid_request")
        self.parts.grants.revoke(form["token"], client)
        return Answer(status=200)

    def user_info(self, call: Call) -> Answer:
        """
        Raises:
            OAuthError: no access token with scope `openid`.
        """
        kind, _, token = (call.header("authorization") or "").partition(" ")
        claims = self.parts.issuer.claims(token) if kind.lower() == "bearer" else None
        if claims is None or claims["token_use"] != "access" or "openid" not in str(claims.get("scope")).split():
            raise OAuthError("invalid_token", status=401)
        account = self.parts.accounts.of_sub(str(claims["sub"]))
        client = self.parts.clients.get(str(claims["client_id"]))
        if account is None or client is None:
            raise OAuthError("invalid_token", status=401)
        attributes = attributes_of(account, client, frozenset(str(claims["scope"]).split()))
        return _json({"sub": account.sub, "username": account.sub, **attributes})

    def _client(self, call: Call, form: Mapping[str, str]) -> Client:
        """The client of a request, authenticated by its secret where it has one."""
        identifier, secret = form.get("client_id", ""), form.get("client_secret")
        kind, _, encoded = (call.header("authorization") or "").partition(" ")
        if kind.lower() == "basic":
            try:
                identifier, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise OAuthError("invalid_client") from None
            identifier, secret = unquote(identifier), unquote(secret)
        client = self.parts.clients.get(identifier)
        if client is None or not client.is_secret(secret):
            raise OAuthError("invalid_client")
        return client

    def _by_code(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        if "code" not in client.flows:
            raise OAuthError("unauthorized_client")
        grant = self.parts.grants.redeem(
            form.get("code", ""), client, form.get("redirect_uri", ""), form.get("code_verifier")
        )
        if grant is None:
            raise OAuthError("invalid_grant")
        tokens = self._of(client, grant)
        expires = self.parts.now() + client.refresh_validity
        return {**tokens, "refresh_token": self.parts.grants.refresh_token(grant, expires)}

    def _by_refresh_token(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self.parts.grants.refreshed(form.get("refresh_token", ""), client)
        if grant is None:
            raise OAuthError("invalid_grant")
        tokens = self._of(client, grant)
        if client.rotates:
            tokens["refresh_token"] = self.parts.grants.refresh_token(grant, grant.expires)
        return tokens

    def _by_secret(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        if "client_credentials" not in client.flows or client.secret is None:
            raise OAuthError("unauthorized_client")
        scopes = granted(client, form.get("scope"))
        if scopes is None:
            raise OAuthError("invalid_scope")
        return machine_tokens(self.parts.issuer, client, scopes)

    def _of(self, client: Client, grant: Grant) -> dict[str, Any]:
        account = self.parts.accounts.of_sub(grant.sub)
        if account is None:
            raise OAuthError("invalid_grant")
        return customer_tokens(self.parts.issuer, client, grant, account)


def failed(error: OAuthError) -> Answer:
    """The answer of an endpoint that programs call."""
    return _json({"error": str(error)}, error.status)


def _json(content: Mapping[str, Any], status: int = 200) -> Answer:
    headers = (
        ("content-type", "application/json;charset=UTF-8"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
    )
    return Answer(status=status, headers=headers, body=json.dumps(content).encode())
