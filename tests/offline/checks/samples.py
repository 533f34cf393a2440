"""The recorded sample resources, with unknown values and files as the plugin sees them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from offline.wire import UNKNOWN, File

_DATA = Path(__file__).with_name("data")


class Sample(NamedTuple):
    name: str
    token: str
    inputs: dict[str, Any]

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::store::{self.token}::{self.name}"


def load(file: str) -> list[Sample]:
    return list(_read(file))


def _read(file: str) -> Iterator[Sample]:
    for record in json.loads((_DATA / file).read_text(encoding="utf-8")):
        yield Sample(record["name"], record["type"], _restore(record["inputs"]))


def _restore(value: Any) -> Any:
    if isinstance(value, dict):
        if "$unknown" in value:
            return UNKNOWN
        return File({}) if "$file" in value else {key: _restore(item) for key, item in value.items()}
    return [_restore(item) for item in value] if isinstance(value, list) else value
