"""A browser of the user pool's pages, and its clients."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from local.front.messages import Answer, Call
from local.front.pool import Pool
from local.journal import Journal
from local.state import Deployed
from tests.local.front.parts import Functions

BASE = "http://127.0.0.1:8081"
STORE = "http://127.0.0.1:8090"
CALLBACK = f"{STORE}/auth/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
EMAIL, PASSWORD = "Ada@example.com", "Tea for 2!"
TRIGGER = "arn:aws:lambda:eu-west-1:111111111111:function:app-sign-up"
Change = Callable[[Callable[[dict[str, Any]], object]], Deployed]
MACHINE = "identity-clients-machine-order-management"


@dataclass
class Browser:
    """Keeps cookies and follows the forms of the pool's pages."""

    pool: Pool
    cookies: dict[str, str] = field(default_factory=dict)
    page: Answer = field(default_factory=lambda: Answer(status=200))

    def get(self, target: str) -> Answer:
        return self._send("GET", target, b"")

    def submit(self, button: str = "", **values: str) -> Answer:
        """Send the page's form with these values, to the address of a button that has one."""
        text = self.page.body.decode()
        action = (button or re.findall(r'<form method="post" action="([^"]+)"', text)[0]).replace("&amp;", "&")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))
        return self._send("POST", action, urlencode({**hidden, **values}).encode())

    def _send(self, method: str, target: str, body: bytes) -> Answer:
        path, _, query = target.partition("?")
        headers = (
            ("host", "127.0.0.1:8081"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())),
        )
        call = Call(method=method, target=path, query=query, headers=headers, body=body)
        self.page = asyncio.run(self.pool.answer(call))
        for name, value in self.page.headers:
            if name == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept
        location = self.page.header("location") or ""
        return self.get(location) if location.startswith("/") else self.page


@dataclass
class Domain:
    deployed: Deployed
    journal: Journal
    key: RSAKey
    functions: Functions = field(default_factory=lambda: Functions({"response": {}}))
    now: float = 1_800_000_000.0

    def pool(self) -> Pool:
        return Pool(
            self.deployed,
            base=BASE,
            origins={STORE: "https://dev.store.example.com"},
            key=self.key,
            functions=self.functions,
            journal=self.journal,
            hosts=("127.0.0.1:8081",),
            now=lambda: self.now,
        )


def query(**changes: str | None) -> str:
    given = {
        "response_type": "code",
        "client_id": "identity-clients-web",
        "redirect_uri": CALLBACK,
        "state": "s&1",
        "nonce": "n1",
        "scope": "openid email store/carts.read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return urlencode({name: value for name, value in given.items() if value is not None})


def back(answer: Answer) -> dict[str, str]:
    """Parameters with which the browser comes back to the store."""
    location = answer.header("location") or ""
    assert location.startswith(f"{CALLBACK}?"), (answer.status, answer.body.decode())
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def signed_up(browser: Browser, email: str = EMAIL) -> Answer:
    browser.get(f"/signup?{query()}")
    browser.submit(username=email, password=PASSWORD)
    return browser.submit(code=browser.pool.codes()[0]["code"])


def post(pool: Pool, path: str, authorization: str | None = None, **form: str) -> tuple[int, dict[str, Any]]:
    headers = (("host", "127.0.0.1:8081"), ("content-type", "application/x-www-form-urlencoded"))
    more = (("authorization", authorization),) if authorization else ()
    call = Call(method="POST", target=path, headers=(*headers, *more), body=urlencode(form).encode())
    answer = asyncio.run(pool.answer(call))
    return answer.status, json.loads(answer.body or b"{}")


def redeem(pool: Pool, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": "authorization_code", "client_id": "identity-clients-web", "code": code}
    return post(pool, "/oauth2/token", **{**form, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes})


def refresh(pool: Pool, token: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": "refresh_token", "client_id": "identity-clients-web", "refresh_token": token}
    return post(pool, "/oauth2/token", **form)


def verified(pool: Pool, token: str) -> dict[str, Any]:
    """Claims of a token, checked as a service does: with the keys that the issuer publishes."""
    found = Browser(pool).get(f"/{pool.issuer.rpartition('/')[2]}/.well-known/jwks.json")
    return jwt.decode(token, KeySet.import_key_set(json.loads(found.body)), algorithms=["RS256"]).claims
