"""What a component wants to exist, as data: children and how their inputs come from one another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from offline.awsx.values import Output


@dataclass(frozen=True)
class Ref:
    """An output of a child."""

    child: str
    output: str = "id"


@dataclass(frozen=True)
class Whole:
    """A child itself, as a resource reference."""

    child: str


@dataclass(frozen=True)
class Apply:
    """A value computed once all `sources` are known; unknown until then. The function may return None for "absent"."""

    function: Callable[..., Any]
    sources: tuple[Any, ...]


@dataclass(frozen=True)
class Child:
    """A resource to register. `parent` and `after` are keys of other children; `parent` None is the component."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.type}::{self.name}"

    @property
    def package(self) -> str:
        return self.type.partition(":")[0]


@dataclass
class Plan:
    """Children in the order in which their parents and sources allow, the outputs, and what to tell the user."""

    children: list[Child] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    awaited_by_outputs: list[str] = field(default_factory=list)
    """Keys of the children on which every output depends, whatever its value."""
    warnings: list[str] = field(default_factory=list)

    def add(self, child: Child) -> str:
        """Key of the child."""
        self.children.append(child)
        return child.key


def apply(function: Callable[..., Any], *sources: Any) -> Any:
    """The function's value at once where all sources are plain, else an `Apply`."""
    if any(isinstance(source, Output | Ref | Apply) for source in sources):
        return Apply(function, sources)
    return function(*sources)
