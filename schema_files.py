"""Files with a JSON schema (draft 4) that people write: read with everything that is wrong with them.

API Gateway and EventBridge's schema registry take draft 4, and refuse what is no schema when a deployment is half done
(https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html,
https://docs.aws.amazon.com/eventbridge/latest/schema-reference/what-is-eventbridge-schemas.html).
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import pulumi

DRAFT = "http://json-schema.org/draft-04/schema#"
# Nobody reads deeper ones, and parsers of AWS stop somewhere.
_DEPTH_MAX = 20
_COUNT_MAX = 2**31 - 1
_DIGITS_MAX = 18
_SHOWN_MAX = 60
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
# https://datatracker.ietf.org/doc/html/draft-fge-json-schema-validation-00#section-7.3, and those that OpenAPI adds.
_FORMATS = ("date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid")
# A repetition of a repetition alone takes exponential time on some texts: `(a+)+`.
_NESTED_REPETITION = re.compile(r"\((\?:)?(\[[^\]]*\]|\\.|[^()\\\[])[+*]\)([+*]|\{\d+,\d*\})")
# What Python has beyond ECMA 262, the language of JSON schemas.
_NOT_ECMA = re.compile(r"\(\?(?:P|#|>|\(|[aiLmsux-]+[:)])|\\[AZ]|[+*?}]\+")
_NAME = re.compile(r"[A-Za-z][\w-]{0,127}", re.ASCII)
_BOUNDS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)

Schema = Mapping[str, Any]


class Flaw(NamedTuple):
    """One thing that is wrong with a file."""

    file: str
    """Path in the project."""
    at: str
    """Place in the schema; empty for the file itself."""
    rule: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}: {f'{self.at} ' if self.at else ''}{self.rule}; {self.fix}"


class FlawedFilesError(pulumi.RunError):
    """Files that cannot be used, with all that is wrong with all of them; a `RunError` leaves no traceback."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("\n".join(map(str, flaws)))


class _InvalidError(ValueError):
    """Content that is no JSON document for a schema; the text says what must be."""


