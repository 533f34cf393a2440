"""CloudFormation's resource types as Cloud Control takes them, recorded from AWS's own schemas. README.md says how."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("cloudformation.json")


@dataclass(frozen=True)
class StateSchema:
    """Schema of a type (https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html)."""

    type_name: str
    document: Mapping[str, Any]
    """`properties`, `definitions` and rules between properties, without descriptions."""

    @property
    def identifier(self) -> Sequence[str]:
        """Top-level properties that identify a resource, in the order of its identifier."""
        return [path[0] for path in self._paths("primaryIdentifier")]

    @property
    def read_only(self) -> Sequence[tuple[str, ...]]:
        """Paths of what AWS decides; `*` stands for every item of a list."""
        return self._paths("readOnlyProperties")

    @property
    def write_only(self) -> Sequence[tuple[str, ...]]:
        """Paths of what AWS does not answer."""
        return self._paths("writeOnlyProperties")

    @property
    def create_only(self) -> Sequence[tuple[str, ...]]:
        """Paths whose change replaces the resource."""
        return self._paths("createOnlyProperties")

    @property
    def is_updatable(self) -> bool:
        """Whether the type can be changed at all."""
        return "update" in self.document["handlers"]

    def _paths(self, key: str) -> list[tuple[str, ...]]:
        return [tuple(pointer.removeprefix("/properties/").split("/")) for pointer in self.document.get(key, ())]


@cache
def _record() -> Mapping[str, Any]:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def schema_of_state(type_name: str) -> StateSchema | None:
    """Schema of a type such as `AWS::Location::APIKey`; None where it is not recorded."""
    document = _record()["types"].get(type_name)
    return StateSchema(type_name, document) if document else None


def is_type(type_name: str) -> bool:
    """Whether CloudFormation has a type of this name, recorded or not."""
    service, _, member = type_name.rpartition("::")
    return member in _record()["names"].get(service, "").split()


def type_names() -> Iterator[str]:
    for service, members in _record()["names"].items():
        yield from (f"{service}::{member}" for member in members.split())


@cache
def pattern_of(text: str) -> re.Pattern[str]:
    """A `pattern` of a schema, which holds if it is found anywhere."""
    return re.compile(text)
