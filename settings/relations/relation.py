"""What a rule between settings is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from settings.problems import Problem, in_yaml, shown

Check = Callable[..., Iterator[Problem]]


@dataclass(frozen=True)
class Relation:
    """A rule, and what it reads: settings (`section.field`), the stack's name (`stack`), the names of its `secrets`.

    It is checked whenever these are valid by themselves, whatever else is wrong.
    """

    name: str
    reads: tuple[str, ...]
    check: Check


def relation(*reads: str) -> Callable[[Check], Relation]:
    """Make the function below a rule; its name, a sentence, is the rule's name."""
    return lambda check: Relation(check.__name__.replace("_", " "), reads, check)


def problem(path: str, received: Any, rule: str, write: Any = None, *, fix: str = "") -> Problem:
    parts = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return Problem(parts, shown(received, parts), rule, fix or in_yaml(parts, write))
