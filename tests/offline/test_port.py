"""Where a plugin serves, and what it says when it cannot."""

import pytest

from offline.port import bind


class _Server:
    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.asked = ""

    def add_insecure_port(self, address: str, /) -> int:
        self.asked = address
        if self.full:
            raise RuntimeError("Failed to bind to address 127.0.0.1:0")
        return 4711


def test_a_plugin_listens_on_loopback_only() -> None:
    server = _Server(full=False)
    assert bind(server) == 4711
    assert server.asked == "127.0.0.1:0"


def test_a_machine_without_a_free_port_is_told_plainly() -> None:
    with pytest.raises(SystemExit, match=r"cannot open a port on 127\.0\.0\.1 \(Failed to bind.*run the command again"):
        bind(_Server(full=True))
