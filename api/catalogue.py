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

from schema_files import DRAFT, WORDS, Flaw, FlawedFilesError, Schema, problems, read

MODELS = Path(__file__).with_name("models")
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
        FlawedFilesError: invalid models, with file, place, rule and fix of all that is wrong.
    """
    found: dict[str, Model] = {}
    flaws: list[Flaw] = []
    for path in sorted(MODELS.glob("*.json")):
        schema, wrong = _read(path)
        flaws += wrong
        if schema is not None and not wrong:
            found[path.stem] = Model(path.stem, schema)
    size = sum(len(model.text) for model in found.values())
    if size > _SIZE_MAX:
        rule = f"must have at most {_SIZE_MAX} bytes together, and has {size}"
        flaws.append(Flaw("api/models", "", rule, "remove models"))
    if flaws:
        raise FlawedFilesError(flaws)
    return found


def unknown(name: str) -> str:
    """Message about a model that does not exist."""
    near = get_close_matches(name, models(), n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    return f"model {name} must be in api/models{meant} There are: {', '.join(models())}"


def _read(path: Path) -> tuple[Schema | None, list[Flaw]]:
    file, name = f"api/models/{path.name}", path.stem
    schema, flaws = read(path, file)
    if not _NAME.fullmatch(name):
        rule = "the name must be <Model>.json, a capital followed by letters and digits, such as CartItem.json"
        flaws.append(Flaw(file, "", rule, "rename it"))
    if name in _TAKEN:
        flaws.append(Flaw(file, "", "the name must differ from Empty and Error, which every API has", "rename it"))
    if schema is None:
        return None, flaws
    for word, value, why in (
        ("$schema", DRAFT, "the draft that API Gateway supports"),
        ("title", name, "like the file name"),
        ("type", "object", "as the request's body is one"),
    ):
        if schema.get(word) != value:
            flaws.append(Flaw(file, "", f'"{word}" must be "{value}", {why}', "write it"))
    if not schema.get("description"):
        flaws.append(Flaw(file, "", '"description" must say what the request means, and its rules', "write it"))
    flaws += problems(file, schema, WORDS)
    flaws += _open_ends(file, schema, "the request")
    return schema, flaws


def _open_ends(file: str, schema: Schema, at: str) -> Iterator[Flaw]:
    """Properties without a type or bounds, and objects that are not closed."""
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _BOUNDS:
        yield Flaw(file, at, f'must have a "type", one of {", ".join(_BOUNDS)}', "write it")
        return
    for bound in () if "enum" in schema else _BOUNDS[kind]:
        if bound not in schema:
            yield Flaw(file, at, f'is {kind} and must have "{bound}"', "write it")
    if kind == "object" and schema.get("additionalProperties") is not False:
        yield Flaw(file, at, 'must have "additionalProperties": false', "write it")
    properties = schema.get("properties")
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _open_ends(file, value, name if at == "the request" else f"{at}.{name}")
    if isinstance(schema.get("items"), Mapping):
        yield from _open_ends(file, schema["items"], f"{at}[]")