def read(path: Path, file: str) -> tuple[Schema | None, list[Flaw]]:
    """The schema of a file, and what is wrong with it as JSON; None where it cannot be read.

    Args:
        file: Its path in the project.
    """
    try:
        content = _parsed(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return None, [Flaw(file, "", "must be text in UTF-8", "save it in this encoding")]
    except OSError as error:
        rule = f"must be a file that can be read: {error.strerror}"
        return None, [Flaw(file, "", rule, "put a schema here, or remove it")]
    except _InvalidError as error:
        return None, [Flaw(file, "", str(error), "mend it")]
    if not isinstance(content, dict):
        return None, [Flaw(file, "", f"must be a JSON object, and is {_shown(content)}", "write a schema")]
    return content, []


def _parsed(text: str) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise _InvalidError(f'must have "{twice[0]}" once in an object: JSON takes the last one in silence')
        return dict(found)

    def number(digits: str) -> int | float:
        if len(digits) > _DIGITS_MAX:
            raise _InvalidError(f"must have numbers of at most {_DIGITS_MAX} digits, not {digits[:20]}...")
        found = float(digits) if re.search(r"[.eE]", digits) else int(digits)
        if not math.isfinite(found):
            raise _InvalidError(f"must have numbers that fit into 64 bits, not {digits}")
        return found

    def constant(word: str) -> Any:
        raise _InvalidError(f"must be JSON, which has no {word}")

    try:
        content = json.loads(
            text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=constant
        )
    except _InvalidError:
        raise
    except RecursionError:
        raise _InvalidError(f"must not be nested deeper than {_DEPTH_MAX} objects and lists") from None
    except ValueError as error:
        raise _InvalidError(f"must be JSON: {error}") from error
    if _depth(content) > 2 * _DEPTH_MAX:
        raise _InvalidError(f"must not be nested deeper than {_DEPTH_MAX} objects and lists")
    if re.search(r"[\ud800-\udfff]", text) or not _is_unicode(content):
        raise _InvalidError("must be Unicode text: it has half of a surrogate pair")
    return content


def _depth(content: Any) -> int:
    depth, level = 0, [content]
    while level:
        depth += 1
        level = [
            below
            for value in level
            for below in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
    return depth


def _is_unicode(content: Any) -> bool:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def named(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def problems(file: str, schema: Any, words: Iterable[str], at: str = "") -> Iterator[Flaw]:
    """What is no schema of draft 4, or uses other words than these, in the schema and all below it.

    Args:
        words: Keywords that the schemas of this folder have.
        at: Place of the schema.
    """
    if not isinstance(schema, Mapping):
        yield Flaw(file, at, f"must be an object with a schema, and is {_shown(schema)}", "write its type")
        return
    known = list(words)
    for word, value in schema.items():
        if word not in known:
            near = get_close_matches(word, known, n=1, cutoff=0.7)
            meant = f'did you mean "{near[0]}"?' if near else f"leave it out; known are {', '.join(sorted(known))}"
            yield Flaw(file, at, f'must not have "{word}"', meant)
        elif (check := _WORDS.get(word)) is not None:
            rule = check(value)
            if rule:
                yield Flaw(file, at, f'must have a "{word}" that is {rule[0]}, not {_shown(value)}', rule[1])
    yield from (Flaw(file, at, rule, fix) for rule, fix in _contradictions(schema))
    properties = schema.get("properties")
    for key, value in properties.items() if isinstance(properties, Mapping) else ():
        if not _NAME.fullmatch(key):
            rule = f"must not have a property {_shown(key)}: paths of fields are written with dots"
            yield Flaw(file, at, rule, "name it by letters, digits, _ and -, a letter first")
        yield from problems(file, value, known, named(at, key))
    if isinstance(schema.get("items"), Mapping):
        yield from problems(file, schema["items"], known, f"{at}[]")


def _contradictions(schema: Schema) -> Iterator[tuple[str, str]]:
    for low, high in _BOUNDS:
        least, most = schema.get(low), schema.get(high)
        if _is_number(least) and _is_number(most) and least > most:
            yield f'must not have "{low}" {least} above "{high}" {most}', "exchange them"
    required, properties = schema.get("required"), schema.get("properties", {})
    if isinstance(required, list) and isinstance(properties, Mapping):
        missing = sorted({name for name in required if isinstance(name, str)} - properties.keys())
        if missing:
            yield f'requires {", ".join(missing)}, which must be in "properties"', "describe them there"


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


Rule = tuple[str, str] | None
"""What a value must be, and the fix; None where it is right."""


def _text(value: Any) -> Rule:
    return None if isinstance(value, str) and value else ("text", "write text between quotes")


def _one_of(known: Sequence[str], otherwise: str) -> Callable[[Any], Rule]:
    def check(value: Any) -> Rule:
        if value in known:
            return None
        near = get_close_matches(str(value), known, n=1, cutoff=0.6)
        return f"one of {', '.join(known)}", f"did you mean {near[0]}?" if near else otherwise

    return check


def _count(value: Any) -> Rule:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _COUNT_MAX:
        return None
    return f"a whole number from 0 to {_COUNT_MAX}", "write such a number, without quotes"


def _number(value: Any) -> Rule:
    return None if _is_number(value) else ("a number", "write a number, without quotes")


def _pattern(value: Any) -> Rule:
    if not isinstance(value, str):
        return "a regular expression", "write text between quotes"
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        return f"a regular expression: {error}", "mend the expression"
    if _NOT_ECMA.search(re.sub(r"\\[^AZ]|\[(\\.|[^\]])*\]", "x", value)):
        return "a regular expression of ECMA 262, without flags, named groups and possessive repetitions", "rewrite it"
    if _NESTED_REPETITION.search(value):
        rule = "a regular expression without a repetition of a repetition, which takes for ever on some texts"
        return rule, "repeat once, such as ^a+$ in place of ^(a+)+$"
    return None


def _choices(value: Any) -> Rule:
    if isinstance(value, list) and value and len({json.dumps(item) for item in value}) == len(value):
        return None
    return "a list of values, each once and at least one", "list the values"


def _names(value: Any) -> Rule:
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, str) for item in value)
        and len({*value}) == len(value)
    ):
        return None
    return "a list of names, each once and at least one", "name them once, or leave the keyword out"


def _properties(value: Any) -> Rule:
    return None if isinstance(value, Mapping) else ("an object, name to schema", "describe each property")


def _items(value: Any) -> Rule:
    return None if isinstance(value, Mapping) else ("one schema, that of every entry", "write the entries' type")


def _switch(value: Any) -> Rule:
    return None if isinstance(value, bool) else ("true or false", "write false")


_WORDS: Mapping[str, Callable[[Any], Rule]] = {
    "$schema": _text,
    "title": _text,
    "description": _text,
    "type": _one_of(_TYPES, "take one of these"),
    "enum": _choices,
    "properties": _properties,
    "required": _names,
    "additionalProperties": _switch,
    "items": _items,
    "uniqueItems": _switch,
    "pattern": _pattern,
    "format": _one_of(_FORMATS, 'take one of these, or a "pattern"'),
    "minimum": _number,
    "maximum": _number,
    **dict.fromkeys([bound for pair in _BOUNDS[1:] for bound in pair], _count),
}

WORDS = frozenset(_WORDS)
"""Keywords that schemas of every folder may have."""
