"""Variables of the environment: those that the program sets by the service's entry, and the address to listen on."""

import os

from functions.common import names
from functions.common.aws import optional, setting, table

__all__ = ["HOST", "address", "module", "optional", "setting", "table"]

HOST = "STORE_HOST"
"""Address to listen on; a container listens on all of its own."""
# The task's security group admits the load balancer and the callers that the settings declare, nobody else.
_ANY = "0.0.0.0"


def address() -> tuple[str, int]:
    """Host and port to listen on."""
    return os.environ.get(HOST, _ANY), int(os.environ.get(names.PORT, "8080"))


def module(service: str) -> str:
    """Module with the app of a service of the image."""
    return f"services.{service.replace('-', '_')}.app"
