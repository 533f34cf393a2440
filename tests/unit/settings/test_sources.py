"""File and line of each setting, so that a problem is found without a search."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.loader import parse
from settings.problems import SettingsError
from settings.sources import SettingsFile, Sources
from tests.unit.settings.test_broken_stack_files import PROJECT, handed_over, stack_file

STACK = """\
# A comment.
encryptionsalt: v1:abc
config:
  web-store:environment: {name: dev, owner: store}
  web-store:network:
    cidr_block: 10.0.0.0/16

    zones:
      - eu-west-1a
      - eu-west-1b
    layers: &layers
      app: { mask: 20 }
  web-store:edge:
    <<: *layers
    log_days: 30
  web-store:web_tier:
    service:
      image: public.ecr.aws/store/ui:1
      environment_variables:
        LEVEL: info
        API_TOKEN:
          secure: AAAB
"""
SHARED = """\
config:
  web-store:network:
    nat: single
    zones: [eu-west-1a]
  web-store:data:
    tables: {}
"""


def write(folder: Path, name: str, text: str) -> SettingsFile:
    (folder / name).write_text(text)
    return SettingsFile(folder / name)


def data_of(*texts: str) -> dict[str, Any]:
    """All sections together; keys of the last text win."""
    found: dict[str, Any] = {}
    for text in texts:
        for key, value in yaml.safe_load(text)["config"].items():
            found.setdefault(key.removeprefix("web-store:"), {}).update(value)
    return found


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("environment",), 4),
        (("environment", "owner"), 4),
        (("network", "cidr_block"), 6),
        (("network", "zones"), 8),
        (("network", "zones", 1), 10),
        (("network", "layers", "app", "mask"), 12),
        (("edge", "app", "mask"), 12),
        (("edge", "log_days"), 15),
        (("network", "nat"), 5),
        (("network", "zones", 7), 8),
        (("web_tier", "service", "environment_variables", "API_TOKEN"), 21),
    ],
)
def test_a_setting_has_the_line_of_its_key_and_one_that_is_missing_that_of_what_it_belongs_in(
    tmp_path: Path, place: tuple[str | int, ...], line: int
) -> None:
    sources = Sources("Pulumi.dev.yaml", [write(tmp_path, "Pulumi.dev.yaml", STACK)], data_of(STACK))
    assert str(sources.at(place)) == f"Pulumi.dev.yaml:{line}"


def test_a_value_that_another_file_gives_has_the_line_there(tmp_path: Path) -> None:
    files = [write(tmp_path, "Pulumi.dev.yaml", STACK), write(tmp_path, "shared.yaml", SHARED)]
    sources = Sources("Pulumi.dev.yaml", files, data_of(SHARED, STACK))
    assert str(sources.at(("network", "nat"))) == "shared.yaml:3"
    assert str(sources.at(("network", "zones", 0))) == "Pulumi.dev.yaml:9"
    assert str(sources.at(("data", "tables"))) == "shared.yaml:6"
    assert str(sources.at(("feeds",))) == "Pulumi.dev.yaml"


@pytest.mark.parametrize("text", [None, "config: [", "config: \udcff", "\x00", "config:\n", "[" * 5000])
def test_a_file_that_cannot_be_read_has_no_lines(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert str(Sources("Pulumi.dev.yaml", [SettingsFile(path)], {}).at(("network",))) == "Pulumi.dev.yaml"


def test_a_value_that_is_not_the_files_has_no_line_of_it(tmp_path: Path) -> None:
    data = data_of(STACK) | {"network": {"cidr_block": "10.9.0.0/16", "zones": ["eu-west-1a"]}}
    sources = Sources("Pulumi.dev.yaml", [write(tmp_path, "Pulumi.dev.yaml", STACK)], data)
    assert str(sources.at(("network", "cidr_block"))) == "Pulumi.dev.yaml"
    assert str(sources.at(("environment", "owner"))) == "Pulumi.dev.yaml:4"


def test_the_message_names_file_and_line(tmp_path: Path) -> None:
    text = (PROJECT / "Pulumi.dev.yaml").read_text().replace("deletion_window_days: 7", "deletion_window_days: 3")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "deletion_window_days" in line)
    config = yaml.safe_load(text)["config"]
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="dev", files=[write(tmp_path, "Pulumi.dev.yaml", text)])
    assert f"\n  Pulumi.dev.yaml:{line}: web-store:encryption.deletion_window_days\n" in str(caught.value)


def test_a_nested_secret_is_named_to_the_leaf_and_not_shown(tmp_path: Path) -> None:
    """The engine hands a section with a secret over whole, and says of the section that it is one."""
    config = stack_file("dev")
    config["web-store:web_tier"]["service"]["environment_variables"] = {"API_TOKEN": {"secure": "AAAB"}}
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"secure": "AAAC"}
    file = write(tmp_path, "Pulumi.dev.yaml", yaml.safe_dump({"config": config}))
    told = handed_over(config) | {"web-store:web_tier": json.dumps("hunter2"), "web-store:third_parties": '"hunter3"'}
    with pytest.raises(SettingsError) as caught:
        parse(told, stack="dev", secret_keys=["web-store:web_tier", "web-store:third_parties"], files=[file])
    assert {problem.dotted for problem in caught.value.problems} == {
        "web-store:web_tier.service.environment_variables.API_TOKEN",
        "web-store:third_parties.parties.cms.events.auth.secret",
    }
    assert all(problem.received == "an encrypted value" for problem in caught.value.problems)
    assert "hunter" not in str(caught.value)
    lines = (tmp_path / "Pulumi.dev.yaml").read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if "API_TOKEN" in line)
    assert f"  Pulumi.dev.yaml:{number}: web-store:web_tier" in str(caught.value)
