"""Starts the front: user pool, edge with the API behind it, caches, the payment provider, the tasks' way out."""

import asyncio
import json
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from functions.common import names
from local.children import Child, Logs
from local.context import Context
from local.errors import LocalError
from local.front.api import Api
from local.front.balancer import Balancer, label
from local.front.cache import CacheListener, CacheParts, caches
from local.front.cache_backend import start_backend
from local.front.cache_tls import NAME, make_tls
from local.front.edge import Edge
from local.front.messages import Answer, Call, Forwarder, Handler, HttpApp
from local.front.objects import Bucket
from local.front.pool import Pool
from local.front.pool_tokens import new_key
from local.front.proxy import Outside, Proxy, forwarded_to
from local.functions import FUNCTION, service_of
from local.serving import HOST, free_port, reserve, serve
from local.state import Deployed, Resource

_ECS: Final = "aws:ecs/service:Service"
_DISTRIBUTION: Final = "aws:cloudfront/distribution:Distribution"
_PROVIDER: Final = "services.payment_provider"
_GRACE_SECONDS: Final = 1.0
# Variables of services that hold addresses.
_STORE_URL: Final = "STORE_STORE_URL"
_API_URL: Final = "STORE_API_URL"
_SIGN_IN_URL: Final = "STORE_SIGN_IN_URL"
_TOKEN_ISSUER: Final = "STORE_TOKEN_ISSUER"
_PROVIDER_URL: Final = "STORE_PAYMENT_PROVIDER_URL"
# Variable with the address of a third party that the payment provider's process simulates, to its path there.
_SIMULATED: Final = {"STORE_SHIPPING_URL": "/shipping", "STORE_TAX_URL": "/tax"}
_OFF: Final = "off"
# Variable of the simulated payment provider: it lets whoever reaches its port list charges, and pay invoices.
_OPEN_TO_TESTS: Final = "STORE_PROVIDER_OPEN_TO_TESTS"
_FOR_TESTS: Final = "/admin/"


@dataclass(kw_only=True)
class StoreFront:
    """The front of one run."""

    urls: Mapping[str, str]
    """What people open, by its name."""
    pool: Pool
    edge: Edge
    not_judged: list[str]
    """Rules of web ACLs that do not count here."""
    _shared: Mapping[str, str]
    _caches: Mapping[tuple[str, str], Mapping[str, str]]
    _services: Mapping[str, Mapping[str, str]]
    _outside: frozenset[str]
    _open_to_tests: str | None
    """Service with routes that only a run has."""
    _proxy: Proxy
    _proxy_port: int
    _parts: AsyncExitStack = field(repr=False)

    def variables(self, service: str) -> dict[str, str]:
        """What replaces addresses among the variables of a service, and the proxy by which it leaves the VPC.

        Args:
            service: Label of the service; others, such as functions with code, need nothing.
        """
        own = self._services.get(service)
        if own is None:
            return {}
        proxy = f"http://{self._proxy.credentials(service)}@{HOST}:{self._proxy_port}"
        proxies = () if service in self._outside else ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
        cached = self._caches.get((service, own.get(names.CACHE_NAME, "")), {})
        return {
            **{name: value for name, value in self._shared.items() if name in own},
            **cached,
            **({_OPEN_TO_TESTS: "true"} if service == self._open_to_tests else {}),
            **dict.fromkeys(proxies, proxy),
        }

    def codes(self) -> list[dict[str, Any]]:
        """Codes that the user pool would have sent by e-mail, the latest first."""
        return self.pool.codes()

    async def close(self) -> None:
        await self._parts.aclose()


async def start_front(context: Context, logs: Logs) -> StoreFront:
    """
    Raises:
        LocalError: a part cannot start, or the state has something that is not known here.
    """
    async with AsyncExitStack() as parts:
        front = await _start(context, logs, parts)
        front._parts = parts.pop_all()
        return front


