"""Resource types of the installed pulumi_aws: their properties, and which of them are required.

The package's sources are read as text, one file for the resource and one for its nested types: importing a service
package takes seconds. The result is kept on disk per package version, so that a type is parsed once.
"""

import ast
import importlib.util
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

# Raise it when the stored form or the reading changes.
_FORM = 2
_CLASS = re.compile(r"^class (\w+)\b[^\n]*:", re.MULTILINE)
_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\s+(?:@[^\n]*\n\s*)*def (\w+)\(self\) -> ([^\n]*):\n')
_MODULES = re.compile(r'resource_modules="""(.*?)"""', re.DOTALL)
_RESOURCE = re.compile(r"^class (\w+)\(pulumi\.CustomResource\)", re.MULTILINE)
_SECRETS = re.compile(r"additional_secret_outputs=\[([^\]]*)\]")
_SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Any": "any"}


class Node(NamedTuple):
    """A type: `string`, `integer`, `number`, `boolean`, `any`, `file`, `list`, `map`, `object` or `document`.

    `element` belongs to a list or map; `name` is the nested type of an object. A document is JSON text or an object.
    """

    kind: str
    element: "Node | None" = None
    name: str = ""

    def pack(self) -> Any:
        return (
            [self.kind, self.element.pack() if self.element else self.name] if self.element or self.name else self.kind
        )

    @staticmethod
    def unpack(packed: Any) -> "Node":
        if isinstance(packed, str):
            return Node(packed)
        kind, inner = packed
        return Node(kind, name=inner) if kind in {"object", "document"} else Node(kind, Node.unpack(inner))


@dataclass(frozen=True, slots=True)
class Fields:
    """Members of an object: camelCase name to type, and those that are never absent."""

    types: Mapping[str, Node]
    required: frozenset[str]

    def pack(self) -> Any:
        return [{key: node.pack() for key, node in self.types.items()}, sorted(self.required)]

    @staticmethod
    def unpack(packed: Any) -> "Fields":
        return Fields({key: Node.unpack(node) for key, node in packed[0].items()}, frozenset(packed[1]))


@dataclass(frozen=True)
class TypeSchema:
    """One resource type. `outputs.required` are the outputs that AWS always answers, `secrets` those to be kept hidden.

    `packed` holds the nested types (`XArgs` of inputs, `outputs.X` of outputs) until they are asked for.
    """

    token: str
    inputs: Fields
    outputs: Fields
    packed: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()

    @cached_property
    def _objects(self) -> dict[str, Fields]:
        return {}

    def object(self, name: str) -> Fields:
        if name not in self._objects:
            self._objects[name] = Fields.unpack(self.packed[name])
        return self._objects[name]

    @property
    def is_regional(self) -> bool:
        return "region" in self.inputs.types

    @property
    def is_tagged(self) -> bool:
        return "tags" in self.inputs.types and "tagsAll" in self.outputs.types


class UnknownTypeError(Exception):
    """A type token that the installed pulumi_aws does not have."""


class _Source:
    """One Python file: its classes, found at once and parsed when asked for."""

    def __init__(self, path: Path) -> None:
        self._text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = [(match.group(1), match.start()) for match in _CLASS.finditer(self._text)]
        ends = [*(start for _, start in found[1:]), len(self._text)] if found else []
        self._spans = {name: (start, end) for (name, start), end in zip(found, ends, strict=True)}

    def __contains__(self, name: str) -> bool:
        return name in self._spans

    def getters(self, name: str) -> Iterator[tuple[str, str]]:
        """camelCase name and annotation of every property of a class."""
        start, end = self._spans[name]
        for renamed, python_name, annotation in _GETTER.findall(self._text[start:end]):
            yield renamed or python_name, annotation

    def secrets(self, name: str) -> list[str]:
        """Outputs that a class marks as secret."""
        start, end = self._spans[name]
        return sorted({key for listed in _SECRETS.findall(self._text[start:end]) for key in json.loads(f"[{listed}]")})


