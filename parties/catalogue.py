"""APIs of third parties that services call: one JSON schema (draft 4) for each kind of party, in `apis/<kind>.json`.

Its properties are the operations, each with `request` and `answer`. A property of a request has a data class
(`x-data-class`, inherited from the enclosing property), as those of events have.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from events.data_classes import EventDataClass
from schema_files import WORDS, Flaw, FlawedFilesError, Schema, problems, read

APIS = Path(__file__).with_name("apis")
_WORDS = WORDS | {"x-data-class"}


@dataclass(frozen=True)
class Api:
    """What services ask a kind of party."""

    kind: str
    schema: Schema

    @property
    def operations(self) -> Mapping[str, Schema]:
        """Name of each operation to the schemas of its `request` and `answer`."""
        return {name: operation["properties"] for name, operation in self.schema["properties"].items()}

    @property
    def sent(self) -> Mapping[str, str]:
        """Path of each field that requests carry (`authorise.token`), to its data class."""
        return {
            path: data_class
            for name, operation in self.operations.items()
            for path, data_class in _leaves(operation["request"], name, None)
            if data_class is not None
        }


@cache
def apis() -> Mapping[str, Api]:
    """The API of each kind of party that services call.

    Raises:
        FlawedFilesError: invalid schemas, with file, place, rule and fix of all that is wrong.
    """
    found: dict[str, Api] = {}
    flaws: list[Flaw] = []
    for path in sorted(APIS.glob("*.json")):
        file = f"parties/apis/{path.name}"
        schema, wrong = read(path, file)
        if schema is not None and not wrong:
            wrong = [*problems(file, schema, _WORDS), *_unlike(file, schema)]
        if schema is not None and not wrong:
            found[path.stem] = Api(path.stem, schema)
        flaws += wrong
    if flaws:
        raise FlawedFilesError(flaws)
    return found


def _unlike(file: str, schema: Schema) -> Iterator[Flaw]:
    """Operations without request or answer, and fields of requests without a data class."""
    known = get_args(EventDataClass)
    for name, operation in dict(schema.get("properties", {})).items():
        parts = operation.get("properties", {}) if isinstance(operation, Mapping) else {}
        if parts.keys() != {"request", "answer"}:
            yield Flaw(file, name, 'must have the properties "request" and "answer", and no others', "write them")
            continue
        for path, data_class in _leaves(parts["request"], name, None):
            if data_class not in known:
                rule = f"must have an x-data-class of {', '.join(known)}, and has {json.dumps(data_class)}"
                yield Flaw(file, path, rule, "say of which class the field is")


def _leaves(schema: Schema, path: str, inherited: str | None) -> Iterator[tuple[str, str | None]]:
    data_class = schema.get("x-data-class", inherited)
    if "items" in schema:
        yield from _leaves(schema["items"], f"{path}[]", data_class)
    elif "properties" in schema:
        for key, value in schema["properties"].items():
            yield from _leaves(value, f"{path}.{key}", data_class)
    else:
        yield path, data_class
