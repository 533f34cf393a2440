"""What a rule between settings is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from settings.meant import nearest_word
from settings.problems import NOTHING, Place, Problem, shown

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


def problem(
    path: str | Place,
    received: Any,
    rule: str,
    write: Any = NOTHING,
    *,
    fix: str = "",
    edits: Mapping[str, Any] | None = None,
) -> Problem:
    """A broken rule, with what mends it.

    Args:
        path: Of the setting, dotted; in parts where a key has dots itself.
        received: Its value.
        rule: What must hold, and why.
        write: Value that mends it.
        fix: Sentence in place of a value, or beside one: another way out.
        edits: Values to write elsewhere, by dotted path.
    """
    place = _place(path)
    found = [(place, write)] if write is not NOTHING else []
    return Problem(
        place,
        shown(received, place),
        rule,
        fix,
        (*found, *((_place(key), value) for key, value in (edits or {}).items())),
    )


def not_there(section: str, kind: str, region: str, service: str) -> Problem:
    """The engine of a section, in a Region that its service is not in."""
    return problem(
        f"{section}.engine.kind",
        kind,
        f"must be `off` in {region}, which has no {service}",
        edits={f"{section}.engine": {"kind": "off"}},
    )


def likely(name: str, known: Iterable[str]) -> Any:
    """The known name that was probably meant, to be written in place of this one; NOTHING if none is like it."""
    near = nearest_word(name, known)
    return NOTHING if near is None else near


def _place(path: str | Place) -> Place:
    if not isinstance(path, str):
        return path
    return tuple(int(part) if part.isdigit() else part for part in path.split("."))
