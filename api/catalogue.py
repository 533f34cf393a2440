"""Models of request bodies: one JSON schema (draft 4) each, in `models/<Model>.json`.

API Gateway holds requests to them before any service sees one. So a model is closed: no property that it does not name,
no text, list or number without bounds.
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
# API Gateway takes letters and digits (https://docs.aws.amazon.com/apigateway/latest/api/API_CreateModel.html).
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
# Every API has these two from the beginning
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
    """A model that cannot be used; ends the program with its message alone."""


@dataclass(frozen=True)
class Model:
    """What the JSON of a request must be."""

    name: str
    schema: Schema

    @property
    def meaning(self) -> str:
        return self.schema["description"]

    @property
    def text(self) -> str:
        """The schema as API Gateway is given it."""
        return json.dumps(self.schema, sort_keys=True)


@cache
def models() -> Mapping[str, Model]:
    """Every model by its name.

    Raises:
        ModelError: a model that cannot be used, with its file, what is wrong and what to write.
    """
    found = {path.stem: _read(path) for path in sorted(MODELS.glob("*.json"))}
    size = sum(len(model.text) for model in found.values())
    if size > _SIZE_MAX:
        raise ModelError(f"api/models: {size} bytes; an API holds models of {_SIZE_MAX} bytes together")
    return found


def unknown(name: str) -> str:
    """Message about a model that there is not."""
    near = get_close_matches(name, models(), n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"no model {name} is in api/models{meant} There are: {', '.join(models())}"


def _read(path: Path) -> Model:
    def wrong(what: str) -> ModelError:
        return ModelError(f"api/models/{path.name}: {what}")

    name = path.stem
    if not _NAME.fullmatch(name):
        raise wrong("name it <Model>.json, the first letter a capital, letters and digits only, like CartItem.json")
    if name in _TAKEN:
        raise wrong("every API has a model of this name already; take another one")
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise wrong(f"is no JSON: {error}") from error
    if not isinstance(schema, dict) or schema.get("$schema") != DRAFT:
        raise wrong(f'"$schema" must be "{DRAFT}", the draft that API Gateway knows')
    if schema.get("title") != name:
        raise wrong(f'"title" must be "{name}", as the file is named')
    if not schema.get("description"):
        raise wrong('"description" must say what the request is, and which rules it keeps')
    if schema.get("type") != "object":
        raise wrong('"type" must be "object"')
    for problem in _problems(schema, "the request"):
        raise wrong(problem)
    return Model(name, schema)


def _problems(schema: Schema, at: str) -> Iterator[str]:
    """What keeps the schema from holding everything that it lets in."""
    kind = str(schema.get("type"))
    if kind not in _BOUNDS:
        yield f'{at} has no "type", or one that is none of {", ".join(_BOUNDS)}'
        return
    for word in sorted(schema.keys() - _WORDS):
        yield f'{at} has "{word}", which is none of {", ".join(sorted(_WORDS))}'
    for bound in () if "enum" in schema else _BOUNDS[kind]:
        if bound not in schema:
            yield f'{at} is {kind} without "{bound}"'
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            yield f'{at} must have "additionalProperties": false'
        unsaid = sorted(set(schema.get("required", ())) - schema.get("properties", {}).keys())
        if unsaid:
            yield f"{at} requires {', '.join(unsaid)} without saying what that is; add it to properties"
    for name, value in schema.get("properties", {}).items():
        yield from _problems(value, name if at == "the request" else f"{at}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from _problems(schema["items"], f"{at}[]")
