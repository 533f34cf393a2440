"""Judges values by the shapes of AWS's models: types, required members, enums, lengths, ranges and patterns."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "blob": (str, bytes),
    "boolean": (bool,),
    "double": (int, float),
    "float": (int, float),
    "integer": (int,),
    "list": (list, tuple),
    "long": (int,),
    "map": (Mapping,),
    "string": (str,),
    "structure": (Mapping,),
}
Problem = tuple[str, str]


def problems(shape: Any, value: Any, *, path: str = "", unknown: type | tuple[()] = ()) -> Iterator[Problem]:
    """Yield path and reason of all that AWS would refuse by its model.

    Args:
        shape: Of botocore's model, which has no types.
        unknown: Class of values that are not known yet, of which nothing is said.
    """
    wanted = _TYPES.get(shape.type_name)
    if wanted is None or isinstance(value, unknown):
        return
    if not _is_a(value, wanted):
        yield path, f"is {value!r:.80}, but must be a {shape.type_name}"
    elif shape.type_name == "structure":
        yield from _members(shape, value, path, unknown)
    elif shape.type_name == "list":
        yield from _size(shape, value, path, "entries")
        for position, entry in enumerate(value):
            yield from problems(shape.member, entry, path=f"{path}[{position}]", unknown=unknown)
    elif shape.type_name == "map":
        yield from _size(shape, value, path, "entries")
        for name, entry in value.items():
            yield from problems(shape.value, entry, path=_below(path, name), unknown=unknown)
    elif shape.type_name == "string":
        yield from _text(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _range(shape, value, path)


def _is_a(value: Any, wanted: tuple[type, ...]) -> bool:
    """Whether a value is of a type; to Python a bool is a number, to AWS it is none."""
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def _members(shape: Any, value: Mapping[str, Any], path: str, unknown: type | tuple[()]) -> Iterator[Problem]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _below(path, name), "is missing"
    for name, given in value.items():
        if name not in shape.members:
            yield _below(path, name), f"is unknown; known are {', '.join(shape.members)}"
        elif given is not None:
            yield from problems(shape.members[name], given, path=_below(path, name), unknown=unknown)


def _text(shape: Any, value: str, path: str) -> Iterator[Problem]:
    if shape.enum and value not in shape.enum:
        yield path, f"is {value!r:.80}, but must be one of {', '.join(shape.enum)}"
        return
    yield from _size(shape, value, path, "characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield path, f"is {value!r:.80}, but must match {pattern}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    if r"\p{" in pattern:
        # Python has no classes of Unicode by name: `\w` stands for letters and digits of every script.
        pattern = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", r"\s")
    return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"))


def _size(shape: Any, value: Collection[Any], path: str, what: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    if len(value) < least:
        yield path, f"has {len(value)} {what}, but must have {least} at least"
    elif most is not None and len(value) > most:
        yield path, f"has {len(value)} {what}, but may have {most} at most"


def _range(shape: Any, value: float, path: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield path, f"is {value}, but must be {least} at least"
    elif most is not None and value > most:
        yield path, f"is {value}, but may be {most} at most"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
