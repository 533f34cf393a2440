"""Judges single inputs by the recorded facts: enums, ranges, lengths and formats."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from offline.checks.formats import Format, formats_in, json_error
from offline.checks.problem import Problem, shown
from offline.facts import facts_of
from offline.wire import UNKNOWN, Secret

_LISTED = 14
# Texts that AWS takes since the facts were recorded, beside those that the facts know.
_TAKEN_SINCE: Mapping[tuple[str, str], Format] = {
    # https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
    ("aws:lambda/eventSourceMapping:EventSourceMapping", "destinationConfig.onFailure.destinationArn"): Format(
        "must be kafka:// and a topic",
        lambda value: re.fullmatch(r"kafka://[a-zA-Z0-9._-]{1,249}", str(value)) is not None,
        alternative=True,
    )
}


@dataclass
class Node:
    """One property of a type: the limits of its value, and what lies below it."""

    limits: list[Mapping[str, Any]] = field(default_factory=list)
    below: "dict[str, Node]" = field(default_factory=dict)

    @cached_property
    def formats(self) -> list[Format]:
        """The limits as tests; made when a first value comes, since most inputs of a type are never set."""
        return [form for limits in self.limits for form in _formats(limits)]


def generic_problems(token: str, inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """Every known input that breaks a recorded fact; nothing for types without facts."""
    tree = _tree(token)
    if tree:
        yield from _walk(tree, inputs, "", hidden=False)


def _walk(below: Mapping[str, Node], values: Mapping[str, Any], prefix: str, *, hidden: bool) -> Iterator[Problem]:
    for name, value in values.items():
        node = below.get(name) if isinstance(name, str) else None
        if node is not None and value is not None and value is not UNKNOWN:
            yield from _judge(node, value, f"{prefix}{name}", hidden=hidden)


def _judge(node: Node, value: Any, path: str, *, hidden: bool) -> Iterator[Problem]:
    """`hidden`: the value came out of a secret and must not be shown."""
    if isinstance(value, Secret):
        yield from _judge(node, value.value, path, hidden=True)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            if item is not None and item is not UNKNOWN:
                yield from _judge(node, item, f"{path}[{index}]", hidden=hidden)
    elif isinstance(value, Mapping):
        if node.below:
            yield from _walk(node.below, value, f"{path}.", hidden=hidden)
    elif isinstance(value, (str, int, float)):
        for form in node.formats:
            if not form.accepts(value):
                yield Problem(path, f"{form.rule}; received {'[hidden]' if hidden else _received(form, path, value)}")
                return


def _received(form: Format, path: str, value: Any) -> str:
    if form.document:
        return f"a text of {len(str(value))} characters: {json_error(value) or 'not a JSON object'}"
    return shown(path, value)


@cache
def _tree(token: str) -> Mapping[str, Node]:
    facts = facts_of(token)
    root = Node()
    for path, limits in facts.rules.items() if facts else ():
        node = root
        for name in path.replace("[]", "").split("."):
            node = node.below.setdefault(name, Node())
        since = _TAKEN_SINCE.get((token, path))
        node.limits.append({**limits, "since": since} if since else limits)
    return root.below


def _formats(limits: Mapping[str, Any]) -> list[Format]:
    """The formats of one input.

    The provider names every alternative of an either-or rule (an ARN or a name), so an ARN or an enum beside other
    rules is taken as one of several ways, of which one is enough.
    """
    worded = formats_in(limits.get("says", ()))
    if limits.get("enum") == [""] and limits.get("says") and not worded:
        # Either empty or of a form whose description is not understood: other values cannot be judged.
        return []
    formats = [*_limits(limits), *worded, *([limits["since"]] if "since" in limits else [])]
    if len(formats) > 1 and any(form.alternative for form in formats):
        rule = " or ".join(form.rule for form in formats)
        document = any(form.document for form in formats)
        return [Format(rule, lambda value: any(form.accepts(value) for form in formats), document=document)]
    return formats


def _limits(limits: Mapping[str, Any]) -> Iterator[Format]:
    if "enum" in limits:
        yield _one_of([*limits["enum"], *limits.get("newer", ())], any_case=limits.get("anyCase", False))
    if "length" in limits:
        low, high = (int(bound) for bound in limits["length"])
        yield Format(f"must have {low} to {high} characters", lambda value: low <= len(str(value)) <= high)
    if "range" in limits:
        low, high = limits.get("wider", limits["range"])
        yield Format(f"must be between {low:.15g} and {high:.15g}", lambda value: _within(value, low, high))
    if "min" in limits:
        least = limits["min"][0]
        yield Format(f"must be at least {least:.15g}", lambda value: _within(value, least, float("inf")))
    if "max" in limits:
        most = limits["max"][0]
        yield Format(f"must be at most {most:.15g}", lambda value: _within(value, float("-inf"), most))


def _one_of(values: list[str], *, any_case: bool) -> Format:
    allowed = frozenset(value.upper() for value in values) if any_case else frozenset(values)
    listed = ", ".join(value or '""' for value in values[:_LISTED])
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    return Format(
        f"must be one of {listed}{more}",
        lambda value: (plain(value).upper() if any_case else plain(value)) in allowed,
        alternative=True,
    )


def plain(value: Any) -> str:
    """A scalar as AWS spells it: `true`, `5`, `5.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _within(value: Any, low: float, high: float) -> bool:
    if isinstance(value, bool):
        return True
    try:
        return low <= float(value) <= high
    except ValueError:
        return True
