"""Forms: where CloudFormation types and old tokens of pulumi-aws have the properties that rules name.

`cloudformation.py` has the forms, `translation.py` applies them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Shaped(NamedTuple):
    """A property whose value has another form too; `shape` gets known values only."""

    source: str
    shape: Callable[[Any], Any]


Moves = Mapping[str, str | Shaped]


@dataclass(frozen=True)
class Part:
    """A resource of its own for rules, which the other form writes as a property of another resource."""

    kind: str
    at: str
    """Path of the object; with `[]` at the end, one resource for each item of a list."""
    link: str
    """The part's property that names the resource around it; empty if it has none."""
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
    """Property with the tags, as a map or a list of keys and values; empty if the type has none."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Default values inside a block that differ from pulumi-aws's."""


def source_of(move: str | Shaped) -> str:
    """Path from which a move reads its value."""
    return move.source if isinstance(move, Shaped) else move
