"""The front as a whole, from the state of the dev stack, with stand-ins for the rest of the run."""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from local.children import Logs
from local.context import Context
from local.errors import LocalError
from local.front import cache_backend
from local.front.start import StoreFront, start_front
from local.journal import Journal
from local.principals import Principals
from local.security_groups import SecurityGroups
from local.serving import HOST, free_port
from local.state import Deployed
from local.third_parties import ThirdParties
from tests.local.front.parts import Functions, Judge, Processes


class Objects:
    """A client of S3 whose buckets are empty."""

    def get_object(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")


@pytest.fixture
def context(dev: Deployed, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setattr(cache_backend, "_PROGRAMS", ())
    return cast(
        "Context",
        SimpleNamespace(
            env="dev",
            port=0,
            folder=tmp_path,
            deployed=dev,
            journal=journal,
            principals=Principals(),
            security_groups=SecurityGroups(dev),
            gate=SimpleNamespace(judge=Judge(), served={}),
            cloud=SimpleNamespace(client=lambda _: Objects()),
            functions=Functions({"response": {}}),
            processes=Processes(),
            third_parties=ThirdParties(dev),
        ),
    )


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    with (tmp_path / "terminal").open("w") as terminal:
        yield Logs(tmp_path / "logs", Console(file=terminal))


def run(context: Context, logs: Logs, use: Any) -> Any:
    async def whole() -> Any:
        front = await start_front(context, logs)
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await use(front, client)
        finally:
            await front.close()

    return asyncio.run(whole())


def test_what_people_open_answers(context: Context, logs: Logs) -> None:
    async def use(front: StoreFront, client: httpx.AsyncClient) -> list[int]:
        assert next(iter(front.urls)) == "store"
        store, pool = front.urls["store"], front.urls["sign-in"]
        assert front.pool.issuer.startswith(f"{pool}/")
        page = await client.get(f"{store}/cart")
        keys = await client.get(f"{front.pool.issuer}/.well-known/jwks.json")
        assert [key["alg"] for key in keys.json()["keys"]] == ["RS256"]
        order = await client.get(f"{store}/api/orders")
        machine = await client.put(f"{front.urls['API']}/orders/1/status")
        foreign = await client.get(store, headers={"host": "attacker.example"})
        return [page.status_code, order.status_code, machine.status_code, foreign.status_code]

    # No task runs: the bucket has no maintenance page in this test, so the load balancer's own error is seen.
    assert run(context, logs, use) == [503, 401, 404, 403]


def test_tasks_get_their_addresses_here_and_nothing_that_is_not_theirs(context: Context, logs: Logs) -> None:
    async def use(front: StoreFront, _: httpx.AsyncClient) -> StoreFront:
        assert front.codes() == []
        _tasks_have_their_own(front)
        _rules_are_listed(front)
        return front

    run(context, logs, use)
    secret = [path for path in context.folder.rglob("*") if path.name == "cache.pem"]
    assert len(secret) == 1
    assert not [path for path in secret if os.stat(path).st_mode & 0o077]


def _tasks_have_their_own(front: StoreFront) -> None:
    found = {service: front.variables(service) for service in ("web", "carts", "payments", "app-sign-up")}
    assert found["app-sign-up"] == {}
    assert {"STORE_CACHE_ENDPOINT", "STORE_CACHE_PORT", "SSL_CERT_FILE"} <= found["web"].keys() & found["carts"].keys()
    assert not {"STORE_CACHE_PORT", "SSL_CERT_FILE"} & found["payments"].keys()
    assert found["web"]["STORE_CACHE_PORT"] != found["carts"]["STORE_CACHE_PORT"]
    proxies = [found[service]["HTTP_PROXY"] for service in ("web", "carts", "payments")]
    assert len(set(proxies)) == 3
    assert all(url.startswith("http://") and f"@{HOST}:" in url for url in proxies)


def test_payments_call_the_deployed_provider_where_there_is_one(context: Context, logs: Logs) -> None:
    async def use(front: StoreFront, client: httpx.AsyncClient) -> list[int]:
        payments, provider = front.variables("payments"), front.variables("payment-provider")
        assert payments["STORE_PAYMENT_PROVIDER_URL"] == f"{front.urls['store']}/api/payment-provider"
        assert provider["STORE_STORE_URL"] == front.urls["store"]
        orders = front.variables("orders")
        for variable, path in (("STORE_SHIPPING_URL", "shipping"), ("STORE_TAX_URL", "tax")):
            assert orders[variable] == f"{front.urls['store']}/api/payment-provider/{path}"
            assert variable not in payments
        opened = "STORE_PROVIDER_OPEN_TO_TESTS"
        assert (provider[opened], opened in payments, opened in front.variables("orders")) == ("true", False, False)
        listed = front.urls["payment provider"]
        others = listed.replace("/admin/", "/api/payment-provider/")
        return [(await client.get(url)).status_code for url in (listed, others)]

    assert run(context, logs, use) == [503, 404], "no task runs; and what the API has is there alone"
    assert not logs.path("payment provider").exists()


def _rules_are_listed(front: StoreFront) -> None:
    """Rules that do not count here, and no others."""
    assert "edge-web-acl: common (AWSManagedRulesCommonRuleSet)" in front.not_judged
    assert not [rule for rule in front.not_judged if "rate" in rule or "closed" in rule]


def test_caches_speak_tls_with_the_certificate_that_clients_are_given(context: Context, logs: Logs) -> None:
    def connect(variables: dict[str, str]) -> bytes:
        trusted = ssl.create_default_context(cafile=variables["SSL_CERT_FILE"])
        address = (HOST, int(variables["STORE_CACHE_PORT"]))
        name = variables["STORE_CACHE_ENDPOINT"]
        with (
            socket.create_connection(address) as plain,
            trusted.wrap_socket(plain, server_hostname=name) as tls,
        ):
            tls.sendall(b"*1\r\n$4\r\nPING\r\n")
            return tls.recv(100)

    async def use(front: StoreFront, _: httpx.AsyncClient) -> bytes:
        return await asyncio.to_thread(connect, front.variables("carts"))

    # The security groups of the stand-ins' tasks have no rule: the connection ends.
    assert run(context, logs, use) == b""
    assert context.journal.denied()[0]["source"] == "carts"


def test_all_ports_are_free_again_and_a_taken_one_is_said(context: Context, logs: Logs) -> None:
    context.port = free_port()

    async def use(front: StoreFront, _: httpx.AsyncClient) -> None:
        assert front.urls["store"] == f"http://{HOST}:{context.port}"
        with pytest.raises(LocalError, match=f"port {context.port}"):
            await start_front(context, logs)

    run(context, logs, use)
    run(context, logs, use)


def test_a_state_without_what_the_front_needs_is_said(
    context: Context, logs: Logs, entries: list[dict[str, Any]]
) -> None:
    kept = [entry for entry in entries if entry["type"] != "aws:cloudfront/distribution:Distribution"]
    context.deployed = Deployed(kept)
    with pytest.raises(LocalError, match="distribution"):
        asyncio.run(start_front(context, logs))
