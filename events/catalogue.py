"""The catalogue of events: one JSON schema per event and major version, in `schemas/<event>.v<major>.json`.

A schema describes the `detail` of an event. Beside JSON Schema's keywords it has the event's source
(`x-amazon-events-source`) and the data class of a property (`x-data-class`, inherited from the enclosing property).
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any, get_args

import pulumi

from events.data_classes import EventDataClass
from schema_files import WORDS, Flaw, FlawedFilesError, Schema, problems, read

SCHEMAS = Path(__file__).with_name("schemas")
SOURCE_PREFIX = "store."
_FILE = re.compile(r"(?P<event>[a-z][a-z-]*(\.[a-z][a-z-]*)+)\.v(?P<version>[1-9]\d*)\.json")
_SOURCE = re.compile(r"store\.[a-z][a-z-]*")
_WORDS = WORDS | {"x-amazon-events-source", "x-amazon-events-detail-type", "x-data-class"}


class CatalogueError(pulumi.RunError):
    """An event without a schema; a `RunError` ends the program without a traceback."""


@dataclass(frozen=True)
class Field:
    """A leaf of an event's detail."""

    path: str
    """Dotted."""
    type: str
    data_class: str
    required: bool
    """Present in every event: it and all enclosing properties are required."""


@dataclass(frozen=True)
class Event:
    """One event in one major version."""

    name: str
    version: int
    schema: Schema

    @property
    def detail_type(self) -> str:
        """Name on the bus. Later majors than the first end in their number, so that two can be emitted side by side."""
        return self.name if self.version == 1 else f"{self.name}.v{self.version}"

    @property
    def source(self) -> str:
        return self.schema["x-amazon-events-source"]

    @property
    def emitter(self) -> str:
        """Service that emits it."""
        return self.source.removeprefix(SOURCE_PREFIX)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Leaves by path; a list is a leaf."""
        return {field.path: field for field in _fields(self.schema, "", "operational", required=True)}

    @property
    def data_classes(self) -> list[str]:
        return sorted({field.data_class for field in self.fields.values()})


@cache
def events() -> Mapping[str, Event]:
    """Every declared event by detail type.

    Raises:
        FlawedFilesError: invalid schemas, with file, place, rule and fix of all that is wrong.
    """
    found: dict[str, Event] = {}
    flaws: list[Flaw] = []
    for path in sorted(SCHEMAS.glob("*.json")):
        event, wrong = _read(path)
        flaws += wrong
        if event is not None and not wrong:
            found[event.detail_type] = event
    if flaws:
        raise FlawedFilesError(flaws)
    return found


def event_named(detail_type: str) -> Event:
    """
    Raises:
        CatalogueError: the event is not declared.
    """
    event = events().get(detail_type)
    if event is None:
        raise CatalogueError(undeclared(detail_type))
    return event


def undeclared(detail_type: str) -> str:
    """Message about an event without a schema."""
    near = get_close_matches(detail_type, events(), n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    return f"event {detail_type} must be declared in events/schemas{meant} Declared: {', '.join(events())}"


def pattern(names: Iterable[str], only_if: str | None = None) -> dict[str, Any]:
    """EventBridge pattern of events, by source and detail type.

    Args:
        only_if: Path of a field that must be true.

    Raises:
        CatalogueError: an event that is not declared.
    """
    wanted = [event_named(name) for name in names]
    found: dict[str, Any] = {
        "source": sorted({event.source for event in wanted}),
        "detail-type": sorted(event.detail_type for event in wanted),
    }
    if only_if:
        detail: Any = [True]
        for part in reversed(only_if.split(".")):
            detail = {part: detail}
        found["detail"] = detail
    return found


def loose_ends(emitters: Mapping[str, Collection[str]], consumers: Mapping[str, Collection[str]]) -> list[str]:
    """Events that are emitted and not consumed, or consumed and not emitted; unused events are no problem.

    Args:
        emitters: Service to the events that it emits.
        consumers: Service or third party to the events that it consumes.
    """
    problems: list[str] = []
    for name, event in events().items():
        by = sorted(who for who, names in emitters.items() if name in names)
        to = sorted(who for who, names in consumers.items() if name in names)
        if to and not by:
            problems.append(f"{name} is consumed by {', '.join(to)} and must be emitted: let {event.emitter} emit it")
        if by and not to:
            problems.append(
                f"{name} is emitted by {', '.join(by)} and must be consumed: let a service or third party consume it"
            )
    return problems


def released_form() -> dict[str, Any]:
    """The catalogue in the form of `docs/events.json`: detail type to schema."""
    return {name: event.schema for name, event in events().items()}


def broken_promises(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """Changes in `current` that would break a consumer of `released`; empty if there is none.

    A consumer relies on required fields, their types and their possible values. New events and new optional fields are
    compatible.
    """
    problems: list[str] = []
    for name, before in released.items():
        if name not in current:
            problems.append(f"the schema of {name} must stay, also beside a new major version: restore it")
        else:
            problems += [
                f"{name}: {change}; put it into a new major version, {_next_file(name)}"
                for change in _changes(before, current[name], "")
            ]
    return problems


def _changes(before: Schema, now: Schema, path: str) -> Iterator[str]:
    at = path or "the event"
    for word in ("x-amazon-events-source", "x-amazon-events-detail-type", "x-data-class"):
        if before.get(word) != now.get(word):
            yield f"{at} has another {word}: {before.get(word)} before, {now.get(word)} now"
    if before.get("type") != now.get("type"):
        yield f"{at} was {before.get('type')}, now {now.get('type')}"
        return
    yield from _changed_values(before, now, at)
    for key in sorted(set(before.get("required", ())) - set(now.get("required", ()))):
        yield f"{_below(path, key)} was always present, now it may be missing"
    for key, value in before.get("properties", {}).items():
        if key not in now.get("properties", {}):
            yield f"{_below(path, key)} is gone"
        else:
            yield from _changes(value, now["properties"][key], _below(path, key))
    if "items" in before:
        yield from _changes(before["items"], now.get("items", {}), f"{path}[]")


def _changed_values(before: Schema, now: Schema, at: str) -> Iterator[str]:
    """Changes of the values that a property may have."""
    for word in ("pattern", "format"):
        if word in before and before[word] != now.get(word):
            yield f"{at} had {word} {before[word]}, now {now.get(word, 'none')}"
    if "enum" in before:
        new = [value for value in now.get("enum", ["any value"]) if value not in before["enum"]]
        if new:
            yield f"{at} may now be {', '.join(map(str, new))}, which consumers do not expect"
    for word, wider in (("minimum", -1), ("minLength", -1), ("minItems", -1), ("maximum", 1), ("maxLength", 1)):
        if word in before and (word not in now or (now[word] - before[word]) * wider > 0):
            yield f"{at} had {word} {before[word]}, now {now.get(word, 'none')}"


def _next_file(detail_type: str) -> str:
    name, _, version = detail_type.rpartition(".v")
    return f"events/schemas/{name}.v{int(version) + 1}.json" if name else f"events/schemas/{detail_type}.v2.json"


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _fields(schema: Schema, path: str, inherited: str, *, required: bool) -> Iterator[Field]:
    data_class = schema.get("x-data-class", inherited)
    properties = schema.get("properties")
    if properties is None:
        yield Field(path, schema.get("type", "any"), data_class, required)
        return
    for key, value in properties.items():
        always = required and key in schema.get("required", ())
        yield from _fields(value, _below(path, key), data_class, required=always)


def _read(path: Path) -> tuple[Event | None, list[Flaw]]:
    file = f"events/schemas/{path.name}"
    schema, flaws = read(path, file)
    named = _FILE.fullmatch(path.name)
    if not named:
        rule = "the name must be <event>.v<major>.json in lower case, such as order.placed.v1.json"
        flaws.append(Flaw(file, "", rule, "rename it"))
    if schema is None:
        return None, flaws
    flaws += problems(file, schema, _WORDS)
    source = schema.get("x-amazon-events-source", "")
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        rule = f"x-amazon-events-source must be store.<service that emits it>, and is {json.dumps(source)[:60]}"
        flaws.append(Flaw(file, "", rule, "name the service"))
    if schema.get("type") != "object":
        flaws.append(Flaw(file, "", '"type" must be "object", as the detail of an event is one', "write it"))
    required = schema.get("required")
    if not isinstance(required, list) or "event_id" not in required:
        rule = "event_id must be required: consumers recognise duplicates by it"
        flaws.append(Flaw(file, "", rule, 'add it to "required" and to "properties"'))
    flaws += _unknown_data_classes(file, schema, "")
    if named is None:
        return None, flaws
    event = Event(named["event"], int(named["version"]), schema)
    if schema.get("x-amazon-events-detail-type") != event.detail_type:
        rule = f'x-amazon-events-detail-type must be "{event.detail_type}", like the file name'
        flaws.append(Flaw(file, "", rule, "write it"))
    return event, flaws


def _unknown_data_classes(file: str, schema: Schema, at: str) -> Iterator[Flaw]:
    known = get_args(EventDataClass)
    given = schema.get("x-data-class", known[0])
    if given not in known:
        near = get_close_matches(str(given), known, n=1)
        fix = f"did you mean {near[0]}?" if near else "take one of these"
        yield Flaw(file, at, f"x-data-class must be one of {', '.join(known)}, and is {json.dumps(given)[:60]}", fix)
    properties = schema.get("properties")
    for key, value in properties.items() if isinstance(properties, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _unknown_data_classes(file, value, _below(at, key))
