"""Event patterns of EventBridge rules and pipes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

_OR: Final = "$or"
_MISSING: Final = object()
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_Test = Callable[[Any, Any], bool]


class PatternError(Exception):
    """A pattern that EventBridge would refuse; the text says what it must be."""


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether an event fits a pattern.

    An array of the event fits if one of its elements does; fields of one pattern are looked for in the same element.

    Raises:
        PatternError: the pattern has an operator that EventBridge does not have.
    """
    if isinstance(event, list):
        return any(matches(pattern, element) for element in event)
    return all(
        any(matches(choice, event) for choice in wanted) if name == _OR else _field(wanted, _get(event, name))
        for name, wanted in pattern.items()
    )


def _get(event: Any, name: str) -> Any:
    return event.get(name, _MISSING) if isinstance(event, dict) else _MISSING


def _field(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        return matches(wanted, {} if value is _MISSING else value)
    if not isinstance(wanted, list) or not wanted:
        raise PatternError(f"a field of a pattern must be an object or an array that is not empty, not {wanted!r:.60}")
    return any(_choice(choice, value) for choice in wanted)


def _choice(choice: Any, value: Any) -> bool:
    if isinstance(choice, dict):
        if len(choice) != 1:
            raise PatternError(f"an operator must be an object with one key, not {choice!r:.60}")
        ((name, argument),) = choice.items()
        if name == "exists":
            return argument is _is_leaf(value)
        if name not in _TESTS:
            raise PatternError(f"{name!r} is no operator of EventBridge. Operators: exists, {', '.join(_TESTS)}")
        return any(_TESTS[name](argument, one) for one in _values(value))
    return any(_equal(choice, one) for one in _values(value))


def _is_leaf(value: Any) -> bool:
    """`exists` works on leaves only, and an empty array has none."""
    return value is not _MISSING and not isinstance(value, dict) and value != []


def _values(value: Any) -> Iterable[Any]:
    if value is _MISSING or isinstance(value, dict):
        return ()
    if isinstance(value, list):
        return [inner for element in value for inner in _values(element)]
    return (value,)


def _equal(wanted: Any, value: Any) -> bool:
    """Numbers equal by value, and `true` is none."""
    if _is_number(wanted) and _is_number(value):
        return wanted == value
    return type(wanted) is type(value) and wanted == value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(test: Callable[[Any, str], bool]) -> _Test:
    def of_text(argument: Any, value: Any) -> bool:
        if isinstance(argument, dict) and argument.keys() == {"equals-ignore-case"}:
            return isinstance(value, str) and test(argument["equals-ignore-case"].casefold(), value.casefold())
        return isinstance(value, str) and test(argument, value)

    return of_text


def _anything_but(argument: Any, value: Any) -> bool:
    if isinstance(argument, dict):
        ((name, inner),) = argument.items()
        if name not in _NEGATED:
            raise PatternError(f"`anything-but` takes {', '.join(_NEGATED)}, not {name!r}")
        return not any(_TESTS[name](one, value) for one in _listed(inner))
    return not any(_equal(one, value) for one in _listed(argument))


def _listed(argument: Any) -> list[Any]:
    return argument if isinstance(argument, list) else [argument]


def _numeric(argument: Any, value: Any) -> bool:
    if not isinstance(argument, list) or len(argument) not in (2, 4) or not set(argument[::2]) <= _COMPARISONS.keys():
        raise PatternError(f"`numeric` takes one or two comparisons such as ['>', 0, '<=', 5], not {argument!r:.60}")
    compared = zip(argument[::2], argument[1::2], strict=True)
    return _is_number(value) and all(_COMPARISONS[sign](value, limit) for sign, limit in compared)


def _cidr(argument: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(argument, strict=False)
    except ValueError:
        return False  # the value is no address, or one of the other version


def _wildcard(argument: str, value: str) -> bool:
    """`*` stands for any letters; a backslash before it or another takes its meaning away."""
    parts = re.findall(r"\\.|\*|[^\\*]+|\\$", argument, re.DOTALL)
    expression = "".join(".*" if part == "*" else re.escape(re.sub(r"^\\(.)", r"\1", part)) for part in parts)
    return re.fullmatch(expression, value, re.DOTALL) is not None


_TESTS: Final[Mapping[str, _Test]] = {
    "prefix": _text(lambda wanted, value: value.startswith(wanted)),
    "suffix": _text(lambda wanted, value: value.endswith(wanted)),
    "equals-ignore-case": _text(lambda wanted, value: value.casefold() == wanted.casefold()),
    "wildcard": _text(_wildcard),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
_NEGATED: Final = ("prefix", "suffix", "equals-ignore-case", "wildcard")
