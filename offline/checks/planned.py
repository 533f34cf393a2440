"""Resources checked earlier in the same run, for the rules between resources."""

from collections.abc import Mapping, Sequence
from typing import Any


class Planned:
    """Registry of the inputs seen so far, by type. A URN that is added again replaces its entry."""

    def __init__(self) -> None:
        self._by_token: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._by_id: dict[str, str] = {}
        self._hidden: str | None = None
        self._before: Mapping[str, Any] = {}

    def add(self, urn: str, token: str, inputs: Mapping[str, Any]) -> None:
        self._by_token.setdefault(token, {})[urn] = inputs

    def identify(self, urn: str, identifier: str) -> None:
        """Records the id of a resource, once known (diff, create, read), so that references to it can be followed."""
        self._by_id[identifier] = urn

    def of(self, token: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """The `(urn, inputs)` of all resources of a type, in the order of their first check."""
        entries = self._by_token.get(token)
        return [entry for entry in entries.items() if entry[0] != self._hidden] if entries else ()

    def identified(self, token: str, identifier: str) -> Mapping[str, Any] | None:
        """The inputs of the resource of this type and id; None when it was not identified."""
        return self._by_token.get(token, {}).get(self._by_id.get(identifier, ""))

    @property
    def before(self) -> Mapping[str, Any]:
        """The inputs of the resource itself before this run; empty for a new one."""
        return self._before

    def without(self, urn: str, before: Mapping[str, Any]) -> "Planned":
        """A view of the same registry without one resource: what this resource is checked against."""
        view = Planned()
        view._before = before
        view._by_token = self._by_token
        view._by_id = self._by_id
        view._hidden = urn
        return view