class _Reader:
    """Reads one resource type from the package's sources."""

    def __init__(self, package: Path, folder: Path) -> None:
        self._package, self._folder = package, folder
        self.objects: dict[str, Fields] = {}

    def fields(self, source: _Source, name: str) -> Fields:
        types: dict[str, Node] = {}
        required = set()
        for key, annotation in source.getters(name):
            expression = ast.parse(annotation, mode="eval").body
            if not _is_optional(expression):
                required.add(key)
            types[key] = self._node(expression)
        return Fields(types, frozenset(required))

    def _node(self, expression: ast.expr) -> Node:
        match expression:
            case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Input" | "Output"), slice=inner):
                return self._node(inner)
            case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
                return Node("list", self._node(inner))
            case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
                return Node("map", self._node(inner))
            case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=choices)):
                return self._union([self._node(choice) for choice in choices])
            case ast.Attribute(attr="Asset" | "Archive"):
                return Node("file")
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return Node(_SCALARS.get(name, "any"))
            case ast.Constant(value=str(name)):
                return self._reference(name)
        return Node("any")

    @staticmethod
    def _union(choices: list[Node]) -> Node:
        kinds = {choice.kind for choice in choices}
        if kinds in ({"file"}, {"string"}):
            return choices[0]
        objects = [choice for choice in choices if choice.kind == "object"]
        return (
            Node("document", name=objects[0].name)
            if kinds == {"string", "object"} and len(objects) == 1
            else Node("any")
        )

    def _reference(self, name: str) -> Node:
        *prefix, plain_name = name.split(".")
        folder, file = self._folder, "_inputs.py"
        for part in prefix:
            if part == "outputs":
                file = "outputs.py"
            elif part.startswith("_") and part not in {"_enums", "_inputs"}:
                folder = self._package / part[1:]
        source = _source(folder / file)
        if plain_name not in source:
            return Node("string" if plain_name in _source(folder / "_enums.py") else "any")
        if name not in self.objects:
            self.objects[name] = Fields({}, frozenset())  # a type may contain itself
            reader = self if folder == self._folder else _Reader(self._package, folder)
            self.objects[name] = reader.fields(source, plain_name)
            self.objects.update({key: value for key, value in reader.objects.items() if key not in self.objects})
        return Node("object", name=name)


def _is_optional(expression: ast.expr) -> bool:
    match expression:
        case ast.Subscript(value=ast.Name(id="Optional")):
            return True
        case ast.Subscript(value=ast.Attribute(attr="Input" | "Output"), slice=inner):
            return _is_optional(inner)
    return False


@cache
def _source(path: Path) -> _Source:
    return _Source(path)


@cache
def package_folder() -> Path:
    """Where pulumi_aws is installed.

    Raises:
        ModuleNotFoundError: it is not.
    """
    found = importlib.util.find_spec("pulumi_aws")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pulumi_aws is not installed in this environment: pip install -r requirements.txt")
    return Path(found.origin).parent


@cache
def package_version() -> str:
    return str(json.loads((package_folder() / "pulumi-plugin.json").read_text(encoding="utf-8"))["version"])


@cache
def _modules() -> Mapping[str, tuple[str, str]]:
    """Token to Python package and class name."""
    found = _MODULES.search((package_folder() / "__init__.py").read_text(encoding="utf-8"))
    modules = json.loads(found.group(1)) if found else []
    return {token: (item["fqn"], name) for item in modules for token, name in item["classes"].items()}


def all_tokens() -> frozenset[str]:
    """Every resource type of the installed package."""
    return frozenset(_modules())


@cache
def _resource_files(folder: Path) -> Mapping[str, Path]:
    found = {}
    for path in sorted(folder.glob("*.py")):
        if path.name not in {"outputs.py", "_inputs.py", "_enums.py", "__init__.py"}:
            found.update(dict.fromkeys(_RESOURCE.findall(path.read_text(encoding="utf-8")), path))
    return found


@cache
def _store() -> Path:
    """Where parsed types are kept: with the environment that the package belongs to, else in the offline home."""
    root = Path(sys.prefix) if os.access(sys.prefix, os.W_OK) else Path(os.environ["WEBSTORE_OFFLINE_HOME"])
    folder = root / "share" / "offline-aws" / f"{package_version()}-{_FORM}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _read(token: str) -> Any:
    if token not in _modules():
        raise UnknownTypeError(f"{token} is not a resource type of pulumi_aws {package_version()}")
    qualified, class_name = _modules()[token]
    folder = package_folder().joinpath(*qualified.split(".")[1:])
    source = _source(_resource_files(folder)[class_name])
    reader = _Reader(package_folder(), folder)
    inputs = next((name for name in (f"{class_name}Args", f"{class_name}InitArgs") if name in source), None)
    return {
        "inputs": (reader.fields(source, inputs) if inputs else Fields({}, frozenset())).pack(),
        "outputs": reader.fields(source, class_name).pack(),
        "secrets": source.secrets(class_name),
        "objects": {name: fields.pack() for name, fields in reader.objects.items()},
    }


@cache
def schema_of(token: str) -> TypeSchema:
    """The schema of a resource type such as `aws:sqs/queue:Queue`.

    Raises:
        UnknownTypeError: the installed package has no such type.
    """
    path = _store() / (re.sub(r"[^\w]", "_", token) + ".json")
    if path.exists():
        packed = json.loads(path.read_text(encoding="utf-8"))
    else:
        packed = _read(token)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump(packed, file, separators=(",", ":"))
        Path(file.name).replace(path)  # whole or not at all: other plugins read it
    inputs, outputs = (Fields.unpack(packed[kind]) for kind in ("inputs", "outputs"))
    return TypeSchema(token, inputs, outputs, packed["objects"], frozenset(packed["secrets"]))
