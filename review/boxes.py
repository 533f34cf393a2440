"""Which box of the diagram a resource belongs to, by the engine's URNs."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

_STORE: Final = "webstore:index:Store"
_NONE: Final = "Store"


class Boxes:
    """
    Args:
        urns: Of the base's state, and of the preview's steps.
    """

    def __init__(self, urns: Iterable[str]) -> None:
        self._known: dict[tuple[str, str], str] = {}
        by_first: dict[str, Counter[str]] = {}
        for urn in urns:
            _, _, types, name = urn.split("::", 3)
            chain = types.split("$")
            box = _box(chain)
            self._known[chain[-1], name] = box
            by_first.setdefault(_first(name), Counter())[box] += 1
        self._by_first = {first: counts.most_common(1)[0][0] for first, counts in by_first.items()}

    def of(self, type_: str, name: str) -> str:
        """`WebTier`; of a resource that neither has, that of its neighbours by the first word of their names."""
        return self._known.get((type_, name)) or self._by_first.get(_first(name), _NONE)


def _box(chain: list[str]) -> str:
    if _STORE not in chain:
        return _NONE
    below = chain[chain.index(_STORE) + 1 :]
    return below[0].rpartition(":")[2] if below and below[0].startswith("webstore:") else _NONE


def _first(name: str) -> str:
    return name.partition("-")[0]
