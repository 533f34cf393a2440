"""Valkey of the run, with the client and the connection that services use."""

import asyncio
import contextlib
import os
import shutil
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.crc import key_slot
from redis.exceptions import AuthenticationError, ClusterDownError, NoPermissionError, RedisError, ResponseError
from redis.retry import Retry
from rich.console import Console

from local.children import Logs
from local.errors import LocalError
from local.front.cache import CacheListener, CacheParts, caches
from local.front.cache_backend import FakeBackend, ServerBackend, start_backend
from local.front.cache_protocol import ProtocolError, command, read_command, read_reply
from local.front.cache_tls import Tls, make_tls
from local.front.presigned import PresignedError, verify
from local.journal import Journal
from local.principals import Principals
from local.state import Deployed
from tests.local.front.parts import Groups, Judge

ROLE = "arn:aws:iam::111111111111:role/web-service-task"
SERVER = next(filter(None, map(shutil.which, ("valkey-server", "redis-server"))), None)
Change = Callable[[Callable[[dict[str, Any]], object]], Deployed]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


@dataclass
class Site:
    """The web tier's cache, and the connections to it."""

    deployed: Deployed
    journal: Journal
    tls: Tls
    logs: Logs
    programs: tuple[str, ...] = ()
    principals: Principals = field(default_factory=Principals)
    judge: Judge = field(default_factory=Judge)
    groups: Groups = field(default_factory=Groups)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[CacheListener]:
        (cache,) = [one for one in caches(self.deployed) if one.name == "web-cache"]
        backend = await start_backend(cache.name, cache.user, cache.rights, self.logs, self.programs)
        parts = CacheParts(self.deployed, self.principals, self.judge, self.groups, self.journal, self.tls)
        listener = CacheListener(cache, backend, client="web", client_groups=lambda: ["sg-web"], parts=parts)
        await listener.start()
        try:
            yield listener
        finally:
            await listener.close()
            await backend.close()

    def use(self, do: Callable[[int], Any]) -> Any:
        """What `do` returns, in a thread, for the port of the cache."""

        async def run() -> Any:
            async with self.listening() as listener:
                return await asyncio.to_thread(do, listener.port)

        try:
            return asyncio.run(run())
        except Exception as problem:
            problem.add_note("\n".join(map(str, self.journal.entries("cache.connection-ended"))))
            raise

    def token(self, *, name: str = "web-cache", user: str = "web-cache-dev", action: str = "connect") -> str:
        """As services presign it."""
        keys = self.principals.credentials(ROLE)
        request = AWSRequest("GET", f"http://{name}/?{urlencode({'Action': action, 'User': user})}")
        credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
        SigV4QueryAuth(credentials, "elasticache", "eu-west-1", 900).add_auth(request)
        return str(request.url).removeprefix("http://")

    def client(self, port: int) -> RedisCluster:
        return RedisCluster(host="localhost", port=port, **self._options())

    def single(self, port: int, **changes: Any) -> Redis:
        return Redis(host="localhost", port=port, **{**self._options(), **changes})

    def _options(self) -> dict[str, Any]:
        return {
            "ssl": True,
            "ssl_ca_certs": str(self.tls.authority),
            "username": "web-cache-dev",
            "password": self.token(),
            "decode_responses": True,
            "socket_timeout": 10,
            "retry": Retry(NoBackoff(), 0),
        }


@pytest.fixture
def site(dev: Deployed, journal: Journal, tls: Tls, tmp_path: Path) -> Iterator[Site]:
    with (tmp_path / "terminal").open("w") as terminal:
        yield Site(dev, journal, tls, Logs(tmp_path / "logs", Console(file=terminal)))


def _everyday(client: RedisCluster) -> list[Any]:
    return [
        client.set("page:{1}", "<p>", ex=60),
        client.get("page:{1}"),
        client.incr("n"),
        client.delete("page:{1}"),
        client.get("page:{1}"),
        client.ping(),
        client.cluster_keyslot("n"),
        [node.port for node in client.get_nodes()],
    ]


def test_the_services_client_works_in_cluster_mode_over_tls(site: Site) -> None:
    def run(port: int) -> list[Any]:
        with site.client(port) as client:
            return [*_everyday(client), port]

    *values, ports, port = site.use(run)
    assert values == [True, "<p>", 1, 1, None, True, key_slot(b"n")]
    assert ports == [port], "the cluster is this one listener"
    cache, user = "replicationgroup:web-cache", "user:web-cache-dev"
    resources = {resource for _, _, resource in site.judge.asked}
    assert resources == {f"arn:aws:elasticache:eu-west-1:111111111111:{end}" for end in (cache, user)}
    assert {role for role, _, _ in site.judge.asked} == {ROLE}
    assert set(site.groups.asked) == {(("sg-web",), ("sg-web-cache",), 6379)}


