"""Models of requests and schemas of events: what is wrong is told of every file at once, before anything is made."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api import catalogue as api_catalogue
from api.catalogue import models
from events import catalogue as event_catalogue
from events.catalogue import events
from schema_files import DRAFT, FlawedFilesError
from settings.loader import parse
from settings.problems import SettingsError
from tests.stack_files import stack_file
from tests.unit.settings.edits import put

MODEL = {
    "$schema": DRAFT,
    "title": "Parcel",
    "description": "What is sent.",
    "type": "object",
    "additionalProperties": False,
}
EVENT = {
    "$schema": DRAFT,
    "description": "A parcel has been sent.",
    "x-amazon-events-source": "store.parcels",
    "x-amazon-events-detail-type": "parcel.sent",
    "type": "object",
    "required": ["event_id"],
}
ID = {"event_id": {"type": "string", "maxLength": 36}}
Folder = tuple[Path, Callable[[], Any], dict[str, Any]]


@pytest.fixture(params=["api/models/Parcel.json", "events/schemas/parcel.sent.v1.json"])
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """A file beside those of either folder, how the folder is read, and a good schema for it."""
    of_models = request.param.startswith("api")
    shutil.copytree(api_catalogue.MODELS if of_models else event_catalogue.SCHEMAS, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(*((api_catalogue, "MODELS") if of_models else (event_catalogue, "SCHEMAS")), tmp_path)
    read = models if of_models else events
    read.cache_clear()
    yield tmp_path / Path(request.param).name, read, MODEL if of_models else EVENT
    read.cache_clear()


def told(file: Folder) -> list[str]:
    try:
        file[1]()
    except FlawedFilesError as error:
        return [str(flaw) for flaw in error.flaws]
    return []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "must be JSON: Expecting property name"),
        ("", "must be JSON"),
        ("[]", "must be a JSON object, and is []; write a schema"),
        ("null", "must be a JSON object, and is null"),
        ("5", "must be a JSON object, and is 5"),
        ('"text"', 'must be a JSON object, and is "text"'),
        ('{"type": "object", "type": "array"}', 'must have "type" once in an object'),
        ('{"minimum": NaN}', "must be JSON, which has no NaN"),
        ('{"maximum": -Infinity}', "must be JSON, which has no -Infinity"),
        ('{"maximum": 1e999}', "must have numbers that fit into 64 bits, not 1e999"),
        ('{"maximum": %s}' % ("9" * 5000), "must have numbers of at most 18 digits, not 99999"),
        ('{"title": "\\ud800"}', "half of a surrogate pair"),
        ("[" * 3000 + "]" * 3000, "must not be nested deeper than 20 objects and lists"),
        ("[" * 90_000, "must not be nested deeper than 20 objects and lists"),
        (b'{"title": "\xff"}', "must be text in UTF-8"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_json_document_is_told_with_its_file(file: Folder, content: str | bytes, says: str) -> None:
    file[0].write_bytes(content if isinstance(content, bytes) else content.encode())
    (flaw,) = told(file)
    assert file[0].name in flaw
    assert says in flaw


def test_a_folder_in_place_of_a_file_is_told(file: Folder) -> None:
    file[0].mkdir()
    (flaw,) = told(file)
    assert "must be a file that can be read: Is a directory" in flaw


TEXT = {"type": "string", "maxLength": 9}
NUMBER = {"type": "integer", "minimum": 0, "maximum": 9}


@pytest.mark.parametrize(
    ("field", "says"),
    [
        (None, "size must be an object with a schema, and is null"),
        ([], "size must be an object with a schema, and is []"),
        ({**TEXT, "maxLength": -1}, 'size must have a "maxLength" that is a whole number from 0'),
        ({**TEXT, "maxLength": "5"}, 'size must have a "maxLength" that is a whole number'),
        ({**TEXT, "maxLength": 10**17}, 'size must have a "maxLength" that is a whole number'),
        ({**TEXT, "maxLength": True}, 'size must have a "maxLength" that is a whole number'),
        ({**TEXT, "minLength": 10}, 'size must not have "minLength" 10 above "maxLength" 9; exchange them'),
        ({**NUMBER, "minimum": 10}, 'size must not have "minimum" 10 above "maximum" 9'),
        ({**NUMBER, "minimum": "0"}, 'size must have a "minimum" that is a number, not "0"'),
        ({**TEXT, "pattern": "(("}, 'size must have a "pattern" that is a regular expression: missing )'),
        ({**TEXT, "pattern": "^(a+)+$"}, "without a repetition of a repetition"),
        ({**TEXT, "pattern": r"^([a-z]*)*$"}, "without a repetition of a repetition"),
        ({**TEXT, "pattern": r"^(?:\w+){2,}$"}, "without a repetition of a repetition"),
        ({**TEXT, "pattern": "(?i)abc"}, "a regular expression of ECMA 262"),
        ({**TEXT, "pattern": "(?P<a>b)"}, "a regular expression of ECMA 262"),
        ({**TEXT, "pattern": 5}, 'size must have a "pattern" that is a regular expression, not 5'),
        ({**TEXT, "format": "timestamp"}, 'size must have a "format" that is one of date, date-time'),
        ({**TEXT, "format": "datetime"}, "did you mean date-time?"),
        ({**TEXT, "enum": []}, 'size must have a "enum" that is a list of values, each once and at least one'),
        ({**TEXT, "enum": ["a", "a"]}, 'size must have a "enum" that is a list of values, each once'),
        ({"type": "objekt"}, 'size must have a "type" that is one of array, boolean'),
        ({"type": "objekt"}, "did you mean object?"),
        ({"type": ["string", "null"]}, 'size must have a "type" that is one of array'),
        ({"type": "array", "maxItems": 2, "items": []}, 'size must have a "items" that is one schema'),
        ({"type": "array", "maxItems": 2, "items": {"$ref": "#/a"}}, 'size[] must not have "$ref"'),
        ({"oneOf": [TEXT]}, 'size must not have "oneOf"; leave it out'),
        ({**TEXT, "maxlength": 5}, 'size must not have "maxlength"; did you mean "maxLength"?'),
        ({"type": "object", "required": ["a", "a"], "properties": {"a": TEXT}}, "a list of names, each once"),
        ({"type": "object", "required": "a", "properties": {"a": TEXT}}, "a list of names, each once"),
        ({"type": "object", "required": ["a"], "properties": []}, 'size must have a "properties" that is an object'),
        ({"type": "object", "properties": {"a.b": TEXT}}, 'size must not have a property "a.b"'),
        ({"type": "object", "properties": {"": TEXT}}, 'size must not have a property ""'),
        ({"type": "object", "properties": {"a": None}}, "size.a must be an object with a schema"),
        ({"type": "object", "additionalProperties": {}}, 'size must have a "additionalProperties" that is true or'),
        ({**TEXT, "description": ""}, 'size must have a "description" that is text, not ""'),
    ],
    ids=lambda value: json.dumps(value)[:50],
)
def test_what_is_no_schema_is_told_with_file_place_rule_and_fix(file: Folder, field: Any, says: str) -> None:
    path, _, good = file
    path.write_text(json.dumps({**good, "properties": {**ID, "size": field}}))
    assert [flaw for flaw in told(file) if path.name in flaw and says in flaw]


@pytest.mark.parametrize(
    "pattern", ["^[a-z]+(-[a-z0-9]+)*$", r"^(\.[a-z]+)+$", "^a++$".replace("++", "+"), r"^\(a+\)+$", r"[+*]+x", r"\++"]
)
def test_a_sound_regular_expression_is_taken(file: Folder, pattern: str) -> None:
    path, _, good = file
    path.write_text(json.dumps({**good, "properties": {**ID, "size": {**TEXT, "pattern": pattern}}}))
    assert told(file) == []


def test_all_flaws_of_all_files_and_all_problems_of_the_settings_are_told_at_once(file: Folder) -> None:
    path, _, good = file
    bad = {"size": {**TEXT, "maxLength": -1}, "weight": {**NUMBER, "minimum": "0"}}
    path.write_text(json.dumps({**good, "properties": {**ID, **bad}}))
    path.with_name(path.name.replace("arcel", "ostcard")).write_text("{")
    config = stack_file("dev")
    put("network.nat", "singel")(config)
    put("environment.owner", "R&D")(config)
    with pytest.raises(SettingsError) as refused:
        parse({key: json.dumps(value) for key, value in config.items()}, stack="dev")
    text = str(refused.value)
    assert "2 problems in the settings and 3 problems in the files that they name, so nothing was planned" in text
    for part in ("network.nat", "environment.owner", f"{path.name}: size", f"{path.name}: weight", "ostcard", "Judged"):
        assert part in text, part
