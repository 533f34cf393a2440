"""What a stack deployed, as its state tells: the only description of the store that the laptop run reads."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from local.errors import LocalError
from offline.errors import OfflineError
from offline.workspace import Workspace

# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go (SigKey, SecretSig)
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_STACK: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the state; secrets among its values are in clear.

    Attributes:
        type: Type token, such as `aws:sqs/queue:Queue`.
        name: Logical name, the end of the URN.
        id: Provider's id; empty for a component.
        parent: URN of the parent; empty for the stack.
    """

    urn: str
    type: str
    name: str
    id: str
    parent: str
    # Values may be secrets: they stay out of messages and tracebacks.
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)

    @property
    def arn(self) -> str:
        """Empty where the type has none."""
        return self.outputs.get("arn") or ""


class Deployed:
    """The resources and outputs of one stack."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """
        Args:
            entries: `resources` of a checkpoint or an export. Encrypted secrets stay as they are.
        """
        self.resources = tuple(map(_resource, entries))

    @classmethod
    def load(cls, workspace: Workspace, env: str) -> "Deployed":
        """Read the state of a stack, secrets in clear.

        Raises:
            LocalError: the stack is not deployed, or its state cannot be read.
        """
        try:
            if not _is_deployed(workspace.resources(env)):
                raise LocalError(
                    f"stack {env} must be deployed, but its state holds no resources. Run: make up ENV={env}"
                )
            exported = workspace.pulumi("stack", "export", "--show-secrets", "--stack", env, capture=True).stdout
        except OfflineError as problem:
            raise LocalError(str(problem)) from None
        return cls(json.loads(exported)["deployment"]["resources"])

    def of_type(self, token: str) -> list[Resource]:
        """Resources of a type, in the order of their creation."""
        return self._by_type.get(token, [])

    def by_arn(self, arn: str) -> Resource | None:
        return self._by_arn.get(arn)

    @cached_property
    def outputs(self) -> Mapping[str, Any]:
        """Outputs of the stack."""
        return self.of_type(_STACK)[0].outputs

    @property
    def name(self) -> str:
        """Name of the stack."""
        return self.resources[0].urn.split(":")[2]

    @property
    def region(self) -> str:
        return self.outputs["environment_region"]

    @property
    def account_id(self) -> str:
        return self.outputs["environment_account_id"]

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.type, []).append(resource)
        return found

    @cached_property
    def _by_arn(self) -> dict[str, Resource]:
        # A bucket's policy, a version of a secret and others name the ARN of what they belong to, which is made first.
        return {resource.arn: resource for resource in reversed(self.resources) if resource.arn}


def _is_deployed(entries: Iterable[Mapping[str, Any]]) -> bool:
    return any(entry.get("custom") and not entry["type"].startswith("pulumi:") for entry in entries)


def _resource(entry: Mapping[str, Any]) -> Resource:
    urn = entry["urn"]
    return Resource(
        urn=urn,
        type=entry["type"],
        name=urn.rpartition("::")[2],
        id=entry.get("id") or "",
        parent=entry.get("parent") or "",
        inputs=_in_clear(entry.get("inputs") or {}),
        outputs=_in_clear(entry.get("outputs") or {}),
    )


def _in_clear(value: Any) -> Any:
    """Values without the engine's marks of secrets."""
    match value:
        case {"plaintext": str(text), **marks} if marks.get(_SIGNATURE) == _SECRET:
            return json.loads(text)
        case dict():
            return {name: _in_clear(inner) for name, inner in value.items()}
        case list():
            return [_in_clear(inner) for inner in value]
    return value
