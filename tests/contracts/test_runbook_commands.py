"""What runbooks tell to type is there: commands of the AWS CLI with their options, the stack's outputs, settings."""

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from contract import CONTRACT

PROJECT = Path(__file__).resolve().parents[2]
# https://docs.aws.amazon.com/cli/latest/reference/#options, and those of paginated operations
GLOBAL = {"cli-binary-format", "max-items", "output", "page-size", "profile", "query", "region", "starting-token"}
# Commands that are the CLI's own, and no single operation.
OWN = {("logs", "tail"): {"filter-pattern", "follow", "format", "since"}}

_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
# To the end of the line, unless that is inside quotes or behind a backslash; no command has another one inside.
_COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)((?:'[^']*'|\\\n|[^\n'])*?)(?=\n|$|\baws )")
_OPTION = re.compile(r"(?<=\s)--([a-z0-9-]+)")
_SETTING = re.compile(r"`([a-z_]+(?:\.[a-z0-9_<>-]+)+)(?:: [^`]*)?`")

each_page = pytest.mark.parametrize(
    "page", sorted((PROJECT / "docs" / "runbooks").glob("*.md")), ids=lambda page: page.stem
)


def commands(page: Path) -> Iterator[tuple[str, str, set[str], bool]]:
    """Service, operation and options of each command, and whether it is to be typed as it stands there."""
    text = page.read_text()
    spans = [" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text))]
    for whole, pieces in ((True, _BLOCK.findall(text)), (False, spans)):
        for service, operation, rest in (found for piece in pieces for found in _COMMAND.findall(piece)):
            yield service, operation, set(_OPTION.findall(rest)), whole


@cache
def options(service: str, operation: str) -> tuple[set[str], set[str]]:
    """Options that a command takes, and those of them that it needs."""
    if (service, operation) in OWN:
        return OWN[service, operation], set()
    model = Session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names, f"aws {service} has no {operation}"
    shape = model.operation_model(names[operation]).input_shape
    if shape is None:
        return set(), set()
    members = {xform_name(name, "-"): member for name, member in shape.members.items()}
    switches = {f"no-{name}" for name, member in members.items() if member.type_name == "boolean"}
    return members.keys() | switches, {xform_name(name, "-") for name in shape.required_members}


@each_page
def test_commands_have_options_that_the_aws_cli_takes(page: Path) -> None:
    for service, operation, given, whole in commands(page):
        taken, needed = options(service, operation)
        assert given <= taken | GLOBAL, f"aws {service} {operation}"
        assert not whole or needed <= given, f"aws {service} {operation}"


@each_page
def test_blocks_are_shell(page: Path) -> None:
    for block in _BLOCK.findall(page.read_text()):
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


@each_page
def test_outputs_are_in_the_contract(page: Path) -> None:
    assert set(re.findall(r"pulumi stack output (\w+)", page.read_text())) <= {entry.key for entry in CONTRACT}


def has(schema: dict[str, Any], node: dict[str, Any], path: list[str]) -> bool:
    """Whether the schema knows a setting; any word will do for a name that the stack file chooses."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    if not path:
        return True
    below = [node["properties"][path[0]]] if path[0] in node.get("properties", {}) else []
    below += [way for way in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()) if way]
    ways = [way for kind in ("anyOf", "oneOf", "allOf") for way in node.get(kind, ())]
    return any(has(schema, way, path[1:]) for way in below) or any(has(schema, way, path) for way in ways)


@each_page
def test_settings_are_those_of_the_stack_file(page: Path) -> None:
    schema = json.loads((PROJECT / "docs" / "settings.schema.json").read_text())
    config = schema["properties"]["config"]
    for setting in _SETTING.findall(page.read_text()):
        path = setting.split(".")
        if path[0] == "runtime":
            path = ["app_tier", "services", "<service>", *path]
        if f"web-store:{path[0]}" in config["properties"]:
            assert has(schema, config, [f"web-store:{path[0]}", *path[1:]]), setting
