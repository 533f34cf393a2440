"""Where the cache's data are: `valkey-server` or `redis-server` where installed, else a fake in this process."""

import asyncio
import contextlib
import secrets
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from fakeredis import TcpFakeServer

from local.children import Child, Logs
from local.errors import LocalError
from local.front.cache_protocol import command, read_reply
from local.serving import HOST, free_port

_PROGRAMS: Final = ("valkey-server", "redis-server")
_POLL_SECONDS: Final = 0.05
_TRIES: Final = 200
_GRACE_SECONDS: Final = 2.0


class Backend(Protocol):
    """A server of the protocol on this machine."""

    @property
    def kind(self) -> str:
        """What serves, for people."""
        ...

    @property
    def address(self) -> tuple[str, int]: ...

    @property
    def sign_in(self) -> tuple[str, str] | None:
        """User and password of its connections."""
        ...

    async def close(self) -> None: ...


@dataclass
class ServerBackend:
    """A server in cluster mode, which holds all slots and lets in one user with the rights of the state."""

    kind: str
    address: tuple[str, int]
    child: Child
    sign_in: tuple[str, str] = field(repr=False)

    @classmethod
    async def start(cls, program: str, name: str, user: str, rights: str, logs: Logs) -> "ServerBackend":
        """
        Args:
            rights: Access string of the user (https://valkey.io/topics/acl/).

        Raises:
            LocalError: the server does not start.
        """
        port, password = free_port(), secrets.token_urlsafe(24)
        settings = {
            "bind": HOST,
            "port": str(port),
            "cluster-enabled": "yes",
            "cluster-port": str(free_port()),
            "cluster-config-file": f"nodes-{port}.conf",
            "loglevel": "warning",
            "save": "",
            "appendonly": "no",
            "maxmemory": "64mb",
            "maxmemory-policy": "allkeys-lru",
        }
        users = [f"user default on >{password} ~* &* +@all", f"user {user} on >{password} {rights.removeprefix('on ')}"]
        module = ["local.front.cache_host", program]
        child = await Child.start(f"cache {name}", module, {}, logs)
        assert child.process.stdin
        lines = [*(f'{key} "{value}"' for key, value in settings.items()), *users, ""]
        child.process.stdin.write("\n".join([str(len(lines)), *lines]).encode() + b"\n")
        backend = cls(program, (HOST, port), child, (user, password))
        await backend._ready(logs)
        return backend

    async def close(self) -> None:
        await self.child.stop(_GRACE_SECONDS)

    async def _ready(self, logs: Logs) -> None:
        for _ in range(_TRIES):
            if not self.child.is_alive:
                break
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(*self.address)
                try:
                    for sent in (("AUTH", "default", self.sign_in[1]), ("CLUSTER", "ADDSLOTSRANGE", "0", "16383")):
                        writer.write(command(*sent))
                        answer = await read_reply(reader)
                        if not answer.startswith(b"+OK"):
                            raise LocalError(f"{self.kind} must take {sent[0]}; it says {answer.decode().strip()}")
                finally:
                    writer.close()
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise LocalError(f"{self.kind} does not start: see {logs.path(self.child.name)}, or uninstall it")


@dataclass
class FakeBackend:
    """fakeredis: no rights of users, and commands may name keys of several slots."""

    server: TcpFakeServer
    kind: str = "fakeredis"
    sign_in: tuple[str, str] | None = None

    @classmethod
    def start(cls) -> "FakeBackend":
        server = TcpFakeServer((HOST, 0), server_type="valkey", server_version=(8, 0))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return cls(server)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.server.server_address[:2]
        return str(host), int(port)

    async def close(self) -> None:
        await asyncio.to_thread(self.server.shutdown)
        # Waits for the server's connections, whose other ends are tasks of this loop.
        await asyncio.to_thread(self.server.server_close)


async def start_backend(name: str, user: str, rights: str, logs: Logs, programs: Sequence[str] = _PROGRAMS) -> Backend:
    """
    Args:
        programs: Servers to look for, in place of the usual ones.

    Raises:
        LocalError: a server is installed and does not start.
    """
    found = next(
        (path for program in (_PROGRAMS if programs is None else programs) if (path := shutil.which(program))), None
    )
    return FakeBackend.start() if found is None else await ServerBackend.start(found, name, user, rights, logs)
