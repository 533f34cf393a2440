"""What stacks of CloudFormation made: the resources of their templates."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.errors import LocalError
from local.state import Deployed, Resource

_STACK: Final = "aws:cloudformation/stack:Stack"


@dataclass(frozen=True, slots=True)
class Made:
    """One resource of a template, with its references resolved."""

    name: str
    type: str
    properties: Mapping[str, Any]


class Stack:
    def __init__(self, deployed: Resource) -> None:
        template = json.loads(deployed.outputs.get("templateBody") or "{}")
        self.name = deployed.name
        self._resources: Mapping[str, Any] = template.get("Resources") or {}
        self._parameters: Mapping[str, str] = deployed.outputs.get("parameters") or {}
        found: Mapping[str, str] = deployed.outputs.get("outputs") or {}
        self._attributes = {
            tuple(output["Value"]["Fn::GetAtt"]): found[key] for key, output in (template.get("Outputs") or {}).items()
        }

    def of_type(self, kind: str) -> Iterator[Made]:
        for name, made in self._resources.items():
            if made["Type"] == kind:
                yield Made(name, kind, self._resolved(made.get("Properties") or {}))

    def attribute(self, name: str, attribute: str) -> str:
        """
        Raises:
            LocalError: no output of the stack names the attribute.
        """
        if (name, attribute) not in self._attributes:
            raise LocalError(
                f"stack {self.name} must have {attribute} of {name} among its outputs, which alone tell what AWS chose"
            )
        return self._attributes[name, attribute]

    def _resolved(self, value: Any) -> Any:
        match value:
            case {"Ref": str() as name} if name in self._parameters:
                return self._parameters[name]
            case {"Ref": str() as name}:
                return self.attribute(name, "Id")
            case {"Fn::GetAtt": [str() as name, str() as attribute]}:
                return self.attribute(name, attribute)
            case dict():
                return {key: self._resolved(item) for key, item in value.items()}
            case list():
                return [self._resolved(item) for item in value]
        return value


def stacks_of(deployed: Deployed) -> Iterator[Stack]:
    for stack in deployed.of_type(_STACK):
        yield Stack(stack)