def _await_slots(client: Redis) -> None:
    """A server takes two seconds to see that it holds all slots."""
    for _ in range(600):
        with contextlib.suppress(ClusterDownError):
            client.set("a", 1)
            return
        threading.Event().wait(0.05)
    raise AssertionError("the server does not hold the slots")


@pytest.mark.skipif(SERVER is None, reason="neither valkey-server nor redis-server is installed")
def test_a_server_holds_the_users_rights_and_the_slots_of_a_cluster(site: Site) -> None:
    site.programs = ("valkey-server", "redis-server")

    def run(port: int) -> None:
        with site.single(port) as client:
            _await_slots(client)
            assert client.info("server")
            for denied in ("FLUSHALL", "KEYS *", "CONFIG GET save", "ACL LIST"):
                with pytest.raises(NoPermissionError):
                    client.execute_command(*denied.split())
            with pytest.raises(ResponseError, match="same slot"):
                client.execute_command("MGET", "a", "b")
        with site.client(port) as client:
            assert _everyday(client)[:3] == [True, "<p>", 1]

    site.use(run)


@pytest.mark.skipif(SERVER is None, reason="neither valkey-server nor redis-server is installed")
def test_a_server_ends_with_its_parent_and_its_password_is_in_no_argument(site: Site) -> None:
    async def run() -> None:
        backend = await start_backend("x", "u", "on ~* +@all", site.logs)
        assert isinstance(backend, ServerBackend)
        host = backend.child.process.pid
        (server,) = Path(f"/proc/{host}/task/{host}/children").read_text().split()
        arguments = Path(f"/proc/{server}/cmdline").read_text()
        assert backend.sign_in[1] not in arguments
        assert backend.child.process.stdin
        backend.child.process.stdin.close()
        await backend.child.ended()
        with pytest.raises(ProcessLookupError):
            os.kill(int(server), 0)

    asyncio.run(run())


def test_a_server_that_does_not_start_is_said(site: Site) -> None:
    site.programs = ("false",)
    with pytest.raises(LocalError, match="does not start"):
        site.use(lambda _: None)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "data-cache"},
        {"user": "data-cache-dev"},
        {"action": "describe"},
    ],
)
def test_a_token_for_something_else_is_refused(site: Site, changes: dict[str, str]) -> None:
    def run(port: int) -> None:
        with site.single(port, password=site.token(**changes)) as client, pytest.raises(AuthenticationError):
            client.ping()

    site.use(run)
    assert not site.judge.asked


@pytest.mark.parametrize("options", [{"username": "data-cache-dev"}, {"password": "guess"}, {"username": "default"}])
def test_another_user_or_a_password_is_refused(site: Site, options: dict[str, str]) -> None:
    def run(port: int) -> None:
        for protocol in (2, 3):
            with site.single(port, protocol=protocol, **options) as client, pytest.raises(AuthenticationError):
                client.ping()

    site.use(run)


def test_a_role_without_a_grant_is_refused(site: Site) -> None:
    site.judge.denied.add("elasticache:Connect")

    def run(port: int) -> None:
        with site.single(port) as client, pytest.raises(AuthenticationError):
            client.ping()

    site.use(run)


def test_without_a_token_nothing_is_answered(site: Site) -> None:
    def run(port: int) -> None:
        options = {"username": None, "password": None}
        for protocol in (2, 3):
            with site.single(port, protocol=protocol, **options) as client, pytest.raises(AuthenticationError):
                client.get("a")

    site.use(run)


def test_what_security_groups_close_is_not_connected(site: Site) -> None:
    site.groups.denied = True

    def run(port: int) -> None:
        with site.single(port) as client, pytest.raises(RedisError):
            client.ping()

    site.use(run)
    assert site.journal.denied()[0]["target"] == "web-cache"


def test_a_client_without_tls_or_without_the_authority_is_not_connected(site: Site) -> None:
    def run(port: int) -> None:
        for options in ({"ssl": False}, {"ssl_ca_certs": None}):
            with site.single(port, **options) as client, pytest.raises(RedisError):
                client.ping()

    site.use(run)


