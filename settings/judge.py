"""Which rules settings break: those of sections, and those between sections."""

from collections.abc import Iterator, Mapping
from typing import Any

from schema_files import FlawedFilesError
from settings.base import Section
from settings.examples import value_at
from settings.mending import Mending
from settings.problems import NOTHING, Place, Problem, shown
from settings.relations import RULES
from settings.shared import leaves
from settings.store import StoreSettings


def broken_rules(
    settings: StoreSettings, mending: Mending, outside: Mapping[str, Any]
) -> tuple[list[Problem], list[str]]:
    """Problems of settings whose every value is valid by itself, and the names of rules that could not be judged.

    Args:
        settings: Settings of the mended data that do not hold their own rules yet.
        mending: What was mended.
        outside: What rules read beside settings: `stack` and `secrets`.
    """
    found = [_problem(section, place, refusal, mending.data) for place, section, refusal in _refusals(settings, ())]
    unjudged: list[str] = []
    sound = not found and not mending.stand_ins
    values = {**outside, "texts": dict(leaves(mending.data))}
    told = {problem.path for problem in mending.problems()}
    for relation in RULES:
        values["told"] = told | {problem.path for problem in found}
        try:
            found += relation.check(
                *(values[path] if path in values else _read(settings, path) for path in relation.reads)
            )
        except FlawedFilesError:
            # The loader tells what is wrong with the files.
            unjudged.append(relation.name)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # It relies on what another rule holds, and that one is broken.
            if sound:
                raise
            unjudged.append(relation.name)
    return found, unjudged


def _read(settings: StoreSettings, path: str) -> Any:
    section, _, name = path.partition(".")
    return getattr(getattr(settings, section), name)


def _refusals(value: Any, place: Place) -> Iterator[tuple[Place, Section, Any]]:
    """Broken rules of a section and of all sections in it, each with its place."""
    if isinstance(value, Section):
        for refusal in value.broken_rules():
            yield place, value, refusal
        for name in type(value).model_fields:
            yield from _refusals(getattr(value, name), (*place, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _refusals(item, (*place, key))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _refusals(item, (*place, position))


def _problem(section: Section, place: Place, refusal: Any, data: Mapping[str, Any]) -> Problem:
    context: Mapping[str, Any] = refusal.context
    at: Place = context["at"]
    received = shown(value_at(data, (*place, *at)), (*place, *at))
    if value_at(data, (*place, *at)) is NOTHING:
        received = f"{shown(value_at(section.model_dump(mode='json'), at), (*place, *at))} (default)"
    edits = tuple(((*place, *below), value) for below, value in context["edits"].items())
    return Problem((*place, *at), received, context["rule"], context["fix"], edits)
