"""Broken stack files: every problem at once, each with its place, the value, the rule and the fix."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from settings.loader import parse
from settings.problems import Problem, SettingsError
from tests.stack_files import STACKS, stack_file
from tests.unit.settings.edits import Config, put
from tests.unit.settings.mistakes import MISTAKES

PROJECT = Path(__file__).resolve().parents[3]


def handed_over(config: Config) -> dict[str, str]:
    """The configuration as Pulumi hands it to the program."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def problems_of(stack: str, change: Callable[[Config], object], secret_keys: tuple[str, ...] = ()) -> list[Problem]:
    config = stack_file(stack)
    change(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack=stack, secret_keys=secret_keys)
    return list(caught.value.problems)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_place_value_rule_and_fix(mistake: str) -> None:
    stack, change, place, value, rule, fix = MISTAKES[mistake]
    found = problems_of(stack, change)
    told = [problem for problem in found if problem.dotted == f"web-store:{place}"]
    assert told, f"told instead: {[problem.dotted for problem in found]}"
    assert any(value in problem.received and rule in problem.rule and fix in problem.fix for problem in told), told
    assert all(problem.rule and problem.fix for problem in found)


@pytest.mark.parametrize("stack", STACKS)
def test_the_stack_files_of_the_project_are_right(stack: str) -> None:
    assert parse(handed_over(stack_file(stack)), stack=stack).environment.name == stack


def test_all_problems_of_all_sections_and_of_their_relations_are_told_at_once() -> None:
    def change(config: Config) -> None:
        put("environment.protect", False)(config)
        put("environment.owner", 7)(config)
        put("network.zones", ["eu-west-1a", "us-east-1b"])(config)
        put("network.nat", "two")(config)
        put("encryption.rotation_period_days", 1)(config)
        put("dns.domain_name", "-")(config)
        put("surprise.key", 1)(config)

    places = {problem.dotted.removeprefix("web-store:") for problem in problems_of("prod", change)}
    assert places >= {
        "environment.protect",
        "environment.owner",
        "network.zones",
        "network.zones[1]",
        "network.nat",
        "encryption.rotation_period_days",
        "dns.domain_name",
        "surprise",
    }


def test_the_message_names_file_place_value_rule_and_yaml_to_write() -> None:
    config = stack_file("dev")
    put("encryption.deletion_window_days", 3)(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="dev")
    lines = str(caught.value).splitlines()
    assert lines[0] == "Pulumi.dev.yaml: 1 problem in the settings, so nothing was planned or changed."
    start = lines.index("  Pulumi.dev.yaml: web-store:encryption.deletion_window_days")
    assert lines[start + 1].split() == ["received", "3"]
    assert lines[start + 2].split()[:4] == ["rule", "must", "be", "at"]
    assert lines[start + 3].split() == ["fix", "web-store:encryption:"]
    assert lines[start + 4].strip() == "deletion_window_days: 7"


def test_yaml_of_a_fix_mends_the_file() -> None:
    config = stack_file("prod")
    put("network.zones", ["eu-west-1a", "eu-west-1b"])(config)
    put("environment.protect", False)(config)
    put("network.nat", "single")(config)
    for problem in problems_of("prod", lambda broken: broken.update(config)):
        _write(config, yaml.safe_load(problem.fix))
    assert parse(handed_over(config), stack="prod").network.nat == "one_per_az"


def _write(config: dict[str, Any], fix: dict[str, Any]) -> None:
    """As a person does: what stands beside the keys of the fix stays."""
    for key, value in fix.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _write(config[key], value)
        else:
            config[key] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("environment.assume_role_arn", "AKIAIOSFODNN7EXAMPLE"),
        ("environment.region", "wJalrXUtnFEMIKMDENGbPxRfiCYEXAMPLEKEYxyz"),
        ("network.api_token", "hunter2"),
        ("network.colour", "hunter2"),
    ],
)
def test_a_value_that_could_be_a_secret_is_not_shown(path: str, value: str) -> None:
    config = stack_file("dev")
    put(path, value)(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="dev")
    assert value not in str(caught.value)
    assert f"web-store:{path}" in str(caught.value)


def test_an_encrypted_section_is_refused_and_not_shown() -> None:
    (problem,) = problems_of("dev", put("encryption.deletion_window_days", 3), secret_keys=("web-store:encryption",))
    assert problem.dotted == "web-store:encryption"
    assert problem.received == "an encrypted value"
    assert "Secrets Manager" in problem.fix


def test_an_encrypted_origin_secret_is_accepted_beside_the_sections() -> None:
    config = {**stack_file("dev"), "web-store:origin_secret": "x" * 64}
    parse(handed_over(config), stack="dev", secret_keys=["web-store:origin_secret"])


def test_a_secret_header_without_its_secret_is_told_with_the_command_that_sets_it() -> None:
    (problem,) = problems_of("dev", put("edge.origin", {"kind": "secret_header"}))
    assert problem.dotted == "web-store:origin_secret"
    assert problem.fix.startswith("pulumi config set --secret web-store:origin_secret")


def test_keys_of_other_programs_are_left_alone() -> None:
    config = {**stack_file("dev"), "datadog:apiKey": "x", "pulumi:tags": {"a": "b"}}
    parse(handed_over(config), stack="dev")


def _objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Places of all mappings of settings, not those whose keys a user chooses."""
    if isinstance(value, BaseModel):
        yield path
        for name in type(value).model_fields:
            yield from _objects(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _objects(item, (*path, key))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _objects(item, (*path, position))


def _written(stack: str) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Those that the stack file writes, and does not leave to their defaults."""
    for place in _objects(parse(handed_over(stack_file(stack)), stack=stack)):
        if place and isinstance(_at(stack_file(stack), place), dict):
            yield stack, place


def _at(config: Config, place: tuple[str | int, ...]) -> Any:
    found: Any = config.get(f"web-store:{place[0]}")
    for part in place[1:]:
        found = found[int(part)] if isinstance(found, list) else (found or {}).get(part)
    return found


@pytest.mark.parametrize(("stack", "place"), [place for stack in STACKS for place in _written(stack)])
def test_an_unknown_key_is_told_with_the_keys_that_there_are(stack: str, place: tuple[str | int, ...]) -> None:
    """At every place, inside lists and under names that a user chooses, too."""
    found = problems_of(stack, lambda config: _at(config, place).update(no_such_key=1))
    (told,) = [problem for problem in found if problem.path[-1] == "no_such_key"]
    assert re.search(r"known keys: \w", told.rule), told.rule
