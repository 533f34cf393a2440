"""Checks of a resource's inputs, as AWS would make them: pure functions."""

from collections.abc import Mapping
from typing import Any

from offline.checks.generic import generic_problems
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules import hand_problems

__all__ = ["Planned", "Problem", "problems"]


def problems(token: str, inputs: Mapping[str, Any], planned: Planned) -> list[Problem]:
    """The inputs of one resource that AWS, or the real provider, would reject; empty when there are none.

    `planned` holds the resources checked before, without this one (`Planned.without`). Unknown inputs (`UNKNOWN`)
    never give a problem. One problem a path: the recorded facts speak first, the rules of `rules/` after them.
    """
    found: dict[str, Problem] = {}
    for problem in generic_problems(token, inputs):
        found.setdefault(problem.path, problem)
    for problem in hand_problems(token, inputs, planned):
        found.setdefault(problem.path, problem)
    return list(found.values())
