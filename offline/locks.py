"""The engine's locks: whose they are, and whether that run still goes on."""

import json
import os
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

# Clocks are read by others and rounded; a process that starts later than its lock is another one with the same number.
_TOLERANCE: Final = timedelta(seconds=10)
_ENGINE: Final = "pulumi"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that a run may still hold."""

    path: Path
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        if self.host != socket.gethostname():
            return (
                f"a run on the machine {self.host}, since {self.since}. This machine cannot see whether it goes on; "
                f"if it has ended, remove its lock: rm '{self.path}'"
            )
        return f"process {self.pid}, since {self.since}. Wait for its end, or interrupt it: kill -INT {self.pid}"


def locks_of(backend: Path, project: str, stack: str) -> tuple[list[Path], list[Lock]]:
    """The dead locks and the live ones of a stack. A lock that cannot be read is dead: its run died as it wrote it."""
    dead: list[Path] = []
    live: list[Lock] = []
    for path in sorted((backend / "locks").glob(f"*/{project}/{stack}/*.json")):
        held = _read(path)
        if held and _goes_on(held):
            live.append(held)
        else:
            dead.append(path)
    return dead, live


def _read(path: Path) -> Lock | None:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or type(content.get("pid")) is not int or content["pid"] < 1:
        return None
    host = content.get("hostname") or socket.gethostname()
    return Lock(path, content["pid"], str(host), str(content.get("timestamp") or "an unknown time"))


def _goes_on(lock: Lock) -> bool:
    if lock.host != socket.gethostname():
        return True
    try:
        os.kill(lock.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it lives, as another user's
    command, started = _process(lock.pid)
    if command and command != _ENGINE:
        return False
    with suppress(ValueError):
        since = datetime.fromisoformat(lock.since[:19]).replace(tzinfo=UTC)
        return started is None or started <= since + _TOLERANCE
    return True


def _process(pid: int) -> tuple[str, datetime | None]:
    """Name and start of a process; empty and None where the machine does not tell."""
    proc = Path("/proc")
    if (proc / "self" / "stat").exists():
        try:
            text = (proc / str(pid) / "stat").read_text()
            boot = next(line for line in (proc / "stat").read_text().splitlines() if line.startswith("btime "))
        except (OSError, StopIteration):
            return "", None
        # The name is in brackets and may hold some itself: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        name, _, rest = text.partition("(")[2].rpartition(")")
        seconds = int(boot.split()[1]) + int(rest.split()[19]) / os.sysconf("SC_CLK_TCK")
        return name, datetime.fromtimestamp(seconds, UTC)
    answer = subprocess.run(
        ["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False
    ).stdout.strip()
    return Path(answer).name, None
