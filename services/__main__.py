"""Serve one of the services: `STORE_SERVICE=catalogue python -m services`."""

import os
import sys
from importlib import import_module
from pathlib import Path
from socket import socket

import uvicorn

from functions.common import names
from functions.common.log import logger
from services.common.settings import address, module

# A load balancer keeps connections for 60 seconds and must be the one that closes them.
_KEEP_ALIVE_SECONDS = 75
# ECS kills a task 60 seconds after SIGTERM.
_STOP_SECONDS = 50


def services() -> list[str]:
    """Services of the image."""
    found = (path.parent.name for path in Path(__file__).parent.glob("*/app.py"))
    return sorted(folder.replace("_", "-") for folder in found if folder != "common")


class _Server(uvicorn.Server):
    """Says on which port it listens, once it does."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in (listener for server in self.servers for listener in server.sockets):
            logger.info("serving", extra={"port": listener.getsockname()[1]})


def main() -> None:
    name = os.environ.get(names.SERVICE, "")
    if name not in services():
        sys.exit(f"{names.SERVICE} must be one of {', '.join(services())}, and is {name or 'not set'}")
    host, port = address()
    config = uvicorn.Config(
        import_module(module(name)).app,
        factory=True,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    _Server(config).run()


if __name__ == "__main__":
    main()
