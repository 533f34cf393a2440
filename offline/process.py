"""Runs the engine, so that it ends in good order when its caller is interrupted or killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final

_CHECK_SECONDS: Final = 1.0
# Waits until the writing end of its input is gone: then the caller is dead, however it died.
_WATCHDOG: Final = 'read -r _; kill -INT "$1"'
Lines = Iterable[str]


def run(
    command: Sequence[str], environment: Mapping[str, str], *, capture: bool = False, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; a command that reads no `given` text has the caller's input."""
    pipe = subprocess.PIPE if capture else None
    source = subprocess.PIPE if given is not None else None
    with _started(command, environment, stdin=source, stdout=pipe, stderr=pipe) as engine:
        said, complained = engine.communicate(given)
    return subprocess.CompletedProcess(command, engine.returncode, said, complained)


def run_shown(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    shown: Callable[[Lines], Lines],
    complained_of: Callable[[Lines], Lines],
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and show what it says as it comes.

    Args:
        shown: The lines of its standard output to show, given all of them.
        complained_of: The same for standard error.
    """
    pipe = subprocess.PIPE
    with _started(command, environment, stdout=pipe, stderr=pipe) as engine:
        assert engine.stdout
        assert engine.stderr
        said: list[str] = []
        complained: list[str] = []
        beside = threading.Thread(target=_copy, args=(complained_of(_kept(engine.stderr, complained)), sys.stderr))
        beside.start()
        _copy(shown(_kept(engine.stdout, said)), sys.stdout)
        beside.join()
    return subprocess.CompletedProcess(command, engine.returncode, "".join(said), "".join(complained))


def _kept(lines: Lines, store: list[str]) -> Iterator[str]:
    for line in lines:
        store.append(line)
        yield line


def _copy(lines: Lines, target: IO[str]) -> None:
    for line in lines:
        try:
            target.write(line)
            target.flush()
        except OSError:  # nobody reads any more, or the disk is full; the engine must be heard to its end all the same
            os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], **streams: Any
) -> Iterator["subprocess.Popen[str]"]:
    """The engine while it runs.

    Ctrl-C reaches every process of the terminal, and only the engine may act on it, for it ends what is under way. Any
    other end of ours, even by SIGKILL, is an interrupt to the engine.
    """
    received: list[int] = []
    engine: list[subprocess.Popen[str]] = []

    def note(number: int, _: object) -> None:
        received.append(number)
        if number != signal.SIGINT:
            for process in engine:
                process.send_signal(signal.SIGINT)

    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    earlier = {number: signal.signal(number, note) for number in caught if signal.getsignal(number) != signal.SIG_IGN}
    try:
        with subprocess.Popen(command, env=dict(environment), text=True, **streams) as process:
            engine.append(process)
            with _watched(process):
                yield process
                process.wait()
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    ended_by = [number for number in received if number != signal.SIGINT]
    if ended_by:
        os.kill(os.getpid(), ended_by[0])


@contextmanager
def _watched(engine: "subprocess.Popen[str]") -> Iterator[None]:
    """Interrupts the engine when this process, or the `make` that started it, is gone."""
    done = threading.Event()
    make = os.getppid() if "MAKELEVEL" in os.environ else None

    def follow_make() -> None:
        while not done.wait(_CHECK_SECONDS):
            if os.getppid() != make:
                engine.send_signal(signal.SIGINT)
                return

    silent = subprocess.DEVNULL
    with subprocess.Popen(
        ["/bin/sh", "-c", _WATCHDOG, "watchdog", str(engine.pid)],
        stdin=subprocess.PIPE,
        stdout=silent,
        stderr=silent,
        start_new_session=True,
    ) as watchdog:
        if make is not None:
            threading.Thread(target=follow_make, daemon=True).start()
        try:
            yield
        finally:
            done.set()
            watchdog.kill()
