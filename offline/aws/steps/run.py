"""What the engine has announced in one run.

A preview takes no step, so a later step is judged by what the earlier ones would have left. The engine never says which
resources it deletes before it makes their replacements; this follows from the order of its calls
(https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/resource/deploy/step_generator.go, continueStepsFromDiff):
it checks a resource that is to be replaced once more without its old inputs, and if the old one goes first, asks at
once, without checking them, which of its dependents would be replaced: these go first too.
"""

import threading

from offline.wire import Properties

Key = tuple[str, str]
"""Token and id."""


class Run:
    """One for each plugin, that is for each provider resource of one run; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked: set[str] = set()
        self._known: dict[str, Key] = {}
        self._last_replaced: Key | None = None
        self._replaced: set[Key] = set()
        self._leaving: set[Key] = set()
        self._wanted: dict[Key, Properties] = {}
        self._planned: dict[str, Properties] = {}
        self._made: set[Key] = set()

    def check(self, urn: str, *, is_new: bool) -> None:
        """`is_new`: the engine gave no old inputs."""
        with self._lock:
            known = self._known.get(urn)
            self._last_replaced = known if is_new and urn in self._checked else None
            if self._last_replaced:
                self._replaced.add(self._last_replaced)
            self._checked.add(urn)

    def diff(self, urn: str, key: Key, *, is_replaced: bool, goes_first: bool) -> None:
        """`goes_first`: the provider asks for the deletion before the replacement."""
        with self._lock:
            self._known[urn] = key
            if urn not in self._checked:
                self._leaving |= {self._last_replaced} if self._last_replaced else set()
                self._leaving |= {key} if is_replaced else set()
            elif is_replaced:
                self._replaced.add(key)
                self._leaving |= {key} if goes_first else set()

    def plan(self, urn: str, inputs: Properties) -> None:
        """A creation of a preview."""
        with self._lock:
            self._planned[urn] = inputs

    def want(self, key: Key, inputs: Properties) -> None:
        """An update of a preview."""
        with self._lock:
            self._wanted[key] = inputs

    def key_of(self, urn: str) -> Key | None:
        """What the resource was before this run."""
        return self._known.get(urn)

    def is_replaced(self, key: Key) -> bool:
        return key in self._replaced

    def is_leaving(self, key: Key) -> bool:
        """Whether it is deleted before its replacement is made."""
        return key in self._leaving

    def wanted(self, key: Key) -> Properties | None:
        return self._wanted.get(key)

    def all_wanted(self) -> list[Key]:
        with self._lock:
            return list(self._wanted)

    def make(self, key: Key) -> None:
        """A creation that was done."""
        with self._lock:
            self._made.add(key)

    def is_made(self, key: Key) -> bool:
        return key in self._made

    def planned(self, urn: str) -> Properties | None:
        return self._planned.get(urn)
