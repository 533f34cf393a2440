"""Resources checked earlier in the same run, for the rules between resources."""

from collections.abc import Mapping, Sequence
from typing import Any


class Planned:
    """Registry of the inputs seen so far, by type. A URN that is added again replaces its entry."""

    def __init__(self) -> None:
        self._by_token: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._hidden: str | None = None

    def add(self, urn: str, token: str, inputs: Mapping[str, Any]) -> None:
        self._by_token.setdefault(token, {})[urn] = inputs

    def of(self, token: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """The `(urn, inputs)` of all resources of a type, in the order of their first check."""
        entries = self._by_token.get(token)
        return [entry for entry in entries.items() if entry[0] != self._hidden] if entries else ()

    def without(self, urn: str) -> "Planned":
        """A view of the same registry that leaves one resource out: what this resource has to get on with."""
        view = Planned()
        view._by_token = self._by_token
        view._hidden = urn
        return view
