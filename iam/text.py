"""Text of a policy element: literals, wildcards and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
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


Token = str | Wildcard | Variable


@dataclass(frozen=True)
class Text:
    """A value of a policy, read once; variables take their values from each request.

    A variable's value is literal, whatever characters it has. A text with a variable that has no value matches nothing.
    """

    source: str
    tokens: tuple[Token, ...]

    def literal(self, context: Context) -> str | None:
        """The text with wildcards as plain characters; None where a variable has no value."""
        parts = [self._literal(token, context) for token in self.tokens]
        return None if None in parts else "".join(part for part in parts if part is not None)

    def matches(self, value: str, context: Context, *, ignore_case: bool = False) -> bool:
        """Whether `value` matches, `*` standing for any characters and `?` for one."""
        return _matches(self.tokens, value, context, ignore_case=ignore_case)

    def matches_arn(self, arn: str, context: Context) -> bool:
        """Whether an ARN matches segment by segment: only in the last one does a wildcard reach over a colon."""
        parts = arn.split(":", _ARN_SEGMENTS - 1)
        if parts[0] != "arn" or len(parts) < _ARN_SEGMENTS:
            return self.matches(arn, context)
        return all(_matches(segment, part, context) for segment, part in zip(self._arn_segments, parts, strict=True))

    @cached_property
    def _arn_segments(self) -> list[tuple[Token, ...]]:
        if self.tokens == (Wildcard.MANY,):
            return [self.tokens] * _ARN_SEGMENTS
        segments: list[list[Token]] = [[]]
        for token in self.tokens:
            if not isinstance(token, str):
                segments[-1].append(token)
                continue
            first, *others = token.split(":", _ARN_SEGMENTS - len(segments))
            segments[-1].append(first)
            segments.extend([other] for other in others)
        missing = _ARN_SEGMENTS - len(segments)
        return [tuple(segment) for segment in segments] + [(Wildcard.MANY,)] * missing

    @staticmethod
    def _literal(token: Token, context: Context) -> str | None:
        match token:
            case str():
                return token
            case Variable():
                return token.value(context)
            case Wildcard.MANY:
                return "*"
            case _:
                return "?"


def read(text: str, *, variables: bool) -> Text:
    """
    Args:
        variables: Whether `${...}` is a variable: not in policies of version 2008-10-17, nor in actions and principals.
    """
    tokens: list[Token] = []
    end = 0
    for found in (_SYNTAX if variables else _WITHOUT_VARIABLES).finditer(text):
        tokens.append(text[end : found.start()])
        tokens.append(_token(found.groupdict()))
        end = found.end()
    return Text(text, tuple(token for token in (*tokens, text[end:]) if token != ""))


def _token(groups: Mapping[str, str | None]) -> Token:
    if key := groups.get("key"):
        return Variable(key.strip(), groups.get("default"))
    if wildcard := groups.get("wildcard"):
        return Wildcard.MANY if wildcard == "*" else Wildcard.ONE
    return groups["character"] or ""


def _matches(tokens: Iterable[Token], value: str, context: Context, *, ignore_case: bool = False) -> bool:
    parts = []
    for token in tokens:
        if isinstance(token, Wildcard):
            parts.append(token.value)
            continue
        literal = token.value(context) if isinstance(token, Variable) else token
        if literal is None:
            return False
        parts.append(re.escape(literal))
    return _compiled("".join(parts), ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=8_192)
def _compiled(expression: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
