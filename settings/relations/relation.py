"""What a rule between settings is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

from settings.problems import Problem, in_yaml, shown

Check = Callable[..., Iterator[Problem]]


@dataclass(frozen=True)
class Reads:
    """Binds a parameter of a rule to what it is given: `services: Annotated[Services, Reads("app_tier.services")]`."""

    path: str
    """A setting (`section.field`), the stack's name (`stack`), the names of its `secrets`, all `texts` by their places,
    or the places that earlier rules have `told`."""


@dataclass(frozen=True)
class Relation:
    """A rule, and what it reads.

    It is checked whenever these are valid by themselves, whatever else is wrong.
    """

    name: str
    reads: tuple[str, ...]
    check: Check


def relation(check: Check) -> Relation:
    """Make the function below a rule; its name, a sentence, is the rule's name.

    Raises:
        TypeError: a parameter without one `Reads`.
    """
    return Relation(check.__name__.replace("_", " "), _read_by(check), check)


def _read_by(check: Any) -> tuple[str, ...]:
    hints = get_type_hints(check, include_extras=True)
    del hints["return"]
    paths = {
        name: [note.path for note in getattr(hint, "__metadata__", ()) if isinstance(note, Reads)]
        for name, hint in hints.items()
    }
    unbound = [name for name, found in paths.items() if len(found) != 1]
    if unbound:
        raise TypeError(f"{check.__name__}: each of {', '.join(unbound)} must be annotated with one Reads(...)")
    return tuple(path for found in paths.values() for path in found)


def problem(path: str, received: Any, rule: str, write: Any = None, *, fix: str = "") -> Problem:
    parts = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return Problem(parts, shown(received, parts), rule, fix or in_yaml(parts, write))
