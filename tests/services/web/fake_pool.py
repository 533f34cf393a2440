"""The user pool: code flow with PKCE, refresh tokens that count once, revocation, sign-out."""

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt

from tests.services.tokens import ISSUER, KEY, token

CLIENT = "client-1"


class FakePool:
    def __init__(self) -> None:
        self.reset()
        self.app = self._app()

    def reset(self) -> None:
        """Nobody has signed in."""
        self.customer_id = "customer-1"
        """Who signs in next."""
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh: dict[str, dict[str, str]] = {}
        self.revoked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        """Of the calls of its token endpoint."""
        self.lifetime = 900
        self.claims: dict[str, Any] = {}
        """Claims of ID tokens that differ from right ones."""
        self.key = KEY

    def authorize(self, url: str) -> str:
        """What the customer does at the sign-in page: its address leads to the returned one."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        code = uuid.uuid4().hex
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/oauth2/authorize")
        @app.get("/signup")
        async def authorize(request: Request) -> Response:
            return RedirectResponse(self.authorize(str(request.url)))

        @app.get("/logout")
        async def logout(logout_uri: str) -> Response:
            return RedirectResponse(logout_uri)

        @app.get("/.well-known/jwks.json")
        async def keys() -> Any:
            return {"keys": [KEY.as_dict(private=False)]}

        @app.post("/oauth2/token")
        async def tokens(request: Request) -> Response:
            self.headers.append(request.headers)
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            granted = self._granted(form)
            if granted is None:
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse(self._tokens(granted))

        @app.post("/oauth2/revoke")
        async def revoke(request: Request) -> Response:
            form = parse_qs((await request.body()).decode())
            self.revoked.append(form["token"][0])
            self.refresh.pop(form["token"][0], None)
            return Response()

        return app

    def _granted(self, form: dict[str, str]) -> dict[str, str] | None:
        if form["client_id"] != CLIENT:
            return None
        if form["grant_type"] == "refresh_token":
            return self.refresh.pop(form["refresh_token"], None)
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return None
        return {"customer_id": self.customer_id, "scope": asked["scope"], "nonce": asked["nonce"]}

    def _tokens(self, granted: dict[str, str]) -> dict[str, Any]:
        refresh = f"refresh-{uuid.uuid4().hex}"
        self.refresh[refresh] = granted
        customer_id = granted["customer_id"]
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": customer_id,
            "email": f"{customer_id}@example.com",
            "token_use": "id",
            "nonce": granted["nonce"],
            "exp": int(time.time()) + self.lifetime,
            **self.claims,
        }
        scopes = [scope.removeprefix("store/") for scope in granted["scope"].split() if scope.startswith("store/")]
        return {
            "access_token": token(*scopes, customer_id=customer_id, jti=uuid.uuid4().hex),
            "id_token": jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, self.key),
            "refresh_token": refresh,
            "expires_in": self.lifetime,
            "token_type": "Bearer",
        }
