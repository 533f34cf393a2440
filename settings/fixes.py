"""Fixes of problems as YAML that can be put over the mistake as it is."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from settings.examples import value_at
from settings.problems import NOTHING, PROJECT, Place, Problem, dumped, presentable

LEFT_OUT = object()
"""In place of a value: the entry of a list is to go."""


def with_fixes(problems: Sequence[Problem], data: Any, as_written: Callable[[Place, Any], Any]) -> list[Problem]:
    """The problems with their fixes written out.

    An entry of a list cannot be pasted alone, so its fix is the whole list; one that holds several mistakes is the same
    in the fix of each.

    Args:
        data: All sections, wrong values already mended.
        as_written: Puts the placeholders of the files back into a value of a place.
    """
    edits = [edit for problem in problems for edit in problem.edits]
    mended = copy.deepcopy(data) if edits else data
    for place, value in edits:
        if value is not LEFT_OUT:
            put(mended, place, value)
    for place in sorted((place for place, value in edits if value is LEFT_OUT), key=lambda place: -int(place[-1])):
        entries = value_at(mended, place[:-1])
        if isinstance(entries, list):
            del entries[int(place[-1])]
    return [
        replace(problem, fix=_written(problem, mended, as_written)) if problem.edits else problem
        for problem in problems
    ]


def put(data: Any, place: Place, value: Any) -> bool:
    """Write the value into the data; False where the data has no such place, such as below a text."""
    for part, following in zip(place, [*place[1:], None], strict=True):
        new: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(data, list) and isinstance(part, int) and part <= len(data):
            if part == len(data):
                data.append(copy.deepcopy(new))
            elif following is None:
                data[part] = copy.deepcopy(new)
            data = data[part]
        elif isinstance(data, dict):
            if following is None or data.get(part) is None:
                data[part] = copy.deepcopy(new)
            data = data[part]
        else:
            return False
    return True


def _written(problem: Problem, mended: Any, as_written: Callable[[Place, Any], Any]) -> str:
    edits: list[tuple[Place, Any]] = []
    for place, value in problem.edits:
        position = next((index for index, part in enumerate(place) if isinstance(part, int)), None)
        whole = place if position is None else place[:position]
        now = value if position is None else value_at(mended, whole)
        now = value if now is NOTHING else as_written(whole, now)
        if not presentable(now, whole):
            return problem.fix or "mend the value as the rule says; it is not repeated here, as it could be a secret"
        if (whole, now) not in edits:
            edits.append((whole, now))
    tree: dict[str, Any] = {}
    for place, value in edits:
        put(tree, (f"{PROJECT}:{place[0]}", *place[1:]), value)
    return dumped(tree) + (f"   # {problem.fix}" if problem.fix else "")
