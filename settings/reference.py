"""Pages made from the models: the reference of all settings, and the schema by which editors check stack files."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from settings.examples import Schema, entries_of, meaning, target
from settings.problems import PROJECT
from settings.relations import RULES
from settings.shared import SHARED
from settings.store import SECRETS, StoreSettings


def pages() -> Mapping[str, str]:
    """File name in `docs` -> text that belongs there."""
    return {"settings.md": _reference(), "settings.schema.json": json.dumps(_editor_schema(), indent=2) + "\n"}


def _editor_schema() -> dict[str, Any]:
    """JSON schema of a stack file, and of what Pulumi.yaml has for all stacks.

    Editors with a YAML language server follow the first line of the files to it
    (https://github.com/redhat-developer/yaml-language-server#using-inlined-schema).
    """
    schema = _partial(StoreSettings.model_json_schema())
    sections = {f"{PROJECT}:{name}": node for name, node in schema["properties"].items()}
    shared: dict[str, Any] = {
        "description": "Settings that all environments share; a stack file departs from them.",
        "type": "object",
        "properties": {
            "value": {"type": "object", "properties": schema["properties"], "additionalProperties": False},
        },
    }
    secrets: dict[str, Any] = {
        f"{PROJECT}:{name}": {
            "description": about,
            "type": "object",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
        }
        for name, about in SECRETS.items()
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Stack file of the web store",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "anyOf": [{"required": [f"{PROJECT}:environment"]}, {"required": [f"{PROJECT}:{SHARED}"]}],
                "properties": {**sections, **secrets, f"{PROJECT}:{SHARED}": shared},
                # Other programs' namespaces are theirs; in ours a wrong name is a mistake.
                "patternProperties": {f"^(?!{PROJECT}:)": {}},
                "additionalProperties": False,
            }
        },
        "$defs": schema["$defs"],
    }


def _partial(node: Any) -> Any:
    """The schema for one of two files: the other one may have the required keys, and `null` takes an entry out."""
    if isinstance(node, list):
        return [_partial(item) for item in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "patternProperties", "$defs"):
            found[key] = {name: _partial(item) for name, item in value.items()}
        elif key not in ("required", "discriminator"):
            # Without its `kind`, an object can be any of a union's.
            found["anyOf" if key == "oneOf" else key] = _partial(value)
    if "pattern" in found:
        found["pattern"] += r"|\$\{(account|region)\}"
    if "patternProperties" in found:
        found["patternProperties"] = {form: _or_null(entry) for form, entry in found["patternProperties"].items()}
        found.setdefault("additionalProperties", False)
    elif isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = _or_null(found["additionalProperties"])
    return found


def _or_null(entry: Any) -> dict[str, Any]:
    return {"anyOf": [entry, {"type": "null"}]}


def _reference() -> str:
    schema = StoreSettings.model_json_schema()
    defs: Mapping[str, Schema] = schema["$defs"]
    lines = [
        "# Settings",
        "",
        "<!-- Generated from the models in settings/ by `make docs`. -->",
        "",
        f"A stack file `Pulumi.<stack>.yaml` holds one key `{PROJECT}:<section>` per section below. Types are strict:",
        '`3` is a number, `"3"` is text. Unknown keys are refused. All problems are shown at once, before any change.',
        "",
    ]
    for name, node in schema["properties"].items():
        required = "" if name in schema["required"] else " May be left out."
        lines += [
            f"## `{PROJECT}:{name}`",
            "",
            meaning(node, defs) + required,
            "",
            "| Key | Type | Default | Meaning |",
            "|---|---|---|---|",
            *_rows(target(node, defs), "", defs, node.get("default")),
            "",
        ]
    lines += [
        "## Secrets",
        "",
        "Encrypted keys beside the sections, set by `pulumi config set --secret`.",
        "",
        "| Key | Meaning |",
        "|---|---|",
        *(f"| `{PROJECT}:{name}` | {_cell(about)} |" for name, about in SECRETS.items()),
        "",
        "## Rules between settings",
        "",
        "| Rule | Reads |",
        "|---|---|",
        *(f"| {_cell(rule.name)} | {', '.join(f'`{path}`' for path in rule.reads)} |" for rule in RULES),
    ]
    return "\n".join(lines) + "\n"


def _rows(node: Schema, prefix: str, defs: Mapping[str, Schema], defaults: Any) -> Iterator[str]:
    """A row for each key of an object, and of the objects in it.

    `defaults` is what the object is when it is left out: it says more than its keys' own defaults do.
    """
    required = node.get("required", ())
    for key, value in node.get("properties", {}).items():
        if "const" in value:
            continue
        path = f"{prefix}{key}"
        given = defaults[key] if isinstance(defaults, dict) and key in defaults else value.get("default")
        default = "required" if key in required else _default(given)
        yield f"| `{path}` | {_type(value, defs)} | {default} | {_cell(meaning(value, defs))} |"
        for suffix, below in _objects(value, defs):
            yield from _rows(below, f"{path}{suffix}.", defs, given)


def _objects(node: Schema, defs: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """The objects in a value, with what leads to them: list items, entries of a mapping, members of a union."""
    options = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    for option in options or [node]:
        found = target(option, defs)
        items, entries = found.get("items"), entries_of(found)
        if "properties" in found:
            kinds = [value["const"] for value in found["properties"].values() if "const" in value]
            yield (f" ({kinds[0]})" if len(options) > 1 and kinds else ""), found
        elif isinstance(items, Mapping):
            yield from (("[]" + suffix, below) for suffix, below in _objects(items, defs))
        elif entries is not None:
            yield from ((".<name>" + suffix, below) for suffix, below in _objects(entries, defs))


def _type(node: Schema, defs: Mapping[str, Schema]) -> str:
    options = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    if options:
        return " or ".join(dict.fromkeys(_type(option, defs) for option in options))
    node = target(node, defs)
    if "const" in node:
        return f"`{json.dumps(node['const'])}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kind = node.get("type")
    if kind == "array":
        return f"list of {_type(node.get('items', {}), defs)}"
    if kind == "object":
        entries = entries_of(node)
        return f"mapping to {_type(entries, defs)}" if entries else "mapping"
    names = {"string": "text", "integer": "whole number", "boolean": "true, false", "null": "`null`"}
    least, most = node.get("minimum"), node.get("maximum")
    bounds = {
        (True, True): f", {least} to {most}",
        (True, False): f" from {least}",
        (False, True): f" up to {most}",
        (False, False): "",
    }[least is not None, most is not None]
    return names.get(str(kind), str(kind)) + bounds


def _default(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "see below"
    return f"`{json.dumps(value, ensure_ascii=False)}`".replace("|", r"\|")


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
