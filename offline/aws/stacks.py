"""Stacks of CloudFormation: the outputs of their templates."""

import json
from collections.abc import Mapping
from typing import Any

from offline.aws.cloud_control import decided_properties
from offline.aws.ids import Mint
from offline.aws.minting import alphabet_text, uuid_text
from offline.aws.relations import RefusedError
from offline.facts.cloudformation import schema_of_state
from offline.wire import Properties

_CONNECTION = "AWS::Events::Connection"


def outputs(values: Mapping[str, Any], mint: Mint) -> Properties:
    """Attributes that the template's outputs name, of the types whose attributes are recorded.

    Raises:
        RefusedError: an output is of another kind.
    """
    try:
        template = json.loads(str(values.get("templateBody") or "{}"))
    except ValueError:
        return {}
    made = _Made(template.get("Resources", {}), str(values.get("name")), values.get("parameters") or {}, mint)
    return {"outputs": {key: made.output(key, of.get("Value")) for key, of in template.get("Outputs", {}).items()}}


class _Made:
    """Resources of a stack: what AWS decides of them is the same as long as their logical id is."""

    def __init__(self, resources: Mapping[str, Any], stack: str, parameters: Mapping[str, Any], mint: Mint) -> None:
        self._resources, self._stack, self._parameters, self._mint = resources, stack, parameters, mint

    def output(self, key: str, value: Any) -> str:
        match value:
            case {"Fn::GetAtt": [str() as logical, str() as attribute]}:
                found = self._decided(logical).get(attribute)
                if found is not None:
                    return found
        raise RefusedError(
            f"output {key} of the stack must be an attribute that offline AWS knows: `Fn::GetAtt` of a type in"
            f" offline/aws/cloudformation.txt, or the Arn of an {_CONNECTION}; received {json.dumps(value)}"
        )

    def _decided(self, logical: str) -> Mapping[str, str]:
        made = self._resources.get(logical, {})
        kind, mint = made.get("Type"), self._mint
        if kind == _CONNECTION:
            own = alphabet_text(f"{self._stack}{logical}", "abcdefghijklmnopqrstuvwxyz0123456789", 12)
            identifier = uuid_text(f"{mint.account}{mint.region}{self._stack}{logical}")
            form = f"events:connection/{self._stack}-{logical}-{own}/{identifier}"
            return {"Arn": mint.text(form, is_arn=True)}
        stated = {key: self._text(value) for key, value in (made.get("Properties") or {}).items()}
        known = {key: text for key, text in stated.items() if text is not None}
        inner = mint.inside(f"{self._stack}/{logical}", known)
        decided: dict[str, str] = {}
        for key, form in decided_properties().get(str(kind), {}).items():
            decided[key] = inner.text(form)
            inner.know(key, decided[key])
        return decided

    def _text(self, value: Any) -> str | None:
        """A property as text, with what it refers to; None where it is no text."""
        match value:
            case str():
                return value
            case {"Ref": str() as name} if name in self._parameters:
                return str(self._parameters[name])
            case {"Ref": str() as name}:
                schema = schema_of_state(str(self._resources.get(name, {}).get("Type")))
                decided = self._decided(name)
                return "|".join(decided.get(key, "") for key in schema.identifier) if schema else None
            case {"Fn::GetAtt": [str() as logical, str() as attribute]}:
                return self._decided(logical).get(attribute)
        return None
