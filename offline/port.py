"""The port at which a plugin serves."""

import sys
from typing import Protocol


class _Server(Protocol):
    def add_insecure_port(self, address: str, /) -> int: ...


def bind(server: _Server) -> int:
    """A free port of 127.0.0.1, and of no other address; ends the plugin with one message when there is none."""
    try:
        return server.add_insecure_port("127.0.0.1:0")
    except RuntimeError as error:
        sys.exit(
            f"offline AWS: cannot open a port on 127.0.0.1 ({error}): the machine has no free port, or forbids "
            "loopback connections. End programs that hold many connections, then run the command again."
        )
