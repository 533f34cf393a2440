"""The tasks' way out: Service Connect, hosts outside, and what is refused."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from local.front.messages import Answer, Call, Forwarder, HttpApp
from local.front.proxy import Outside, Proxy, forwarded_to
from local.journal import Journal
from local.serving import HOST, free_port, serve
from local.state import Deployed
from tests.local.front.parts import Functions, Groups, Processes, Verdict, services

Change = Callable[[Callable[[dict[str, Any]], object]], Deployed]


@dataclass
class Network(Groups):
    closed_out: bool = False
    out: list[tuple[tuple[str, ...], str, int]] = field(default_factory=list)

    def allows_out(self, source_groups: list[str], destination: str, port: int) -> Verdict:
        self.out.append((tuple(source_groups), destination, port))
        return Verdict(not self.closed_out)


async def store(call: Call) -> Answer:
    return Answer(status=200, body=json.dumps({"store": call.target, "client": call.client}).encode())


@dataclass
class Way:
    deployed: Deployed
    journal: Journal
    network: Network = field(default_factory=Network)
    running: tuple[str, ...] = ("inventory", "payments", "web")

    def ask(self, *calls: Call, caller: str | None = "orders") -> list[Answer]:
        async def run() -> list[Answer]:
            async with services(*self.running) as processes:
                proxy, forwarder = self._proxy(processes)
                headers = {} if caller is None else {"proxy-authorization": basic(proxy.credentials(caller))}
                try:
                    return [await proxy.answer(call.with_headers(headers)) for call in calls]
                finally:
                    await forwarder.close()

        return asyncio.run(run())

    def _proxy(self, processes: Processes) -> tuple[Proxy, Forwarder]:
        forwarder = Forwarder()
        hosts = dict.fromkeys(("dev.store.example.com", "127.0.0.1:8090"), Outside("dev.store.example.com", store))
        hosts["closed.example"] = Outside("closed.example", forwarded_to(forwarder, (HOST, free_port())))
        proxy = Proxy(
            self.deployed,
            forwarder=forwarder,
            processes=processes,
            functions=Functions(),
            groups=self.network,
            hosts=hosts,
            journal=self.journal,
        )
        return proxy, forwarder


def basic(credentials: str) -> str:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


@pytest.fixture
def way(dev: Deployed, journal: Journal) -> Way:
    return Way(dev, journal)


STOCK = Call(target="http://inventory:8080/internal/stock", query="sku=a&sku=b", headers=(("host", "inventory:8080"),))


def test_a_service_is_reached_by_its_name_where_its_proxy_admits_the_caller(way: Way) -> None:
    (answer,) = way.ask(replace(STOCK, headers=(*STOCK.headers, ("authorization", "Bearer t"))))
    got = json.loads(answer.body)
    assert (got["target"], got["query"]) == ("/internal/stock", "sku=a&sku=b")
    assert got["headers"]["host"] == "inventory:8080"
    assert got["headers"]["authorization"] == "Bearer t"
    assert "proxy-authorization" not in got["headers"]
    assert way.network.asked == [(("sg-orders",), ("sg-inventory",), 15443)]
    (entry,) = way.journal.entries("connection")
    assert (entry["source"], entry["target"], entry["allowed"]) == ("orders", "inventory", True)


def test_what_security_groups_close_does_not_answer(way: Way) -> None:
    way.network.denied = True
    (answer,) = way.ask(STOCK)
    assert answer.status == 504
    assert way.journal.denied()[0]["target"] == "inventory"


def test_a_service_that_does_not_run_is_an_error_of_the_server(way: Way) -> None:
    way.running = ()
    assert way.ask(STOCK)[0].status == 503


@pytest.mark.parametrize(
    "target",
    [
        "http://inventory:80/",
        "http://orders:8080/",
        "http://customers:8080/",
        "http://169.254.169.254/latest/meta-data",
        "http://pypi.example/simple",
        "http://127.0.0.1:1/",
        "http:///",
    ],
)
def test_nothing_else_is_reached(way: Way, target: str) -> None:
    (answer,) = way.ask(Call(target=target, headers=(("host", target.split("/")[2]),)))
    assert answer.status == 502
    assert b"neither Service Connect nor the run has such a host" in answer.body
    assert way.journal.denied()[0]["source"] == "orders"


def test_a_name_of_service_connect_is_nobodys_outside_its_namespace(way: Way) -> None:
    (answer,) = way.ask(STOCK, caller="web")
    assert answer.status == 502
    assert b"namespace" in answer.body


def test_an_encrypted_tunnel_is_refused(way: Way) -> None:
    (answer,) = way.ask(Call(method="CONNECT", target="example.com:443"))
    assert answer.status == 502
    assert way.journal.denied()[0]["target"] == "example.com:443"


def test_an_address_that_is_none_is_refused(way: Way) -> None:
    assert way.ask(Call(target="http://inventory:port/"))[0].status == 400


@pytest.mark.parametrize("target", ["http://dev.store.example.com/api/x", "http://127.0.0.1:8090/api/x", "/api/x"])
def test_the_stores_own_hosts_are_outside_the_network(way: Way, target: str) -> None:
    (answer,) = way.ask(Call(target=target, headers=(("host", "127.0.0.1:8090"),)), caller="web")
    assert json.loads(answer.body)["store"] == "/api/x"
    assert way.journal.entries("connection")[0]["target"] == "dev.store.example.com"
    assert way.network.out == [(("sg-web",), "203.0.113.1", 443)]
    way.network.closed_out = True
    assert way.ask(Call(target="http://dev.store.example.com/"))[0].status == 504


def test_hosts_outside_see_the_address_of_the_nat_gateway(entries: list[dict[str, Any]], journal: Journal) -> None:
    def made(token: str, name: str, **outputs: str) -> dict[str, Any]:
        return {"urn": f"urn:pulumi:dev::web-store::{token}::{name}", "type": token, "id": name, "outputs": outputs}

    address = made("aws:ec2/eip:Eip", "eipalloc-1", publicIp="198.18.0.1")
    gateway = made("aws:ec2/natGateway:NatGateway", "nat-1", allocationId="eipalloc-1", publicIp="198.18.0.2")
    way = Way(Deployed([*entries, address, gateway]), journal)
    (answer,) = way.ask(Call(target="http://dev.store.example.com/api/x"), caller="web")
    assert json.loads(answer.body)["client"] == "198.18.0.1", "web ACLs count by it"


def test_a_host_outside_that_is_down_is_a_bad_gateway(way: Way) -> None:
    assert way.ask(Call(target="http://closed.example/"))[0].status == 502


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic %", f"Basic {base64.b64encode(b'orders:guess').decode()}", "Bearer x", "Basic /w=="]
)
def test_without_the_credentials_of_a_task_nothing_is_reached(way: Way, header: str) -> None:
    (answer,) = way.ask(STOCK.with_headers({"proxy-authorization": header} if header else {}), caller=None)
    assert answer.status == 407
    assert not way.journal.entries("connection")


def test_httpx_comes_through_by_its_environment(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a task calls: HTTP_PROXY with credentials, plain HTTP, a real socket."""

    async def run() -> tuple[httpx.Response, httpx.Response]:
        async with services("inventory") as processes:
            proxy, forwarder = way._proxy(processes)
            listener = await serve(HttpApp(proxy.answer))
            address = f"http://{proxy.credentials('orders')}@{HOST}:{listener.port}"
            monkeypatch.setenv("HTTP_PROXY", address)
            monkeypatch.setenv("HTTPS_PROXY", address)
            try:
                async with httpx.AsyncClient() as client:
                    answer = await client.post("http://inventory:8080/internal/x?a=%20", content=b"body")
                    other = await client.get("http://elsewhere.example/")
                    with pytest.raises(httpx.ProxyError):
                        await client.get("https://elsewhere.example/")
                    return answer, other
            finally:
                await forwarder.close()
                await listener.close()

    answer, other = asyncio.run(run())
    got = answer.json()
    assert (got["method"], got["target"], got["query"], got["body"]) == ("POST", "/internal/x", "a=%20", "body")
    assert other.status_code == 502
