"""Child processes of the run: they end with it, and their output goes to the terminal and to files."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from offline.project import PROJECT

_COLOURS: Final = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")
_LEVELS: Final = {"ERROR": "bold red", "CRITICAL": "bold red", "WARNING": "yellow", "INFO": "", "DEBUG": "dim"}
# What a log line of Powertools says of itself, not of what happened.
_NOISE: Final = {
    *("level", "message", "timestamp", "location", "service", "cold_start", "xray_trace_id"),
    *("function_name", "function_memory_size", "function_arn", "function_request_id"),
}
_LONGEST_LINE: Final = 1024 * 1024
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Environment of a child: nothing of the caller's but what programs need to start, and `variables`."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}


class Logs:
    """Lines of all children: each with its child's name on the terminal, and in one file a child, begun anew."""

    def __init__(self, folder: Path, console: Console) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in folder.glob("*.log"):
            earlier.unlink()
        self.folder = folder
        self._console = console
        self._colours: dict[str, str] = {}

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    async def follow(self, name: str, output: asyncio.StreamReader) -> None:
        """Show and keep each line until the output ends."""
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        with self.path(name).open("ab", buffering=0) as file:
            while line := await _next_line(output):
                file.write(line)
                shown = line.decode(errors="replace").rstrip()
                if shown:
                    self._console.print(Text(f"{name:<22} ", colour).append_text(_told(shown)), soft_wrap=True)


async def _next_line(output: asyncio.StreamReader) -> bytes:
    try:
        return await output.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await output.readexactly(overrun.consumed) + b"\n"


def _told(line: str) -> Text:
    """A line for the eye: structured ones as level, message and what else they say."""
    entry = _structured(line)
    if entry is None:
        return Text(line)
    told = Text(str(entry.get("message", "")), _LEVELS.get(str(entry.get("level")), ""))
    for key, value in entry.items():
        if key not in _NOISE:
            told.append(f" {key}={value if isinstance(value, str) else json.dumps(value)}", "dim")
    return told


def _structured(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "message" in entry else None


class Child:
    """A Python module in a process of its own, in a session of its own: Ctrl-C reaches the run alone."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, followers: "list[asyncio.Task[None]]") -> None:
        self.name = name
        self.process = process
        self._followers = followers

    @classmethod
    async def start(
        cls,
        name: str,
        module: Sequence[str],
        variables: Mapping[str, str],
        logs: Logs,
        *,
        answers: bool = False,
        folder: Path = PROJECT,
    ) -> "Child":
        """
        Args:
            module: Name of the module, and its arguments.
            answers: Standard output belongs to the caller; otherwise it is logged.
            folder: Where modules are looked for first.
        """
        # Modules of this package end with their parent by themselves.
        watched = [] if module[0].startswith(f"{__package__}.") else [f"{__package__}.child"]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *watched,
            *module,
            env=environment(variables),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE * 16 if answers else _LONGEST_LINE,
            start_new_session=True,
        )
        assert process.stdout
        assert process.stderr
        outputs = [process.stderr] if answers else [process.stdout, process.stderr]
        return cls(name, process, [asyncio.create_task(logs.follow(name, output)) for output in outputs])

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    async def stop(self, grace_seconds: float) -> None:
        """Ask the process to end; kill it when the time is over."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_seconds):
                await self.process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        """Exit code, once the process has ended and its last words are logged."""
        code = await self.process.wait()
        await asyncio.gather(*self._followers, return_exceptions=True)
        return code

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