async def _start(context: Context, logs: Logs, parts: AsyncExitStack) -> StoreFront:
    deployed, journal, groups = context.deployed, context.journal, context.security_groups
    store_socket = _reserved(context.port, parts)
    port = store_socket.getsockname()[1]
    pool_socket = _reserved_near(port + 1, parts)
    store, sign_in = f"http://{HOST}:{port}", f"http://{HOST}:{pool_socket.getsockname()[1]}"
    domain = _domain(deployed)
    forwarder = Forwarder()
    parts.push_async_callback(forwarder.close)

    pool_hosts = {urlsplit(sign_in).netloc, *_sign_in_hosts(deployed)}
    pool = Pool(
        deployed,
        base=sign_in,
        origins={store: f"https://{domain}", f"http://localhost:{port}": f"https://{domain}"},
        key=await asyncio.to_thread(new_key),
        functions=context.functions,
        journal=journal,
        hosts=pool_hosts,
    )
    context.gate.served["cognito-idp", "AdminDeleteUser"] = pool.admin_delete_user
    await _serve(pool.answer, pool_socket, parts)

    @cache
    def balancer(arn: str) -> Balancer:
        return Balancer(deployed, arn, forwarder=forwarder, processes=context.processes, groups=groups, journal=journal)

    api = Api(
        deployed,
        balancer=balancer,
        functions=context.functions,
        tokens=pool,
        principals=context.principals,
        judge=context.gate.judge,
        groups=groups,
        journal=journal,
    )
    edge = Edge(
        deployed,
        balancer=balancer,
        api=api.answer,
        objects=Bucket(context.cloud.client("s3")),
        judge=context.gate.judge,
        journal=journal,
        hosts=(urlsplit(store).netloc, f"localhost:{port}"),
    )
    await _serve(edge.answer, store_socket, parts)
    machines = await _serve(api.answer, 0, parts)

    functions = {label: one for one in deployed.of_type(FUNCTION) if (label := service_of(one))}
    services = _tasks(deployed) | {name: dict(_own_variables(one)) for name, one in functions.items()}
    shared = _addresses(store, f"http://{HOST}:{machines}/api", sign_in, pool.issuer)
    hosts = dict.fromkeys((domain, urlsplit(store).netloc), Outside(domain, edge.answer))
    hosts |= dict.fromkeys(pool_hosts, Outside("user pool", pool.answer))
    hosts[f"{HOST}:{machines}"] = Outside("API", api.answer)
    provider = _deployed_provider(services, domain)
    if provider is not None:
        shared |= _simulated(f"{store}/api/{provider}", services)
        charges = await _serve(_for_tests(context, provider, forwarder), 0, parts)
    elif (charges := await _provider(services, store, logs, parts)) is not None:
        shared |= _simulated(f"http://{HOST}:{charges}", services)
        hosts[f"{HOST}:{charges}"] = Outside("payment provider", forwarded_to(forwarder, (HOST, charges)))
    proxy = _proxy(context, forwarder, hosts)
    proxy_port = await _serve(proxy.answer, 0, parts)

    acls = (edge.web_acl, api.web_acl, pool.web_acl)
    return StoreFront(
        urls=_urls(store, sign_in, machines, charges),
        pool=pool,
        edge=edge,
        not_judged=[rule for acl in acls if acl is not None for rule in acl.not_judged],
        _shared=shared,
        _caches=await _start_caches(context, services, logs, parts),
        _services=services,
        _outside=frozenset(name for name in functions if not context.functions.groups(name)),
        _open_to_tests=provider,
        _proxy=proxy,
        _proxy_port=proxy_port,
        _parts=parts,
    )


def _urls(store: str, sign_in: str, machines: int, charges: int | None) -> dict[str, str]:
    """
    Args:
        machines: Port of the API's own host.
        charges: Port of the payment provider's routes for tests.
    """
    found = {"store": store, "sign-in": sign_in, "API": f"http://{HOST}:{machines}/api"}
    return found if charges is None else {**found, "payment provider": f"http://{HOST}:{charges}{_FOR_TESTS}charges"}


def _proxy(context: Context, forwarder: Forwarder, hosts: dict[str, Outside]) -> Proxy:
    """The way out of tasks and functions, to `hosts` and to third parties."""
    parties = {
        urlsplit(party.endpoint).netloc: Outside(party.name, _third_party(context, party.name))
        for party in context.third_parties
    }
    return Proxy(
        context.deployed,
        forwarder=forwarder,
        processes=context.processes,
        functions=context.functions,
        groups=context.security_groups,
        hosts={**hosts, **parties},
        journal=context.journal,
    )


def _addresses(store: str, api: str, sign_in: str, issuer: str) -> dict[str, str]:
    """Variables that hold addresses, with those of this machine."""
    return {_STORE_URL: store, _API_URL: api, _SIGN_IN_URL: sign_in, _TOKEN_ISSUER: issuer}


def _domain(deployed: Deployed) -> str:
    """Host name of the store."""
    found = deployed.of_type(_DISTRIBUTION)
    if len(found) != 1 or not found[0].outputs.get("aliases"):
        raise LocalError("the state must hold one CloudFront distribution with a host name, and does not")
    return found[0].outputs["aliases"][0]


async def _serve(handler: Handler, port: int | socket.socket, parts: AsyncExitStack) -> int:
    listener = await serve(HttpApp(handler), port)
    parts.push_async_callback(listener.close)
    return listener.port


def _reserved(port: int, parts: AsyncExitStack) -> socket.socket:
    reserved = reserve(port)
    parts.callback(reserved.close)
    return reserved


def _reserved_near(port: int, parts: AsyncExitStack) -> socket.socket:
    """This port if it is free, so that addresses outlive a restart."""
    try:
        return _reserved(port, parts)
    except (LocalError, OverflowError):
        return _reserved(0, parts)


