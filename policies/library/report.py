"""Reports of a run as files: SARIF and JUnit XML.

A run is one process of one pack, so each pack writes files of its own. The engine ends that process without a warning,
and sends the stack only if every earlier step succeeded: so a report is on disk from the first resource on, states
that it is incomplete until the stack was judged, and is always replaced as a whole.
"""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from policies.library.entries import Operation, Place, Run
from policies.library.findings import Finding
from policies.library.judge import Judge
from policies.library.junit import junit
from policies.library.sarif import sarif

VARIABLE: Final = "WEBSTORE_POLICY_REPORT"
"""Environment variable with the folder of the reports; without it none is written."""
_SHARE_OF_TIME: Final = 0.02
"""Maximum share of a run's time for writing unfinished reports."""


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader gets the earlier or the new version, and never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _warn(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Reporter:
    """Keeps the report files of one process current; writes nothing without a folder."""

    def __init__(
        self,
        judge: Judge,
        pack: str,
        version: str,
        folder: Path | None = None,
        *,
        combined: str = "web-store",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.operation: Operation = "analysis"
        self._judge = judge
        self._pack = pack
        self._version = version
        self._folder = folder
        self._label = "" if pack == combined else f".{pack.removeprefix(f'{combined}-')}"
        self._now = now
        self._due = 0.0
        self._lock = threading.Lock()

    @classmethod
    def of_environment(cls, judge: Judge, pack: str, version: str) -> "Reporter":
        """The reporter for the folder that the environment names."""
        text = os.environ.get(VARIABLE, "")
        if text and not Path(text).is_absolute():
            # The engine starts a pack in the pack's own folder.
            _warn(f"{pack}: no report: {VARIABLE} must be an absolute path; it is {text!r}")
            text = ""
        return cls(judge, pack, version, Path(text) if text else None)

    def files(self, urn: str) -> tuple[Path, Path]:
        """The report files of the stack to which a URN belongs."""
        assert self._folder
        stem = re.sub(r"[^\w.-]", "_", Place.of(urn).stack) + self._label
        return self._folder / f"{stem}.sarif", self._folder / f"{stem}.junit.xml"

    def progress(self, urn: str, findings: Iterable[Finding]) -> None:
        """A resource was judged. An update ends at a mandatory finding: the engine sends nothing after it."""
        last = self.operation == "update" and any(finding.level == "mandatory" for finding in findings)
        if last or time.monotonic() >= self._due:
            self._write(urn, complete=False)

    def finish(self, urn: str) -> None:
        """The stack was judged: the report is complete."""
        self._write(urn, complete=True)

    def _write(self, urn: str, *, complete: bool) -> None:
        if self._folder is None:
            self._due = float("inf")
            return
        place = Place.of(urn)
        run = Run(
            pack=self._pack,
            version=self._version,
            project=place.project,
            stack=place.stack,
            operation=self.operation,
            complete=complete,
        )
        with self._lock:
            begin = time.monotonic()
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                log, tests = self.files(urn)
                _replace(log, json.dumps(sarif(run, self._judge, self._now()), indent=1) + "\n")
                _replace(tests, junit(run, self._judge, self._now()))
            except OSError as error:
                self._folder = None
                _warn(f"{self._pack}: no report: the folder in {VARIABLE} must be writable: {error}")
            end = time.monotonic()
            self._due = end + (end - begin) / _SHARE_OF_TIME
