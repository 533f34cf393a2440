"""Text of a policy element: literals, wildcards and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from typing import Final

Values = str | Sequence[str]
# `${*}`, `${?}` and `${$}` are the characters themselves.
_SYNTAX: Final = re.compile(
    r"\$\{(?P<character>[*?$])\}|\$\{(?P<key>[^{},']+)(?:,\s*'(?P<default>[^']*)'\s*)?\}|(?P<wildcard>[*?])"
)
_WITHOUT_VARIABLES: Final = re.compile(r"(?P<wildcard>[*?])")
# An incomplete ARN is completed with wildcards.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
_ARN_SEGMENTS: Final = 6
_CACHED: Final = 8_192


class Context:
    """Condition keys of a request; names ignore case. A key has one or more values."""

    def __init__(self, values: Mapping[str, Values]) -> None:
        self._values = {
            name.lower(): (value,) if isinstance(value, str) else tuple(value) for name, value in values.items()
        }

    def get(self, key: str) -> tuple[str, ...]:
        """Empty if the request lacks the key."""
        return self._values.get(key.lower(), ())


class Wildcard(Enum):
    """A character of a pattern that stands for others, as a regular expression."""

    MANY = ".*"
    ONE = "."


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """None without a default where the request has no value, or several: those cannot stand in a text."""
        values = context.get(self.key)
        return values[0] if len(values) == 1 else self.default


Filled = tuple[str | Wildcard, ...]
"""Tokens with values in the places of variables."""
_CHARACTERS: Final = {Wildcard.MANY: "*", Wildcard.ONE: "?"}


@dataclass(frozen=True)
class Text:
    """A value of a policy, read once; variables take their values from each request.

    A variable's value is literal, whatever characters it has. A text with a variable that has no value matches nothing.
    """

    source: str
    tokens: tuple[str | Wildcard | Variable, ...]

    def literal(self, context: Context) -> str | None:
        """The text with wildcards as plain characters; None where a variable has no value."""
        filled = self._filled(context)
        if filled is None:
            return None
        return "".join(token if isinstance(token, str) else _CHARACTERS[token] for token in filled)

    def matches(self, value: str, context: Context, *, ignore_case: bool = False) -> bool:
        """Whether `value` matches, `*` standing for any characters and `?` for one."""
        filled = self._filled(context)
        return filled is not None and _matches(filled, value, ignore_case=ignore_case)

    def matches_arn(self, arn: str, context: Context) -> bool:
        """Whether an ARN matches segment by segment: only in the last one does a wildcard reach over a colon."""
        parts = arn.split(":", _ARN_SEGMENTS - 1)
        if parts[0] != "arn" or len(parts) < _ARN_SEGMENTS:
            return self.matches(arn, context)
        filled = self._filled(context)
        return filled is not None and all(map(_matches, _segments(filled), parts))

    def _filled(self, context: Context) -> Filled | None:
        """With values for variables; None where one has none."""
        if not self._has_variables:
            return self.tokens  # pyright: ignore[reportReturnType]
        found = tuple(token.value(context) if isinstance(token, Variable) else token for token in self.tokens)
        return None if None in found else found  # pyright: ignore[reportReturnType]

    @cached_property
    def _has_variables(self) -> bool:
        return any(isinstance(token, Variable) for token in self.tokens)


def read(text: str, *, variables: bool) -> Text:
    """
    Args:
        variables: Whether `${...}` is a variable: not in policies of version 2008-10-17, nor in actions and principals.
    """
    tokens: list[str | Wildcard | Variable] = []
    end = 0
    for found in (_SYNTAX if variables else _WITHOUT_VARIABLES).finditer(text):
        tokens.append(text[end : found.start()])
        tokens.append(_token(found.groupdict()))
        end = found.end()
    return Text(text, tuple(token for token in (*tokens, text[end:]) if token != ""))


def _token(groups: Mapping[str, str | None]) -> str | Wildcard | Variable:
    if key := groups.get("key"):
        return Variable(key.strip(), groups.get("default"))
    if wildcard := groups.get("wildcard"):
        return Wildcard.MANY if wildcard == "*" else Wildcard.ONE
    return groups["character"] or ""


@lru_cache(maxsize=_CACHED)
def _segments(filled: Filled) -> tuple[Filled, ...]:
    """The segments of a pattern of ARNs."""
    if filled == (Wildcard.MANY,):
        return (filled,) * _ARN_SEGMENTS
    segments: list[list[str | Wildcard]] = [[]]
    for token in filled:
        if isinstance(token, Wildcard):
            segments[-1].append(token)
            continue
        first, *others = token.split(":", _ARN_SEGMENTS - len(segments))
        segments[-1].append(first)
        segments.extend([other] for other in others)
    missing = _ARN_SEGMENTS - len(segments)
    return (*map(tuple, segments), *[(Wildcard.MANY,)] * missing)


def _matches(filled: Filled, value: str, *, ignore_case: bool = False) -> bool:
    return _compiled(filled, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=_CACHED)
def _compiled(filled: Filled, ignore_case: bool) -> re.Pattern[str]:
    expression = "".join(token.value if isinstance(token, Wildcard) else re.escape(token) for token in filled)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
