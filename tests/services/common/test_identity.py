"""Whose token counts."""

import base64
import hmac
import json
import time
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends
from joserfc.jwk import RSAKey

from functions.common import names
from services.common import identity
from services.common.app import make
from services.common.identity import Customer, Scope
from tests.services.shop import InProcess
from tests.services.tokens import ISSUER, KEY, bearer, token

OTHER = RSAKey.generate_key(2048, {"kid": "second"})


class Issuer:
    """The user pool's keys, and how often they were asked for."""

    def __init__(self) -> None:
        self.keys, self.asked, self.down = [KEY], 0, False

    def get(self, url: str, **_: Any) -> httpx.Response:
        assert url == f"{ISSUER}/.well-known/jwks.json"
        self.asked += 1
        if self.down:
            raise httpx.ConnectError("down")
        found = {"keys": [key.as_dict(private=False) for key in self.keys]}
        return httpx.Response(200, json=found, request=httpx.Request("GET", url))


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    made = Issuer()
    monkeypatch.setenv(names.TOKEN_ISSUER, ISSUER)
    monkeypatch.setattr(httpx, "get", made.get)
    identity.keys.cache_clear()
    return made


@pytest.fixture
def client() -> httpx.Client:
    routes = APIRouter()

    @routes.get("/me")
    def me(customer: Annotated[Customer, Depends(Scope("orders.read"))]) -> dict[str, Any]:
        return {"customer": customer.customer_id, "machine": customer.machine}

    return httpx.Client(transport=InProcess(make("test", {"": routes})), base_url="http://test")


def forged() -> str:
    """A token by a secret that is the issuer's public key, as an old attack has it; joserfc itself makes none."""
    claims = {"iss": ISSUER, "sub": "eve", "token_use": "access", "scope": "store/orders.read", "exp": 2_000_000_000}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "first"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(KEY.as_pem(private=False), signed, "sha256")
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def test_a_customer_is_the_subject_of_the_token_and_a_machine_is_told_from_one(
    client: httpx.Client, issuer: Issuer
) -> None:
    headers = bearer("orders.read", customer_id="c-1")
    assert client.get("/me", headers=headers).json() == {"customer": "c-1", "machine": False}
    headers = bearer("orders.read", customer_id="oms", client_id="oms")
    assert client.get("/me", headers=headers).json() == {"customer": "oms", "machine": True}
    assert issuer.asked == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401),
        ("", 401),
        ("Basic abc", 401),
        ("Bearer ", 401),
        ("Bearer x.y.z", 401),
        (f"Bearer {token('orders.read', exp=int(time.time()) - 10)}", 401),
        (f"Bearer {token('orders.read', iss='https://evil.test')}", 401),
        (f"Bearer {token('orders.read', token_use='id')}", 401),
        (f"Bearer {token('orders.read', key=RSAKey.generate_key(2048, {'kid': 'first'}))}", 401),
        (f"Bearer {token('orders.read', key=RSAKey.generate_key(2048, {'kid': 'unknown'}))}", 401),
        (f"Bearer {forged()}", 401),
        (f"Bearer {token('orders.write')}", 403),
        (f"Bearer {token('orders.reader')}", 403),
        (f"Bearer {token(scope='orders.read')}", 403),
        (f"Bearer {token('orders.read', iat=int(time.time()) + 12 * 3600)}", 401),
        (f"Bearer {token('orders.read')}", 200),
    ],
)
@pytest.mark.usefixtures("issuer")
def test_only_the_issuers_access_token_with_the_scope_counts(
    client: httpx.Client, given: str | None, status: int
) -> None:
    answer = client.get("/me", headers={} if given is None else {"Authorization": given})
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_new_key_is_fetched_once_a_minute_at_most(
    client: httpx.Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr("services.common.identity.time.monotonic", lambda: now)
    new = {"Authorization": f"Bearer {token('orders.read', key=OTHER)}"}
    assert [client.get("/me", headers=new).status_code for _ in range(3)] == [401, 401, 401]
    assert issuer.asked == 1
    issuer.keys.append(OTHER)
    now += 61
    assert [client.get("/me", headers=new).status_code for _ in range(3)] == [200, 200, 200]
    assert issuer.asked == 2


def test_without_the_issuer_keys_that_are_known_go_on(client: httpx.Client, issuer: Issuer) -> None:
    issuer.down = True
    refused = client.get("/me", headers=bearer("orders.read"))
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    issuer.down = False
    assert client.get("/me", headers=bearer("orders.read")).status_code == 200
    issuer.down = True
    assert client.get("/me", headers=bearer("orders.read")).status_code == 200
