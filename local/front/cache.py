"""Valkey as deployed: TLS, IAM tokens, users' rights, security groups, and a cluster of one node."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.crc import key_slot

from local.errors import LocalError
from local.front.cache_backend import Backend
from local.front.cache_protocol import ProtocolError, command, error, read_command, read_reply, reply
from local.front.cache_tls import Tls
from local.front.ports import SecurityGroups
from local.front.presigned import PresignedError, verify
from local.journal import Journal
from local.judge import Judge
from local.principals import Principals
from local.serving import HOST
from local.state import Deployed, Resource

_NODES: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
_SERVERLESS: Final = "aws:elasticache/serverlessCache:ServerlessCache"
_SERVICE: Final = "elasticache"
_CONNECT: Final = "elasticache:Connect"
_PORT: Final = 6379
_LAST_SLOT: Final = 16383
_NODE: Final = "0" * 39 + "1"
_WRONG: Final = "WRONGPASS invalid username-password pair or user is disabled."


@dataclass(frozen=True)
class Cache:
    """A cache of the state, with its one user."""

    name: str
    """As IAM tokens name it."""
    arn: str
    endpoint: str
    groups: Sequence[str]
    user: str
    user_arn: str
    rights: str
    """Access string of the user."""


def caches(deployed: Deployed) -> list[Cache]:
    """
    Raises:
        LocalError: a cache has no user, or more than one.
    """
    found = [(one, one.id, one.outputs["configurationEndpointAddress"]) for one in deployed.of_type(_NODES)]
    serverless = deployed.of_type(_SERVERLESS)
    found += [(one, one.outputs["name"], one.outputs["endpoints"][0]["address"]) for one in serverless]
    return [_cache(deployed, resource, name, endpoint) for resource, name, endpoint in found]


def _cache(deployed: Deployed, resource: Resource, name: str, endpoint: str) -> Cache:
    given = resource.outputs
    groups = given.get("userGroupIds") or [given.get("userGroupId")]
    members = [
        user_id
        for group in deployed.of_type("aws:elasticache/userGroup:UserGroup")
        if group.outputs["userGroupId"] in groups
        for user_id in group.outputs["userIds"]
    ]
    users = [one for one in deployed.of_type("aws:elasticache/user:User") if one.outputs["userId"] in members]
    if len(users) != 1:
        raise LocalError(f"cache {resource.name} must have one user; it has {[user.name for user in users]}")
    (user,) = users
    return Cache(
        name,
        resource.arn,
        endpoint,
        given["securityGroupIds"],
        user.outputs["userName"],
        user.arn,
        user.outputs["accessString"],
    )


@dataclass(frozen=True)
class CacheParts:
    """What listeners of all caches share."""

    deployed: Deployed
    principals: Principals
    judge: Judge
    groups: SecurityGroups
    journal: Journal
    tls: Tls


class CacheListener:
    """One cache, as the tasks of one service reach it."""

    def __init__(
        self,
        cache: Cache,
        backend: Backend,
        *,
        client: str,
        client_groups: Callable[[], Sequence[str]],
        parts: CacheParts,
    ) -> None:
        """
        Args:
            client: Label of the service.
            client_groups: Security groups of its tasks.
        """
        self._cache, self._backend, self._parts = cache, backend, parts
        self._client, self._client_groups = client, client_groups
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        assert self._server
        return self._server.sockets[0].getsockname()[1]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, 0, ssl=self._parts.tls.server)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            verdict = self._parts.groups.allows(list(self._client_groups()), list(self._cache.groups), _PORT)
            self._parts.journal.connection(self._client, self._cache.name, _PORT, verdict.allowed, verdict.why)
            if verdict.allowed:
                await _Connection(self._cache, self._backend, self._parts, self.port, reader, writer).serve()
        except (ProtocolError, ConnectionError, asyncio.IncompleteReadError) as problem:
            why = f"{type(problem).__name__}: {problem}"
            self._parts.journal.event("cache.connection-ended", cache=self._cache.name, why=why)
        finally:
            self._connections.discard(writer)
            writer.close()


class _Connection:
    """One connection of a client, and the one to the backend that belongs to it."""

    def __init__(
        self,
        cache: Cache,
        backend: Backend,
        parts: CacheParts,
        port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._cache, self._backend, self._parts, self._port = cache, backend, parts, port
        self._reader, self._writer = reader, writer
        self._behind: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._own: Mapping[str, Callable[[list[bytes]], bytes]] = {
            "CLUSTER": self._cluster,
            "READONLY": lambda _: b"+OK\r\n",
            "READWRITE": lambda _: b"+OK\r\n",
            "ASKING": lambda _: b"+OK\r\n",
        }

    async def serve(self) -> None:
        """Answer commands until the client ends the connection."""
        try:
            while (sent := await read_command(self._reader)) is not None:
                if not sent:
                    continue
                self._writer.write(await self._answer(sent[0].decode("latin-1").upper(), sent))
                await self._writer.drain()
                if sent[0].upper() == b"QUIT":
                    return
        finally:
            if self._behind is not None:
                self._behind[1].close()

    async def _answer(self, name: str, sent: list[bytes]) -> bytes:
        match name:
            case "AUTH":
                return await self._sign_in(sent[1:]) or b"+OK\r\n"
            case "HELLO":
                return await self._hello(sent)
            case "QUIT":
                return b"+OK\r\n"
        if self._behind is None:
            return error("NOAUTH Authentication required.")
        own = self._own.get(name)
        return own(sent) if own else await self._ask(command(*sent))

    async def _hello(self, sent: list[bytes]) -> bytes:
        upper = [part.upper() for part in sent]
        if b"AUTH" in upper:
            at = upper.index(b"AUTH")
            refused = await self._sign_in(sent[at + 1 : at + 3])
            if refused:
                return refused
            sent = [*sent[:at], *sent[at + 3 :]]
        if self._behind is None:
            return error("NOAUTH HELLO must be called with the client already authenticated")
        return await self._ask(command(*sent))

    async def _sign_in(self, given: list[bytes]) -> bytes | None:
        """The error where user and token do not fit; None once the connection is the user's."""
        if len(given) != 2 or given[0].decode("latin-1") != self._cache.user:
            return error(_WRONG)
        try:
            host, _, query = given[1].decode().partition("/?")
            signed = verify(
                host,
                query,
                service=_SERVICE,
                region=self._parts.deployed.region,
                principals=self._parts.principals,
            )
        except (PresignedError, UnicodeDecodeError) as problem:
            self._parts.journal.event("cache.token-refused", cache=self._cache.name, why=str(problem))
            return error(_WRONG)
        asked: dict[str, Any] = {name: signed.parameters.get(name) for name in ("Action", "User")}
        if host != self._cache.name or asked != {"Action": "connect", "User": self._cache.user}:
            self._parts.journal.event("cache.token-refused", cache=self._cache.name, why="for another cache or user")
            return error(_WRONG)
        # IAM judges the connection for the cache and for the user.
        verdicts = [
            self._parts.judge(signed.role, _CONNECT, arn, {}) for arn in (self._cache.arn, self._cache.user_arn)
        ]
        if not all(verdict.allowed for verdict in verdicts):
            return error(_WRONG)
        await self._open()
        return None

    async def _open(self) -> None:
        if self._behind is not None:
            self._behind[1].close()
        self._behind = await asyncio.open_connection(*self._backend.address)
        if self._backend.sign_in is not None:
            answer = await self._ask(command("AUTH", *self._backend.sign_in))
            if not answer.startswith(b"+OK"):
                raise ProtocolError(f"the backend refuses its own user: {answer.decode().strip()}")

    async def _ask(self, raw: bytes) -> bytes:
        assert self._behind
        reader, writer = self._behind
        writer.write(raw)
        await writer.drain()
        return await read_reply(reader)

    def _cluster(self, sent: list[bytes]) -> bytes:
        """A cluster of one node, at this listener's address."""
        node = [HOST, self._port, _NODE, []]
        match (sent[1].upper().decode("latin-1") if len(sent) > 1 else "", sent[2:]):
            case ("SLOTS", []):
                return reply([[0, _LAST_SLOT, node]])
            case ("SHARDS", []):
                about = {
                    "id": _NODE,
                    "port": self._port,
                    "tls-port": self._port,
                    "ip": HOST,
                    "endpoint": HOST,
                    "role": "master",
                    "replication-offset": 0,
                    "health": "online",
                }
                return reply([{"slots": [0, _LAST_SLOT], "nodes": [about]}])
            case ("NODES", []):
                return reply(f"{_NODE} {HOST}:{self._port}@0 myself,master - 0 0 1 connected 0-{_LAST_SLOT}\n")
            case ("MYID" | "MYSHARDID", []):
                return reply(_NODE)
            case ("INFO", []):
                return reply(_info())
            case ("KEYSLOT", [key]):
                return reply(key_slot(key))
        return error("NOPERM this user has no permissions to run the 'cluster' command")


def _info() -> str:
    slots = _LAST_SLOT + 1
    facts = {"cluster_state": "ok", "cluster_slots_assigned": slots, "cluster_slots_ok": slots, "cluster_slots_fail": 0}
    facts |= {"cluster_known_nodes": 1, "cluster_size": 1, "cluster_current_epoch": 1}
    return "".join(f"{name}:{value}\r\n" for name, value in facts.items())
