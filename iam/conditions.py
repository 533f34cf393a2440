"""The Condition element: operators, set operators, IfExists.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from iam import values
from iam.errors import PolicyError
from iam.text import Context, Text, read

_OPERATOR: Final = re.compile(r"(?:(?P<every>ForAllValues|ForAnyValue):)?(?P<name>[A-Za-z]+?)(?P<if_exists>IfExists)?")
Test = Callable[[str, Any, Context], bool]
"""Whether a value of the request satisfies a value of the policy."""


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator does before negation.

    Attributes:
        prepare: Reads a value of the policy once; raises ValueError if it has another form.
        variables: Whether IAM puts values in the place of policy variables.
    """

    test: Test
    prepare: Callable[[str], Any] = str
    negated: bool = False
    variables: bool = False


def _text_test(test: Callable[[str, str], bool]) -> Test:
    def compare(value: str, wanted: Text, context: Context) -> bool:
        literal = wanted.literal(context)
        return literal is not None and test(value, literal)

    return compare


def _like(value: str, wanted: Text, context: Context) -> bool:
    return wanted.matches(value, context)


def _arn_like(value: str, wanted: Text, context: Context) -> bool:
    return value.startswith("arn:") and wanted.matches_arn(value, context)


def _value_test(prepare: Callable[[str], Any], test: Callable[[Any, Any], bool]) -> Test:
    def compare(value: str, wanted: Any, _: Context) -> bool:
        try:
            return test(prepare(value), wanted)
        except ValueError:
            return False  # a value of another form satisfies no comparison

    return compare


_EQUALS: Final = Operator(_text_test(str.__eq__), variables=True)
_EQUALS_IGNORING_CASE: Final = Operator(_text_test(lambda a, b: a.casefold() == b.casefold()), variables=True)
_BOOL: Final = Operator(_text_test(lambda a, b: a.casefold() == b.casefold()), variables=True)


def _negated(operator: Operator) -> Operator:
    return Operator(operator.test, operator.prepare, negated=True, variables=operator.variables)


def _ordered(kind: str, prepare: Callable[[str], Any]) -> dict[str, Operator]:
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "Equals": lambda a, b: a == b,
        "LessThan": lambda a, b: a < b,
        "LessThanEquals": lambda a, b: a <= b,
        "GreaterThan": lambda a, b: a > b,
        "GreaterThanEquals": lambda a, b: a >= b,
    }
    found = {f"{kind}{name}": Operator(_value_test(prepare, test), prepare) for name, test in tests.items()}
    return {**found, f"{kind}NotEquals": _negated(found[f"{kind}Equals"])}


_IP: Final = Operator(_value_test(values.address, values.is_in), values.network)
_ARN: Final = Operator(_arn_like, variables=True)
_LIKE: Final = Operator(_like, variables=True)
OPERATORS: Final[Mapping[str, Operator]] = {
    "StringEquals": _EQUALS,
    "StringNotEquals": _negated(_EQUALS),
    "StringEqualsIgnoreCase": _EQUALS_IGNORING_CASE,
    "StringNotEqualsIgnoreCase": _negated(_EQUALS_IGNORING_CASE),
    "StringLike": _LIKE,
    "StringNotLike": _negated(_LIKE),
    **_ordered("Numeric", values.number),
    **_ordered("Date", values.date),
    "Bool": _BOOL,
    "BinaryEquals": Operator(_value_test(values.binary, lambda a, b: a == b), values.binary),
    "IpAddress": _IP,
    "NotIpAddress": _negated(_IP),
    # Both match alike: segment by segment, with wildcards.
    "ArnEquals": _ARN,
    "ArnLike": _ARN,
    "ArnNotEquals": _negated(_ARN),
    "ArnNotLike": _negated(_ARN),
}
_NULL: Final = "Null"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator with one key: several values of a policy are alternatives.

    Attributes:
        each: Set operator, `ForAllValues` or `ForAnyValue`; empty without one.
    """

    operator: str
    key: str
    wanted: tuple[Any, ...]
    each: str
    if_exists: bool

    def holds(self, context: Context) -> bool:
        """Whether the request satisfies the condition.

        A key with several values and no set operator is treated as one of which any may match, and none with a negated
        operator: IAM says only that such keys need a set operator.
        """
        found = context.get(self.key)
        if self.operator == _NULL:
            return any(wanted == (not found) for wanted in self.wanted)
        if not found and self.if_exists:
            return True
        operator = OPERATORS[self.operator]
        if self.each == "ForAllValues":
            return all(self._satisfies(value, operator, context) for value in found)
        if self.each == "ForAnyValue":
            return any(self._satisfies(value, operator, context) for value in found)
        if operator.negated:
            return all(self._satisfies(value, operator, context) for value in found)
        return any(self._satisfies(value, operator, context) for value in found)

    def _satisfies(self, value: str, operator: Operator, context: Context) -> bool:
        return any(operator.test(value, wanted, context) for wanted in self.wanted) is not operator.negated


def read_conditions(block: Any, where: str, *, variables: bool) -> tuple[Condition, ...]:
    """Conditions of a Condition element; all of them must hold.

    Raises:
        PolicyError: the element breaks the grammar.
    """
    if not isinstance(block, Mapping):
        raise PolicyError(f"{where}: Condition must be an object of operators; got {block!r}")
    found = []
    for operator, keys in block.items():
        if not isinstance(keys, Mapping) or not keys:
            raise PolicyError(f"{where}: {operator} must be an object of condition keys and values; got {keys!r}")
        found += [_condition(operator, key, value, where, variables=variables) for key, value in keys.items()]
    return tuple(found)


def _condition(operator: str, key: str, value: Any, where: str, *, variables: bool) -> Condition:
    parts = _OPERATOR.fullmatch(operator)
    name = parts["name"] if parts else ""
    if not parts or (name != _NULL and name not in OPERATORS) or (name == _NULL and (parts["if_exists"])):
        raise PolicyError(f"{where}: {operator} must be one of IAM's condition operators: {', '.join(OPERATORS)}, Null")
    wanted = [_plain(entry, f"{where}, {operator} {key}") for entry in value_list(value)]
    try:
        prepared = tuple(_prepared(name, entry, variables=variables) for entry in wanted)
    except ValueError as problem:
        raise PolicyError(f"{where}: a value of {operator} {key} must have its type: {problem}") from None
    return Condition(name, key, prepared, parts["every"] or "", bool(parts["if_exists"]))


def _prepared(name: str, wanted: str, *, variables: bool) -> Any:
    if name in (_NULL, "Bool") and wanted.lower() not in ("true", "false") and "${" not in wanted:
        raise ValueError(f"{wanted!r} is neither true nor false")
    if name == _NULL:
        return wanted.lower() == "true"
    operator = OPERATORS[name]
    if operator.prepare is str:
        return read(wanted, variables=variables and operator.variables)
    return operator.prepare(wanted)


def _plain(value: Any, where: str) -> str:
    """JSON's numbers and booleans may stand for their texts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | str):
        return str(value)
    raise PolicyError(f"{where} must be a string, number or boolean, or a list of them; got {value!r}")


def value_list(value: Any) -> Sequence[Any]:
    """A single value may stand for a list of one."""
    return value if isinstance(value, list | tuple) else [value]
