"""Registry of rules by resource type."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.names import name_problems
from offline.checks.rules.tags import tag_problems

Rule = Callable[[Block, Planned], Iterator[Problem]]
RULES: dict[str, list[Rule]] = {}


def rule(*tokens: str) -> Callable[[Rule], Rule]:
    """Registers a rule for the tokens `service/type:Type`, without their `aws:`. Its docstring is the AWS source."""

    def register(function: Rule) -> Rule:
        for token in tokens:
            RULES.setdefault(f"aws:{token}", []).append(function)
        return function

    return register


def hand_problems(token: str, inputs: Mapping[str, Any], planned: Planned) -> Iterator[Problem]:
    """Problems found by the rules of this type, and by those on tags and names, which apply to every type."""
    args = Block(inputs)
    for judge in RULES.get(token, ()):
        yield from judge(args, planned)
    yield from name_problems(token, args, planned)
    yield from tag_problems(token, args)
