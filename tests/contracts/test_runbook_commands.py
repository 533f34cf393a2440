"""What runbooks and alarms advise works: commands of the AWS CLI with their options, outputs, settings and values."""

import copy
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore import xform_name
from botocore.session import Session

from contract import CONTRACT
from settings.loader import parse
from settings.problems import SettingsError
from settings.store import StoreSettings
from tests.program_under_mocks import store
from tests.stack_files import STACKS
from tests.unit.settings.test_broken_stack_files import handed_over, put, stack_file

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


# A recommendation: `section.key: value`, the whole path; names that the stack file chooses stand in angle brackets.
_ADVICE = re.compile(r"([A-Za-z_][A-Za-z0-9_.<>-]*): (.+)")


def advised(text: str) -> Iterator[str]:
    """Code spans that tell what to write into a stack file."""
    spans = (" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text)))
    return (span for span in spans if _ADVICE.fullmatch(span))


def refused(advice: str) -> str:
    """Why production would not take the advice; empty if it does, for every name that a placeholder may stand for."""
    found = _ADVICE.fullmatch(advice)
    assert found, advice
    path, text = found.groups()
    if path.split(".")[0] not in StoreSettings.model_fields or "." not in path:
        return "must begin with a section of the stack file: `section.key: value`"
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return "must have a value in YAML"
    config = stack_file("prod")
    for place in places(config, path):
        changed = copy.deepcopy(config)
        put(place, value)(changed)
        try:
            parse(handed_over(changed), stack="prod")
        except SettingsError as error:
            return str(error)
    return ""


def places(config: dict[str, Any], path: str) -> list[str]:
    """The path with names of the stack file for its placeholders."""
    before, placeholder, after = re.match(r"([^<]*)(<[a-z-]+>)?(.*)", path).groups()
    if placeholder is None:
        return [path]
    section, *keys = before.rstrip(".").split(".")
    node = config[f"web-store:{section}"]
    for key in keys:
        node = node[key]
    return [found for name in node for found in places(config, f"{before}{name}{after}")]


@each_page
def test_settings_that_a_runbook_recommends_are_accepted_in_production(page: Path) -> None:
    assert {advice: why for advice in advised(page.read_text()) if (why := refused(advice))} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_settings_that_an_alarm_recommends_are_accepted_in_production(stack: str) -> None:
    alarms = [alarm.inputs.get("alarmDescription", "") for alarm in store(stack).of(":MetricAlarm")]
    found = {advice for text in alarms for advice in advised(text)}
    assert found
    assert {advice: why for advice in found if (why := refused(advice))} == {}


@pytest.mark.parametrize(
    ("advice", "why"),
    [
        ("edge.web_acl.common.mode: count", "must block what the web ACL's rules find"),
        ("web_tier.load_balancer.web_acl.mode: count", "must block what the web ACL's rules find"),
        ("mode: count", "must begin with a section"),
        ("edge: {}", "must begin with a section"),
        ("edge.web_acl.common.count: [SizeRestrictions_BODY]", "must be one of the known keys"),
        ("edge.web_acl.common.count_only: [SizeRestrictions_BODY", "must have a value in YAML"),
        ("third_parties.parties.<name>.enabled: never", "must be true or false"),
    ],
)
def test_advice_that_production_refuses_is_found(advice: str, why: str) -> None:
    assert list(advised(f"Do `{advice}`, update.")) == [advice]
    assert why in refused(advice)
