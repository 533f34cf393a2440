"""The way out of each task, and of each service that is a function inside the VPC: Service Connect, the store's own
hosts, third parties; nothing else.

A task finds this proxy in HTTP_PROXY, with credentials of its own, by which the proxy tells who connects.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from local.front.balancer import label
from local.front.messages import Answer, Call, Forwarder, Handler, Unreachable, without
from local.front.ports import Functions, Processes
from local.journal import Journal
from local.judge import Verdict
from local.state import Deployed

_ECS: Final = "aws:ecs/service:Service"
_TIMEOUT: Final = 60.0
_HTTPS: Final = 443
_ANY_ADDRESS: Final = "203.0.113.1"
"""Stands for every host of the Internet (https://www.rfc-editor.org/rfc/rfc5737)."""


class Groups(Protocol):
    """Security groups as deployed."""

    def allows(self, source_groups: list[str], target_groups: list[str], port: int) -> Verdict: ...

    def allows_out(self, source_groups: list[str], destination: str, port: int) -> Verdict: ...


@dataclass(frozen=True)
class _Callee:
    service: str
    port: int
    """That its tasks' security groups admit: Service Connect's proxy listens there."""
    namespace: str


@dataclass(frozen=True)
class Outside:
    """A host outside the VPC."""

    name: str
    """For the journal."""
    answer: Handler


class Proxy:
    """Answers tasks in place of whom they call.

    A refused connection is told as an error of the server (502, 504), since a task must not take it for an answer.
    """

    def __init__(
        self,
        deployed: Deployed,
        *,
        forwarder: Forwarder,
        processes: Processes,
        functions: Functions,
        groups: Groups,
        hosts: Mapping[str, Outside],
        journal: Journal,
    ) -> None:
        """
        Args:
            hosts: Hosts outside the VPC, with their port where it is not the scheme's: who answers for them.
        """
        self._forwarder, self._groups = forwarder, groups
        self._processes, self._functions = processes, functions
        self._hosts, self._journal = {host.lower(): outside for host, outside in hosts.items()}, journal
        self._address = _nat_address(deployed)
        self._tokens: dict[str, str] = {}
        self._namespaces: dict[str, str] = {}
        self._callees: dict[tuple[str, int], _Callee] = {}
        for service in deployed.of_type(_ECS):
            config = service.outputs.get("serviceConnectConfiguration") or {}
            if config.get("enabled"):
                name = label(deployed, service)
                self._namespaces[name] = config["namespace"]
                self._callees |= _callees(name, config)

    def credentials(self, service: str) -> str:
        """User information for the proxy's URL: `<service>:<token>`."""
        return f"{service}:{self._tokens.setdefault(service, secrets.token_urlsafe(24))}"

    async def answer(self, call: Call) -> Answer:
        caller = self._caller(call)
        if caller is None:
            headers = (("proxy-authenticate", 'Basic realm="tasks"'), ("content-type", "text/plain"))
            return Answer(status=407, headers=headers, body=b"The proxy needs the credentials of a task.")
        if call.method == "CONNECT":
            return self._refused(caller, call.target, _HTTPS, "tasks have no way out but plain HTTP to known hosts")
        target = urlsplit(call.target if "://" in call.target else f"http://{call.header('host') or ''}{call.target}")
        try:
            host, port = (target.hostname or "").lower(), target.port or 80
        except ValueError:
            return Answer.text(400, "The address is not one.")
        request = replace(
            call,
            target=target.path or "/",
            query=target.query or call.query,
            headers=without(call.headers, ("proxy-authorization", "proxy-connection")),
        ).with_headers({"host": target.netloc})
        callee = self._callees.get((host, port))
        if callee is not None:
            return await self._to_service(caller, callee, request)
        outside = self._hosts.get(f"{host}:{port}") or self._hosts.get(host)
        if outside is None:
            return self._refused(caller, host, port, "neither Service Connect nor the run has such a host")
        return await self._out(caller, outside, request)

    async def _to_service(self, caller: str, callee: _Callee, request: Call) -> Answer:
        if self._namespaces.get(caller) != callee.namespace:
            return self._refused(caller, callee.service, callee.port, f"{caller} is not in Service Connect's namespace")
        source, target = self._processes.groups(caller), self._processes.groups(callee.service)
        verdict = self._groups.allows(list(source), list(target), callee.port)
        self._journal.connection(caller, callee.service, callee.port, verdict.allowed, verdict.why)
        if not verdict.allowed:
            return Answer.text(504, f"{callee.service}:{callee.port} does not answer {caller}: {verdict.why}.")
        address = self._processes.address(callee.service)
        if address is None:
            return Answer.text(503, f"{callee.service} does not run.")
        try:
            return await self._forwarder.send(request, address, timeout=_TIMEOUT)
        except TimeoutError:
            return Answer.text(504, f"{callee.service} does not answer within {_TIMEOUT:.0f} s.")
        except Unreachable as problem:
            return Answer.text(502, f"{callee.service} does not answer: {problem}.")

    async def _out(self, caller: str, outside: Outside, request: Call) -> Answer:
        groups = [*self._processes.groups(caller), *self._functions.groups(caller)]
        verdict = self._groups.allows_out(groups, _ANY_ADDRESS, _HTTPS)
        self._journal.connection(caller, outside.name, _HTTPS, verdict.allowed, verdict.why)
        if not verdict.allowed:
            return Answer.text(504, f"{outside.name} does not answer {caller}: {verdict.why}.")
        return await outside.answer(replace(request, client=self._address or request.client))

    def _refused(self, caller: str, host: str, port: int, why: str) -> Answer:
        self._journal.connection(caller, host, port, False, why)
        return Answer.text(502, f"{caller} cannot reach {host}:{port}: {why}.")

    def _caller(self, call: Call) -> str | None:
        """The task whose credentials these are."""
        kind, _, encoded = (call.header("proxy-authorization") or "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            service, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        known = self._tokens.get(service)
        return service if known is not None and hmac.compare_digest(known.encode(), token.encode()) else None


def _callees(service: str, config: Mapping[str, Any]) -> dict[tuple[str, int], _Callee]:
    """Names and ports by which Service Connect offers a service."""
    offered = config.get("services") or ()
    found: dict[tuple[str, int], _Callee] = {}
    for each in offered:
        aliases = each.get("clientAlias") or ()
        for alias in [aliases] if isinstance(aliases, dict) else aliases:
            port = int(alias["port"])
            callee = _Callee(service, int(each.get("ingressPortOverride") or port), config["namespace"])
            found[alias["dnsName"], port] = callee
    return found


def _nat_address(deployed: Deployed) -> str | None:
    """Address that hosts outside see of all tasks, by which web ACLs count: the NAT gateway's; None without one."""
    addresses = {one.id: one.outputs["publicIp"] for one in deployed.of_type("aws:ec2/eip:Eip")}
    gateways = [one.outputs for one in deployed.of_type("aws:ec2/natGateway:NatGateway")]
    return next((addresses.get(given.get("allocationId") or "", given["publicIp"]) for given in gateways), None)


def forwarded_to(forwarder: Forwarder, address: tuple[str, int]) -> Handler:
    """A host whose server runs on this machine."""

    async def ask(call: Call) -> Answer:
        try:
            return await forwarder.send(call, address, timeout=_TIMEOUT)
        except TimeoutError:
            return Answer.text(504, "The host does not answer in time.")
        except Unreachable:
            return Answer.text(502, "The host does not answer.")

    return ask
