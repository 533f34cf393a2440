"""Inputs as rules read them: typed access that never raises, and never takes an unknown value for a missing one."""

from collections.abc import Iterator, Mapping
from typing import Any

from offline.checks.problem import Problem, shown
from offline.wire import UNKNOWN, Secret, texts


class Block:
    """The inputs of a resource, or one nested block of them, with the path at which they stand.

    The readers `text`, `number`, `flag`, `texts` and so on give None (or nothing) for what is missing, unknown or of
    another type: only `missing` and `given` tell these apart.
    """

    __slots__ = ("_hidden", "_path", "_values")

    def __init__(self, values: Mapping[str, Any], path: str = "", *, hidden: bool = False) -> None:
        """`hidden`: the block came out of a secret, so that no message may show its values."""
        self._values = values
        self._path = path
        self._hidden = hidden

    def at(self, name: str) -> str:
        """The path of an input of this block."""
        return f"{self._path}.{name}" if self._path else name

    @property
    def path(self) -> str:
        return self._path

    def raw(self, name: str) -> Any:
        """The value without its secret wrapper."""
        value = self._values.get(name)
        return value.value if isinstance(value, Secret) else value

    def missing(self, name: str) -> bool:
        """Certainly not set: absent, null or empty. An unknown value is not missing."""
        value = self.raw(name)
        return value is None or (isinstance(value, (str, list, tuple, Mapping)) and not value)

    def given(self, name: str) -> bool:
        """Set, possibly to a value that is not known yet."""
        return not self.missing(name)

    def unknown(self, name: str) -> bool:
        return self.raw(name) is UNKNOWN

    def text(self, name: str) -> str | None:
        value = self.raw(name)
        return value if isinstance(value, str) and value else None

    def number(self, name: str) -> float | None:
        """A number, also one that is as text (`"256"`)."""
        return number_of(self.raw(name))

    def flag(self, name: str) -> bool | None:
        value = self.raw(name)
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value)
        return value if isinstance(value, bool) else None

    def block(self, name: str) -> "Block | None":
        """A nested block; the first one where a list of one is written."""
        return next(self.blocks(name), None)

    def blocks(self, name: str) -> "Iterator[Block]":
        """The known blocks of a list."""
        value, hidden = _open(self._values.get(name))
        hidden = hidden or self._hidden
        if isinstance(value, Mapping):
            yield Block(value, self.at(name), hidden=hidden)
        elif isinstance(value, (list, tuple)):
            for index, element in enumerate(value):
                item, secret = _open(element)
                if isinstance(item, Mapping):
                    yield Block(item, f"{self.at(name)}[{index}]", hidden=hidden or secret)

    def texts(self, name: str) -> Iterator[tuple[str, str]]:
        """`(path, text)` of the known texts of a list."""
        value = self.raw(name)
        if isinstance(value, str) and value:
            yield self.at(name), value
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                if isinstance(item, str) and item:
                    yield f"{self.at(name)}[{index}]", item

    def entries(self, name: str) -> Iterator[tuple[str, Any]]:
        """The entries of a map, such as tags."""
        value = self.raw(name)
        if isinstance(value, Mapping):
            yield from ((key, item) for key, item in value.items() if isinstance(key, str))

    def count(self, name: str) -> int | None:
        """How many elements a list or map has; None when that is unknown."""
        value = self.raw(name)
        if value is None:
            return 0
        return len(value) if isinstance(value, (list, tuple, Mapping)) else None

    def settled(self, name: str) -> bool:
        """Whether nothing in this input is unknown, so that a value not found in it is certainly not there."""
        return _settled(self.raw(name))

    def inside(self, path: str) -> "tuple[Block, str]":
        """The block of the last name of a path, and that name; an empty block where the path ends before."""
        block = self
        *outer, last = path.split(".")
        for name in outer:
            block = block.block(name) or Block({})
        return block, last

    @property
    def values(self) -> Mapping[str, Any]:
        return self._values

    def mentions(self) -> Iterator[tuple[str, str]]:
        """`(path, text)` of every known text, secrets left out."""
        yield from texts(dict(self._values), self._path)

    def problem(self, name: str, rule: str) -> Problem:
        """A problem of one input; the value received is added to the rule."""
        value, secret = _open(self._values.get(name))
        hidden = self._hidden or secret
        received = "nothing" if value is None else "[hidden]" if hidden else shown(name, value)
        return Problem(self.at(name), f"{rule}; received {received}")

    def problem_without_value(self, name: str, rule: str) -> Problem:
        """A problem whose received value is not worth showing: the rule says what is too much or missing."""
        return Problem(self.at(name), rule)


def number_of(value: Any) -> float | None:
    """A number, or the number that a text spells; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _open(value: Any) -> tuple[Any, bool]:
    """A value without its secret wrapper, and whether there was one."""
    return (value.value, True) if isinstance(value, Secret) else (value, False)


def _settled(value: Any) -> bool:
    if value is UNKNOWN:
        return False
    if isinstance(value, Secret):
        return _settled(value.value)
    if isinstance(value, Mapping):
        return all(_settled(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_settled(item) for item in value)
    return True
