"""Input transformers of EventBridge rules and pipes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_PLACE: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|<([^<>\s]+)>')
_INNER: Final = re.compile(r"<([^<>\s]+)>")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\['([^']+)'\]|\[(\d+)\]")
_ABSENT: Final = object()


def at(event: Any, path: str) -> Any:
    """Value at a JSON path of EventBridge's kind (dots and indexes), or None where the event has none."""
    value = event
    for name, quoted, index in _STEP.findall(path.removeprefix("$")):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else _ABSENT
        else:
            value = value.get(name or quoted, _ABSENT) if isinstance(value, dict) else _ABSENT
    return None if value is _ABSENT else value


def input_of(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """What a target of a rule is given: the event, a constant, a part, or what its transformer makes of it."""
    if target.get("input"):
        return target["input"]
    if target.get("inputPath"):
        return json.dumps(at(event, target["inputPath"]))
    transformer = target.get("inputTransformer")
    if not transformer:
        return json.dumps(event)
    paths = transformer.get("inputPaths") or {}
    values = {name: at(event, path) for name, path in paths.items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
    }
    return filled(transformer["inputTemplate"], values.get)


def input_of_pipe(template: str | None, item: Any) -> str:
    """What the target of a pipe is given for one item: `<$.path>` stands for a part of it."""
    if not template:
        return json.dumps(item)
    return filled(template, lambda path: at(item, path))


def filled(template: str, value_of: Callable[[str], Any]) -> str:
    """The template with values in its places: as JSON where they stand alone, as text within quotes."""

    def place(found: re.Match[str]) -> str:
        if found.group(1):
            return json.dumps(value_of(found.group(1)))
        return _INNER.sub(lambda inner: _within_text(value_of(inner.group(1))), found.group())

    return _PLACE.sub(place, template)


def _within_text(value: Any) -> str:
    return json.dumps(value)[1:-1] if isinstance(value, str) else "" if value is None else json.dumps(value)
