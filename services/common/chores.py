"""Periodic work beside the HTTP server of a process, such as the sweep of duties."""

import random
from collections.abc import Callable
from threading import Event, Thread

from functions.common.log import cause, logger

_STOP_SECONDS = 30


class Chore:
    """
    Args:
        name: Name in the log.
        seconds: Pause between two runs, varied by a fifth, so that tasks do not run at the same time.
        work: Work of a run; other tasks may do the same at the same time. Errors are logged.
    """

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        self._name, self._seconds, self._work = name, seconds, work
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the current run finish, and start no other."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def succeeds(self) -> bool:
        """Do the work of one run; an error is logged."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 the next run may succeed
            logger.error("chore failed", extra={"chore": self._name, "cause": cause(error)})
            return False
        return True

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds * random.uniform(0.8, 1.2)):
            self.succeeds()
