"""HTTP servers of the run, all on 127.0.0.1 and in the run's own event loop."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import uvicorn

from local.errors import LocalError

HOST: Final = "127.0.0.1"

HttpScope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def free_port() -> int:
    """A port that nothing listens on now. A child that takes it later must fail if another was faster."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Listener:
    """A server that answers."""

    port: int
    _server: uvicorn.Server
    _task: "asyncio.Task[None]"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def close(self) -> None:
        """Take no more requests, and end those that still run."""
        self._server.should_exit = self._server.force_exit = True
        await self._task


def reserve(port: int = 0) -> socket.socket:
    """A socket that has the port from now on, for `serve`: so that others can be told of the URL before.

    Args:
        port: 0 for any free one.

    Raises:
        LocalError: another process has the port.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((HOST, port))
    except OSError as problem:
        reserved.close()
        raise LocalError(
            f"port {port} must be free, but cannot be used ({problem.strerror}). Choose another: --port 0 takes any"
        ) from None
    return reserved


async def serve(app: Any, port: int | socket.socket = 0) -> Listener:
    """Serve an ASGI app.

    Args:
        port: 0 for any free one; or a reserved one.

    Raises:
        LocalError: another process has the port.
    """
    listening = reserve(port) if isinstance(port, int) else port
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        # Whoever connects says in X-Forwarded-For what he likes.
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.005)
    return Listener(listening.getsockname()[1], server, task)


async def body_of(receive: Receive, limit: int) -> bytes | None:
    """Body of a request of ASGI; None if it is longer.

    Args:
        limit: In bytes.
    """
    parts, size, more = [], 0, True
    while more:
        event = await receive()
        part = event.get("body", b"")
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
        more = event.get("more_body", False)
    return b"".join(parts)


class _Server(uvicorn.Server):
    """Leaves signals to the run, which ends all parts in their order."""

    def capture_signals(self) -> Any:
        return _Nothing()


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