async def _read(data: bytes, read: Callable[[asyncio.StreamReader], Any]) -> Any:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read(reader)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"+OK\r\n", b"-ERR x\r\n", b":1\r\n", b"$-1\r\n", b"$3\r\na\r\n\r\n", b"*-1\r\n", b"_\r\n", b"#t\r\n"),
        *(b"*2\r\n:1\r\n*1\r\n$1\r\na\r\n", b"%1\r\n+a\r\n~1\r\n:1\r\n", b"=5\r\ntxt:a\r\n", b",1.5\r\n"),
        b">1\r\n+push\r\n+OK\r\n",
    ],
)
def test_replies_are_passed_on_whole(raw: bytes) -> None:
    assert asyncio.run(_read(raw, read_reply)) == raw


@pytest.mark.parametrize(
    "raw", [b"GET a\r\n", b"*1\r\n:1\r\n", b"*x\r\n", b"*1\r\n$99999999999\r\n", b"*200000\r\n", b"*1", b"x" * 70_000]
)
def test_what_is_not_the_protocol_ends_the_connection(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        asyncio.run(_read(raw, read_command))


def test_commands_are_read_as_they_were_written() -> None:
    raw = command("SET", b"a\r\n", "")
    assert asyncio.run(_read(raw, read_command)) == [b"SET", b"a\r\n", b""]
    assert asyncio.run(_read(b"", read_command)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda query: query.replace("elasticache", "s3"), "signed for elasticache"),
        (lambda query: query.replace("Algorithm=AWS4", "Algorithm=AWS5"), "signed for elasticache"),
        (lambda query: query.replace("SignedHeaders=host", "SignedHeaders=host%3Bx"), "Host alone"),
        (lambda query: query.replace("Expires=900", "Expires=soon"), "X-Amz-Expires"),
        (lambda query: query.replace("Credential=ASIA", "Credential=ASIB"), "unknown"),
        (lambda query: query.replace("Security-Token=", "Security-Token=x"), "unknown"),
        (lambda query: query.replace("Expires=900", "Expires=901"), "does not match"),
        (lambda query: query.replace("User=web", "User=data"), "does not match"),
        (lambda query: query[:-1], "does not match"),
    ],
)
def test_an_altered_token_is_refused(site: Site, change: Callable[[str], str], words: str) -> None:
    host, _, query = site.token().partition("/?")
    with pytest.raises(PresignedError, match=words):
        verify(host, change(query), service="elasticache", region="eu-west-1", principals=site.principals)


@pytest.mark.parametrize(("minutes", "valid"), [(-6, False), (-4, True), (14, True), (16, False)])
def test_a_token_holds_for_its_fifteen_minutes(site: Site, minutes: int, valid: bool) -> None:
    host, _, query = site.token().partition("/?")

    def judged() -> bool:
        try:
            then = datetime.now(UTC) + timedelta(minutes=minutes)
            verify(host, query, service="elasticache", region="eu-west-1", principals=site.principals, now=lambda: then)
        except PresignedError:
            return False
        return True

    assert judged() is valid


def test_certificates_are_anew_and_keys_are_nobody_elses(tls: Tls, tmp_path: Path) -> None:
    other = make_tls(tmp_path)
    assert other.authority.read_bytes() != tls.authority.read_bytes()
    assert (tmp_path / "cache.pem").stat().st_mode & 0o077 == 0
    assert other.server.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_cache_with_two_users_is_said_at_the_start(changed: Change) -> None:
    def share(entry: dict[str, Any]) -> None:
        if entry["type"] == "aws:elasticache/userGroup:UserGroup":
            entry["outputs"]["userIds"] = ["web-cache-dev", "data-cache-dev"]

    with pytest.raises(LocalError, match="must have one user"):
        caches(changed(share))


def test_a_serverless_cache_is_known(changed: Change) -> None:
    def serve_less(entry: dict[str, Any]) -> None:
        given = entry["outputs"]
        if entry["type"] == "aws:elasticache/replicationGroup:ReplicationGroup":
            entry["type"] = "aws:elasticache/serverlessCache:ServerlessCache"
            given["name"], given["endpoints"] = given["replicationGroupId"], [{"address": "x.serverless.example"}]
            given["userGroupId"] = given.pop("userGroupIds")[0]

    assert {one.name for one in caches(changed(serve_less))} == {"data-cache", "web-cache"}


def test_without_a_server_the_cache_is_in_this_process(site: Site) -> None:
    async def run() -> str:
        backend = await start_backend("x", "u", "on", site.logs, ())
        await backend.close()
        assert isinstance(backend, FakeBackend)
        return backend.kind

    assert asyncio.run(run()) == "fakeredis"
