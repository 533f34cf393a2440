"""What the formats of reports demand: a small reader of JSON schemas, and the shape of JUnit XML."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

# https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json without its descriptions.
SARIF = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text())
_READ = {
    *("type", "enum", "properties", "required", "additionalProperties", "items", "minItems", "uniqueItems"),
    *("minimum", "maximum", "pattern", "format", "anyOf", "oneOf", "$ref", "$schema", "id", "definitions"),
}
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
_FORMATS = {
    "uri": lambda text: bool(urlsplit(text).scheme),
    "uri-reference": lambda text: not re.search(r"\s", text),
    "date-time": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None,
}


def _is(value: Any, name: str) -> bool:
    if name == "null" or value is None:
        return name == "null" and value is None
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def violations(value: Any, schema: dict[str, Any], root: dict[str, Any] = SARIF, at: str = "$") -> Iterator[str]:
    """Where a value breaks a schema of draft 4, as far as the schema of SARIF goes."""
    assert set(schema) <= _READ, f"not read: {set(schema) - _READ}"
    if "$ref" in schema:
        yield from violations(value, root["definitions"][schema["$ref"].rpartition("/")[2]], root, at)
        return
    types = schema.get("type", [])
    if types and not any(_is(value, name) for name in ([types] if isinstance(types, str) else types)):
        yield f"{at}: {value!r:.60} is no {types}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    for key, fits in (("anyOf", lambda n: n >= 1), ("oneOf", lambda n: n == 1)):
        if key in schema and not fits(sum(not list(violations(value, one, root, at)) for one in schema[key])):
            yield f"{at}: breaks {key}"
    if isinstance(value, dict):
        yield from _object(value, schema, root, at)
    elif isinstance(value, list):
        yield from _array(value, schema, root, at)
    elif isinstance(value, str):
        if not re.search(schema.get("pattern", ""), value):
            yield f"{at}: {value!r} does not match {schema['pattern']}"
        if not _FORMATS.get(schema.get("format", ""), lambda _: True)(value):
            yield f"{at}: {value!r} is no {schema['format']}"
    elif isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: {value} is out of range"


def _array(value: list[Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{at}: too few items"
    if schema.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield f"{at}: an item twice"
    for index, item in enumerate(value):
        yield from violations(item, schema.get("items", {}), root, f"{at}[{index}]")


def _object(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}: lacks {name}"
    more = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in schema.get("properties", {}):
            yield from violations(item, schema["properties"][name], root, f"{at}.{name}")
        elif more is False:
            yield f"{at}: has {name}"
        elif isinstance(more, dict):
            yield from violations(item, more, root, f"{at}.{name}")


# https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
# Element: attributes it must have, attributes it may have, elements it may hold.
_JUNIT = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        ("time", "skipped", "timestamp", "package"),
        ("testcase",),
    ),
    "testcase": (("name",), ("time", "classname"), ("skipped", "error", "failure")),
    "skipped": ((), ("type", "message"), ()),
    "error": ((), ("type", "message"), ()),
    "failure": ((), ("type", "message"), ()),
}


def junit_violations(root: ElementTree.Element) -> Iterator[str]:
    """Where a document breaks the schema by which Jenkins reads JUnit XML, or its own counts."""
    for element in root.iter():
        must, may, holds = _JUNIT[element.tag]
        yield from (f"{element.tag} lacks {name}" for name in must if name not in element.attrib)
        yield from (f"{element.tag} has {name}" for name in element.attrib if name not in (*must, *may))
        yield from (f"{element.tag} holds {child.tag}" for child in element if child.tag not in holds)
        if element.tag in ("testsuite", "testsuites"):
            for key, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                if int(element.attrib[key]) != len(list(element.iter(tag))):
                    yield f"{element.tag} miscounts {key}"
        if element.tag == "testcase" and len(element) > 1:
            yield "testcase has several outcomes"
