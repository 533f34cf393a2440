"""What happened during a run: calls of AWS, connections and events, without bodies or personal data."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

_KEPT: Final = 5_000
"""Entries of each kind that stay in memory."""
_CALL: Final = "call"
_CONNECTION: Final = "connection"

Entry = Mapping[str, Any]


class Journal:
    """Keeps the last entries of each kind in memory, and appends all to a file of JSON lines.

    Each entry has `at` (UTC, ISO 8601) and `kind`. Any thread may write.
    """

    def __init__(self, path: Path) -> None:
        """
        Args:
            path: File of JSON lines, begun anew; its folder is made.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        # Principals and paths are nobody else's.
        path.touch(mode=0o600)
        self.path = path
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._kept: dict[str, deque[Entry]] = {}
        self._denied: deque[Entry] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def call(self, principal: str, action: str, resource: str, allowed: bool, why: str) -> None:
        """A call of AWS.

        Args:
            principal: ARN of the role, or name of the service principal.
            action: As policies write it, such as `sqs:SendMessage`.
            resource: ARN, or `*`.
            why: The statement that decided, or which policy lacks one.
        """
        self._write(_CALL, principal=principal, action=action, resource=resource, allowed=allowed, why=why)

    def connection(self, source: str, target: str, port: int, allowed: bool, why: str) -> None:
        """A connection between two network interfaces.

        Args:
            source: Label of the service, function or load balancer that connects.
            target: Label of the listener, or host outside the VPC.
            why: The rules that allow it, or which end lacks one.
        """
        self._write(_CONNECTION, source=source, target=target, port=port, allowed=allowed, why=why)

    def event(self, kind: str, **facts: Any) -> None:
        """Anything else, such as `bus.matched`; `facts` are ids, names and numbers."""
        self._write(kind, **facts)

    def entries(self, kind: str) -> list[Entry]:
        """The last entries of a kind (`call`, `connection`, or that of an event), oldest first."""
        with self._lock:
            return list(self._kept.get(kind, ()))

    def events(self) -> list[Entry]:
        """The last entries other than calls and connections, oldest first."""
        with self._lock:
            kept = [entry for kind, found in self._kept.items() if kind not in (_CALL, _CONNECTION) for entry in found]
        return sorted(kept, key=lambda entry: entry["at"])

    def denied(self) -> list[Entry]:
        """The last calls and connections that were not allowed, oldest first."""
        with self._lock:
            return list(self._denied)

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _write(self, kind: str, **facts: Any) -> None:
        with self._lock:
            # Within the lock, so that the order of the entries is that of their times.
            entry = {"at": datetime.now(UTC).isoformat(timespec="microseconds"), "kind": kind, **facts}
            self._kept.setdefault(kind, deque(maxlen=_KEPT)).append(entry)
            if facts.get("allowed") is False:
                self._denied.append(entry)
            if not self._file.closed:
                self._file.write(json.dumps(entry, default=str) + "\n")
