"""Forms: where types of CloudFormation and old tokens of pulumi-aws have the properties that rules name.

`cloudformation.py` has the forms, `translation.py` applies them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Shaped(NamedTuple):
    """A property whose value, and not only its name, has another form; `shape` gets known values only."""

    source: str
    shape: Callable[[Any], Any]


Moves = Mapping[str, str | Shaped]


@dataclass(frozen=True)
class Part:
    """A resource of its own for rules, which the other form writes as a property of another."""

    kind: str
    at: str
    """Where it is written: an object, or with `[]` at the end one for each item of a list."""
    link: str
    """Its property that names the resource in which it is written; empty when it has none."""
    moves: Moves = field(default_factory=dict)
    """From its own object."""
    shared: Moves = field(default_factory=dict)
    """From the object of the whole resource."""


@dataclass(frozen=True)
class Form:
    kind: str
    moves: Moves = field(default_factory=dict)
    """Property as rules name it -> as the form does; `[]` stands for every item of a list on both sides."""
    parts: tuple[Part, ...] = ()
    lift: str = ""
    """The property that holds all others."""
    tags: str = "Tags"
    """Tags, as a map or a list of keys and values; empty when the type has none."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Values of properties that are left out of a block, where they are others than pulumi-aws's."""


def source_of(move: str | Shaped) -> str:
    """Where a move takes its value from."""
    return move.source if isinstance(move, Shaped) else move
