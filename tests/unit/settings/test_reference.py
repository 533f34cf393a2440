"""The generated reference and editor schema, and examples that messages tell users to write."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from settings.base import Section
from settings.examples import meaning
from settings.explain import missing_section
from settings.reference import pages
from settings.store import StoreSettings
from tests.stack_files import STACKS

PROJECT = Path(__file__).resolve().parents[3]
SCHEMA = StoreSettings.model_json_schema()


@pytest.mark.parametrize("name", ["settings.md", "settings.schema.json"])
def test_generated_pages_are_current(name: str) -> None:
    assert (PROJECT / "docs" / name).read_text() == pages()[name], "run: make docs"


def test_the_editor_schema_knows_every_section_and_no_other() -> None:
    config = json.loads(pages()["settings.schema.json"])["properties"]["config"]
    sections = {key for key in config["properties"] if "secure" not in str(config["properties"][key])}
    shared = config["properties"]["web-store:shared"]["properties"]["value"]
    assert sections - {"web-store:shared"} == {f"web-store:{section}" for section in StoreSettings.model_fields}
    assert shared["properties"].keys() == StoreSettings.model_fields.keys()
    assert config["additionalProperties"] is shared["additionalProperties"] is False


@pytest.mark.parametrize("name", ["Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS)])
def test_the_editor_schema_takes_the_files_of_the_project(name: str) -> None:
    """Each has what the other lacks: keys of one entry, placeholders, entries that are taken out."""
    schema = Draft7Validator(json.loads(pages()["settings.schema.json"]))
    content = yaml.safe_load((PROJECT / name).read_text())
    assert [error.message for error in schema.iter_errors(content)] == []
    services = content["config"].get("web-store:shared", {}).get("value", {}).get("app_tier")
    services = services or content["config"]["web-store:app_tier"]
    services["services"] |= {"Reviews!": {}, "reviews": {"consume": []}}
    assert len(list(schema.iter_errors(content))) == 2


@pytest.mark.parametrize("name", ["Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS)])
def test_files_name_the_editor_schema_in_their_first_line(name: str) -> None:
    first = (PROJECT / name).read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/settings.schema.json"


@pytest.mark.parametrize("section", list(StoreSettings.model_fields))
def test_what_a_message_says_to_write_for_a_missing_section_is_accepted(section: str) -> None:
    fix = yaml.safe_load(missing_section(section, SCHEMA).fix)
    model = StoreSettings.model_fields[section].annotation
    assert isinstance(model, type)
    assert issubclass(model, Section)
    model.model_validate_json(json.dumps(fix[f"web-store:{section}"]))


@pytest.mark.parametrize("section", list(StoreSettings.model_fields))
def test_every_section_says_what_it_is_for(section: str) -> None:
    assert meaning(SCHEMA["properties"][section], SCHEMA["$defs"]).endswith(".")


def test_the_page_has_a_row_for_every_setting_also_below_names_that_a_user_chooses() -> None:
    page = pages()["settings.md"]
    rows = {line.split("`")[1].rpartition(".")[2] for line in page.splitlines() if line.startswith("| `")}
    schema = StoreSettings.model_json_schema()
    wanted = {
        key
        for node in schema["$defs"].values()
        for key, value in node.get("properties", {}).items()
        if "const" not in value
    }
    assert not wanted - rows
    assert "| `services.<name>.emits` |" in page


def test_every_setting_is_explained() -> None:
    rows = [line for line in pages()["settings.md"].splitlines() if line.startswith("| `") and line.count(" | ") >= 3]
    assert len(rows) > 700
    assert [row for row in rows if row.endswith("|  |")] == []
