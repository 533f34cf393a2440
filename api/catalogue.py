"""Models of request bodies: one JSON schema (draft 4) each, in `models/<Model>.json`.

API Gateway validates requests against them before any service gets one. So a model is closed: it names all properties,
and every text, list and number has bounds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

MODELS = Path(__file__).with_name("models")
DRAFT = "http://json-schema.org/draft-04/schema#"
# API Gateway allows letters and digits (https://docs.aws.amazon.com/apigateway/latest/api/API_CreateModel.html).
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
# Every API has these two models
# (https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html).
_TAKEN = ("Empty", "Error")
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
_SIZE_MAX = 400 * 1024
_BOUNDS: Mapping[str, tuple[str, ...]] = {
    "string": ("maxLength",),
    "array": ("maxItems", "items"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "object": ("properties",),
    "boolean": (),
}
_WORDS = frozenset({"$schema", "title", "description", "type", "enum"}).union(
    ("properties", "required", "additionalProperties", "minProperties"),
    ("items", "minItems", "maxItems", "uniqueItems"),
    ("pattern", "format", "minLength", "maxLength"),
    ("minimum", "maximum"),
)

Schema = Mapping[str, Any]


class ModelError(pulumi.RunError):
    """An invalid model; a `RunError` ends the program without a traceback."""


@dataclass(frozen=True)
class Model:
    """Schema of a request's JSON body."""

    name: str
    schema: Schema

    @property
    def meaning(self) -> str:
        return self.schema["description"]

    @property
    def text(self) -> str:
        """The schema for API Gateway."""
        return json.dumps(self.schema, sort_keys=True)


@cache
def models() -> Mapping[str, Model]:
    """Every model by its name.

    Raises:
        ModelError: an invalid model, with file, problem and fix.
    """
    found = {path.stem: _read(path) for path in sorted(MODELS.glob("*.json"))}
    size = sum(len(model.text) for model in found.values())
    if size > _SIZE_MAX:
        raise ModelError(f"api/models must have at most {_SIZE_MAX} bytes together, and has {size}: remove models")
    return found


def unknown(name: str) -> str:
    """Message about a model that does not exist."""
    near = get_close_matches(name, models(), n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    return f"model {name} must be in api/models{meant} There are: {', '.join(models())}"


def _read(path: Path) -> Model:
    def wrong(what: str) -> ModelError:
        return ModelError(f"api/models/{path.name}: {what}")

    name = path.stem
    if not _NAME.fullmatch(name):
        raise wrong("the name must be <Model>.json, a capital followed by letters and digits, such as CartItem.json")
    if name in _TAKEN:
        raise wrong("the name must differ from Empty and Error, which every API has already")
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise wrong(f"must be JSON: {error}") from error
    if not isinstance(schema, dict) or schema.get("$schema") != DRAFT:
        raise wrong(f'"$schema" must be "{DRAFT}", the draft that API Gateway supports')
    if schema.get("title") != name:
        raise wrong(f'"title" must be "{name}", like the file name')
    if not schema.get("description"):
        raise wrong('"description" must say what the request means, and its rules')
    if schema.get("type") != "object":
        raise wrong('"type" must be "object"')
    for problem in _problems(schema, "the request"):
        raise wrong(problem)
    return Model(name, schema)


def _problems(schema: Schema, at: str) -> Iterator[str]:
    """Properties without a type or bounds, unknown keywords, and objects that are not closed."""
    kind = str(schema.get("type"))
    if kind not in _BOUNDS:
        yield f'{at} must have a "type", one of {", ".join(_BOUNDS)}'
        return
    for word in sorted(schema.keys() - _WORDS):
        yield f'{at} must not have "{word}"; API models use {", ".join(sorted(_WORDS))}'
    for bound in () if "enum" in schema else _BOUNDS[kind]:
        if bound not in schema:
            yield f'{at} is {kind} and must have "{bound}"'
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            yield f'{at} must have "additionalProperties": false'
        missing = sorted(set(schema.get("required", ())) - schema.get("properties", {}).keys())
        if missing:
            yield f'{at} requires {", ".join(missing)}, which must be in "properties"'
    for name, value in schema.get("properties", {}).items():
        yield from _problems(value, name if at == "the request" else f"{at}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from _problems(schema["items"], f"{at}[]")
