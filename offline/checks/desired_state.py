"""The desired state of a resource of Cloud Control, judged by the schema of its type as the provider judges it.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from offline.checks.problem import Problem, shown
from offline.facts.cloudformation import StateSchema, pattern_of

JUDGED: Final = frozenset(
    {
        *("$ref", "additionalProperties", "allOf", "anyOf", "enum", "enumCaseInsensitive", "items", "maxItems"),
        *("maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "oneOf"),
        *("pattern", "patternProperties", "properties", "required", "type", "uniqueItems"),
    }
)
"""Keywords that are judged."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
# Keyword of a lower and of an upper limit, what is measured, and the words for it.
_LIMITS: Sequence[tuple[type | tuple[type, ...], str, str, str]] = (
    (str, "minLength", "maxLength", "characters"),
    (list, "minItems", "maxItems", "items"),
    (dict, "minProperties", "maxProperties", "members"),
)


def state_problems(schema: StateSchema, state: Mapping[str, Any], *, at: str = "desiredState") -> Iterator[Problem]:
    """Everything that Cloud Control, or CloudFormation in a template, would refuse; what a function of a template gives
    is not known yet."""
    yield from _Judge(schema.document.get("definitions", {})).problems(schema.document, state, at)
    for path in schema.read_only:
        if any(True for _ in found_at(state, path)):
            yield Problem(f"{at}.{'.'.join(path)}", "must not be stated: AWS decides it")


def found_at(state: Any, path: Sequence[str]) -> Iterator[Any]:
    """Values at a path; `*` stands for every item of a list."""
    if not path:
        yield state
    elif path[0] == "*" and isinstance(state, list):
        for item in state:
            yield from found_at(item, path[1:])
    elif isinstance(state, Mapping) and path[0] in state:
        yield from found_at(state[path[0]], path[1:])


class _Judge:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def problems(self, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Problem]:
        if "$ref" in schema:
            schema = {**self._definitions[schema["$ref"].rpartition("/")[2]], **schema}
        if _is_function(value):
            return
        kinds = schema.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(value, kind) for kind in kinds):
            yield Problem(path, f"must be of type {' or '.join(kinds)}; received {shown(path, value)}")
            return
        yield from _single(schema, value, path)
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.problems(schema.get("items", {}), item, f"{path}[{index}]")
        elif isinstance(value, dict):
            yield from self._members(schema, value, path)
        yield from self._alternatives(schema, value, path)

    def _members(self, schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[Problem]:
        known = schema.get("properties", {})
        for key in schema.get("required", ()):
            if key not in value:
                yield Problem(f"{path}.{key}", f"missing required property '{key}'")
        for key, item in value.items():
            matching = [of for form, of in schema.get("patternProperties", {}).items() if pattern_of(form).search(key)]
            if key in known:
                matching.append(known[key])
            if not matching and schema.get("additionalProperties") is False:
                yield Problem(f"{path}.{key}", f"unknown property '{key}'{_suggestion(key, known)}")
            for of in matching:
                yield from self.problems(of, item, f"{path}.{key}")

    def _alternatives(self, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Problem]:
        for of in schema.get("allOf", ()):
            yield from self.problems(of, value, path)
        for key, most in (("anyOf", None), ("oneOf", 1)):
            if key not in schema:
                continue
            fitting = sum(not any(True for _ in self.problems(of, value, path)) for of in schema[key])
            if fitting == 0 or (most and fitting > most):
                ways = json.dumps(schema[key])
                count = "exactly one" if most else "at least one"
                yield Problem(path, f"must fit {count} of {ways[:200]}; it fits {fitting}")


def _is_function(value: Any) -> bool:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html"""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number") and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[kind])


def _single(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Problem]:
    received = f"received {shown(path, value)}"
    if "enum" in schema and value not in schema["enum"]:
        yield Problem(path, f"must be one of {', '.join(map(str, schema['enum']))}; {received}")
    if "enumCaseInsensitive" in schema and str(value).lower() not in map(str.lower, schema["enumCaseInsensitive"]):
        yield Problem(path, f"must be one of {', '.join(schema['enumCaseInsensitive'])}; {received}")
    if isinstance(value, str) and "pattern" in schema and not pattern_of(schema["pattern"]).search(value):
        yield Problem(path, f"must have the form {schema['pattern']}; {received}")
    for kind, low, high, words in _LIMITS:
        if isinstance(value, kind) and not schema.get(low, 0) <= len(value) <= schema.get(high, len(value)):
            bounds = f"{schema.get(low, 0)} to {schema[high]}" if high in schema else f"at least {schema[low]}"
            yield Problem(path, f"must have {bounds} {words}; received {len(value)}")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        bounds = [f"at least {schema['minimum']}"] if "minimum" in schema else []
        bounds += [f"at most {schema['maximum']}"] if "maximum" in schema else []
        yield Problem(path, f"must be {' and '.join(bounds)}; {received}")
    if isinstance(value, list) and schema.get("uniqueItems"):
        texts = [json.dumps(item, sort_keys=True) for item in value]
        if len(set(texts)) < len(texts):
            yield Problem(path, "must have each item once")


def _suggestion(key: str, known: Mapping[str, Any]) -> str:
    """A similar known name, or the known ones."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f": did you mean '{close[0]}'?" if close else f": must be one of {', '.join(sorted(known))}"
