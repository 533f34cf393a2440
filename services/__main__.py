"""Serve one of the services: `STORE_SERVICE=catalogue python -m services`."""

import os
import sys
from importlib import import_module
from pathlib import Path

import uvicorn

from functions.common import names
from services.common.settings import address

# A load balancer keeps connections for 60 seconds and must be the one that closes them.
_KEEP_ALIVE_SECONDS = 75
# ECS kills a task 60 seconds after SIGTERM.
_STOP_SECONDS = 50


def services() -> list[str]:
    """Services of the image."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/app.py") if path.parent.name != "common")


def main() -> None:
    name = os.environ.get(names.SERVICE, "")
    if name not in services():
        sys.exit(f"{names.SERVICE} must be one of {', '.join(services())}, and is {name or 'not set'}")
    host, port = address()
    uvicorn.run(
        import_module(f"services.{name}.app").app,
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


if __name__ == "__main__":
    main()