def _sign_in_hosts(deployed: Deployed) -> list[str]:
    """Hosts of the pool in AWS: its domain, and its issuer."""
    domains = [one.outputs["domain"] for one in deployed.of_type("aws:cognito/userPoolDomain:UserPoolDomain")]
    pools = [one.outputs["endpoint"].partition("/")[0] for one in deployed.of_type("aws:cognito/userPool:UserPool")]
    whole = [name if "." in name else f"{name}.auth.{deployed.region}.amazoncognito.com" for name in domains]
    return [*whole, *pools]


def _tasks(deployed: Deployed) -> dict[str, dict[str, str]]:
    """Variables of the containers of each service, by its label."""
    found: dict[str, dict[str, str]] = {}
    for service in deployed.of_type(_ECS):
        task = deployed.by_arn(service.outputs["taskDefinition"])
        containers = [] if task is None else json.loads(task.outputs["containerDefinitions"])
        given = [entry for container in containers for entry in container.get("environment") or ()]
        found[label(deployed, service)] = {entry["name"]: entry["value"] for entry in given}
    return found


def _own_variables(function: Resource) -> Mapping[str, str]:
    return (function.outputs.get("environment") or {}).get("variables") or {}


def _deployed_provider(services: Mapping[str, Mapping[str, str]], domain: str) -> str | None:
    """Service that payments call at the store's own address in place of a provider elsewhere."""
    before = f"https://{domain}/api/"
    called = [given.get(_PROVIDER_URL, "") for given in services.values()]
    return next((url.removeprefix(before) for url in called if url.startswith(before)), None)


def _for_tests(context: Context, provider: str, forwarder: Forwarder) -> Handler:
    """Routes of the deployed provider that the API does not have."""

    async def ask(call: Call) -> Answer:
        if not call.target.startswith(_FOR_TESTS):
            return Answer.text(404, f"Here is {_FOR_TESTS} only; the rest is at the store.")
        address = context.processes.address(provider)
        if address is None:
            return Answer.text(503, f"{provider} does not run.")
        return await forwarded_to(forwarder, address)(call)

    return ask


def _simulated(provider: str, services: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Variables with the addresses of simulated parties; one that is switched off stays so."""
    parties = {_PROVIDER_URL: "", **_SIMULATED}
    on = {name for given in services.values() for name in parties if given.get(name, _OFF) != _OFF}
    return {name: provider + path for name, path in parties.items() if name in on}


async def _provider(
    services: Mapping[str, Mapping[str, str]], store: str, logs: Logs, parts: AsyncExitStack
) -> int | None:
    """Port of a simulated payment provider, where a service calls one that is not deployed."""
    if all(given.get(name, _OFF) == _OFF for given in services.values() for name in (_PROVIDER_URL, *_SIMULATED)):
        return None
    if find_spec(_PROVIDER) is None:
        raise LocalError(f"a service calls a payment provider, so the module {_PROVIDER} must be in this project")
    port = free_port()
    variables = {
        "STORE_HOST": HOST,
        "STORE_PORT": str(port),
        "STORE_PROVIDER_NOTICE_URL": f"{store}/api/payments/notices",
    }
    child = await Child.start("payment provider", [_PROVIDER], variables, logs)
    parts.push_async_callback(child.stop, _GRACE_SECONDS)
    return port


def _third_party(context: Context, name: str) -> Handler:
    async def record(call: Call) -> Answer:
        party = context.third_parties.named(name)
        assert party
        return Answer.text(context.third_parties.send(party, call.body.decode("utf-8", "replace")), "")

    return record


async def _start_caches(
    context: Context, services: Mapping[str, Mapping[str, str]], logs: Logs, parts: AsyncExitStack
) -> dict[tuple[str, str], dict[str, str]]:
    """Variables of clients by service and name of the cache; each has a listener of its own."""
    made: dict[tuple[str, str], dict[str, str]] = {}
    every = caches(context.deployed)
    if not every:
        return made
    tls = make_tls(context.folder / "tls")
    shared = CacheParts(
        deployed=context.deployed,
        principals=context.principals,
        judge=context.gate.judge,
        groups=context.security_groups,
        journal=context.journal,
        tls=tls,
    )
    for one in every:
        backend = await start_backend(one.name, one.user, one.rights, logs)
        parts.push_async_callback(backend.close)
        for service in [service for service, given in services.items() if given.get(names.CACHE_NAME) == one.name]:
            listener = CacheListener(
                one,
                backend,
                client=service,
                client_groups=lambda service=service: [
                    *context.processes.groups(service),
                    *context.functions.groups(service),
                ],
                parts=shared,
            )
            await listener.start()
            parts.push_async_callback(listener.close)
            made[service, one.name] = {
                names.CACHE_ENDPOINT: NAME,
                names.CACHE_PORT: str(listener.port),
                "SSL_CERT_FILE": str(tls.authority),
            }
    return made
