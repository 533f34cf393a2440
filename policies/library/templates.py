"""Resources of a CloudFormation template, with its functions resolved as far as the stack's parameters are known."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

import yaml

from policies.library.documents import parse
from policies.library.resources import Resource
from policies.library.values import MISSING, UNKNOWN, UNKNOWN_TEXTS, as_text, read
from policies.library.yaml_text import Loader, load

STACKS: Final = ("aws:cloudformation/stack:Stack", "aws-native:cloudformation:Stack")
_PLACEHOLDER: Final = re.compile(r"\$\{([^!{}][^{}]*)\}")
_NO_VALUE: Final = "AWS::NoValue"
_KEPT: Final = ("Retain", "RetainExceptOnCreate")


class Entry(NamedTuple):
    """One resource of a template."""

    name: str
    """Its logical id."""
    type: str
    properties: dict[str, Any]
    edges: Mapping[str, tuple[str, ...]]
    """By property, URNs of its value's sources: other entries, and sources of the stack's parameters."""
    retained: bool
    """Whether the resource is kept when its stack is deleted."""


def urn_of(stack: Resource, name: str) -> str:
    return f"{stack.urn}#Resources.{name}"


class _Loader(Loader):
    """YAML with the short forms of functions."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = None
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    document = parse(text)
    if document is not UNKNOWN or any(marker in text for marker in UNKNOWN_TEXTS):
        return document
    return load(text, _Loader)


@dataclass
class _Template:
    """Resolves functions, and records what they refer to."""

    stack: Resource
    resources: Mapping[str, Any]
    parameters: Mapping[str, Any]
    edges: dict[str, None] = field(default_factory=dict)

    def resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self.resolved, value) if item is not MISSING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref":
                return self._named(argument)
            if name.startswith("Fn::"):
                return self._called(name, argument)
        members = {name: self.resolved(item) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not MISSING}

    def _named(self, name: Any) -> Any:
        if name == _NO_VALUE:
            return MISSING
        if not isinstance(name, str):
            return UNKNOWN
        if name in self.resources:
            self.edges[urn_of(self.stack, name)] = None
        elif name in self.parameters:
            given = read(self.stack.props, "parameters")
            value = given.get(name, MISSING) if isinstance(given, dict) else given
            if value is UNKNOWN:
                self.edges.update(dict.fromkeys(self.stack.sources_of("parameters")))
            elif value is MISSING or value is None:
                value = read(self.parameters[name], "Default")
            kind = str(read(self.parameters[name], "Type"))
            if kind.startswith("AWS::SSM::Parameter::Value"):
                # The value is the name of a Systems Manager parameter, which CloudFormation reads.
                return UNKNOWN
            if isinstance(value, str) and (kind == "CommaDelimitedList" or kind.startswith("List<")):
                return [part.strip() for part in value.split(",")]
            return UNKNOWN if value is MISSING else value
        elif name == "AWS::Region":
            return self.stack.region
        elif name == "AWS::Partition":
            return "aws"
        return UNKNOWN

    def _called(self, name: str, argument: Any) -> Any:
        if name == "Fn::Sub":
            text, given = argument, {}
            if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
                text, given = argument
            return self._substituted(text, given)
        if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2:
            parts = self.resolved(argument[1])
            if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
                return str(argument[0]).join(parts)
            return UNKNOWN
        if name == "Fn::GetAtt":
            path = argument.split(".", 1) if isinstance(argument, str) else argument
            self._named(path[0] if isinstance(path, list) and path else None)
            return UNKNOWN
        # The value is looked up, chosen or computed; references inside still name its sources.
        self.resolved(argument)
        return UNKNOWN

    def _substituted(self, text: Any, given: Mapping[str, Any]) -> Any:
        if not isinstance(text, str):
            return UNKNOWN
        known = True

        def value_of(found: re.Match[str]) -> str:
            nonlocal known
            name = found[1].strip()
            value = self.resolved(given[name]) if name in given else self._named(name.split(".", 1)[0])
            if not isinstance(value, str):
                known = False
                return ""
            return value

        result = _PLACEHOLDER.sub(value_of, text).replace("${!", "${")
        return result if known else UNKNOWN


def entries(stack: Resource) -> Iterator[Entry]:
    """The resources of a stack's template, if known; a template given by URL is not read."""
    body = read(stack.props, "templateBody")
    template = _parsed(body) if isinstance(body, str) else body
    resources, parameters = read(template, "Resources"), read(template, "Parameters")
    for name, made in resources.items() if isinstance(resources, dict) else ():
        if not isinstance(made, dict) or not isinstance(made.get("Type"), str):
            continue
        resolver = _Template(stack, resources, parameters if isinstance(parameters, dict) else {})
        stated = made.get("Properties")
        properties: dict[str, Any] = {}
        edges: dict[str, tuple[str, ...]] = {}
        for key, value in stated.items() if isinstance(stated, dict) else ():
            resolver.edges.clear()
            resolved = resolver.resolved(value)
            if resolved is not MISSING:
                properties[key] = resolved
                edges[key] = tuple(resolver.edges)
        yield Entry(name, made["Type"], properties, edges, as_text(read(made, "DeletionPolicy")) in _KEPT)
