"""Resources of Cloud Control: identifier, properties, and which changes of the desired state replace them."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from offline.aws.ids import Mint
from offline.checks.block import Block
from offline.checks.desired_state import found_at
from offline.facts.cloudformation import StateSchema, schema_of_state
from offline.tables import rows
from offline.wire import Properties

KIND = "cloudcontrol/resource"


@cache
def decided_properties() -> Mapping[str, Mapping[str, str]]:
    """Type of CloudFormation -> top-level property that AWS decides -> its form, as in `ids.txt`."""
    return {type_name: _forms(forms) for type_name, forms in rows("aws/cloudformation.txt", 2)}


def _forms(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in re.split(r";(?:\s+|$)", text) if item.strip())
    return {key.strip(): form.strip() for key, _, form in pairs}


def identifier_of(values: Mapping[str, Any], mint: Mint) -> str:
    """Primary identifier of what is created, its parts with `|` between; empty for other types than Cloud Control's."""
    schema = _schema(values) if mint.kind == KIND else None
    if schema is None:
        return ""
    properties = made_properties(values, mint)
    return "|".join(str(properties.get(key)) for key in schema.identifier)


def outputs(values: Mapping[str, Any], mint: Mint) -> Properties:
    schema = _schema(values)
    made = {"properties": json.dumps(made_properties(values, mint), sort_keys=True)}
    return {**made, "schema": json.dumps(schema.document)} if schema else made


def made_properties(values: Mapping[str, Any], mint: Mint) -> dict[str, Any]:
    """What AWS answers: the state without what it keeps to itself, and what it decides, once and for all."""
    state, schema = _state(values), _schema(values)
    if schema is None:
        return state
    before = json.loads(mint.value("properties") or "{}")
    for key, value in state.items():
        if isinstance(value, str):
            mint.know(key, value)
    decided: dict[str, str] = {}
    for key, form in decided_properties()[schema.type_name].items():
        decided[key] = before.get(key) or mint.text(form)
        mint.know(key, decided[key])
    hidden = {path[0] for path in schema.write_only if len(path) == 1}
    return {**{key: value for key, value in state.items() if key not in hidden}, **decided}


def texts_decided(properties: str) -> Iterator[str]:
    """Texts by which other resources may mention the resource."""
    yield from (value for value in json.loads(properties).values() if isinstance(value, str))


def texts_stated(state: str) -> Iterator[tuple[str, str]]:
    """`(path, text)` of every text of a desired state."""
    queue: list[tuple[str, Any]] = [("desiredState", json.loads(state))]
    while queue:
        path, value = queue.pop()
        if isinstance(value, dict):
            queue += [(f"{path}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            queue += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
        elif isinstance(value, str):
            yield path, value


def replaces(old: Block, new: Block, key: str) -> bool:
    """Whether a change of the desired state concerns what is set at creation only.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/cloudcontrol/resource.go
    """
    schema = schema_of_state(new.text("typeName") or "")
    before, after = old.text(key), new.text(key)
    if schema is None or before is None or after is None:
        return False
    states = [json.loads(before), json.loads(after)]
    return any(len({json.dumps(list(found_at(state, path))) for state in states}) > 1 for path in schema.create_only)


def stated_identifier(args: Block) -> tuple[str, ...] | None:
    """Type and primary identifier, where the desired state names all of it."""
    name, text = args.text("typeName"), args.text("desiredState")
    schema = schema_of_state(name) if name else None
    if name is None or schema is None or text is None:
        return None
    state = json.loads(text)
    parts = [state.get(key) for key in schema.identifier]
    return (name, *parts) if all(isinstance(part, str) for part in parts) else None


def _schema(values: Mapping[str, Any]) -> StateSchema | None:
    return schema_of_state(str(values.get("typeName") or ""))


def _state(values: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(str(values.get("desiredState") or "{}"))
