"""What the last update left of this stack, as its backend keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import invoke


@dataclass(frozen=True)
class Deployed:
    """One resource of the stack's state."""

    urn: str
    type: str
    outputs: Mapping[str, Any]
    """As the provider names them: `shardCount`."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


def deployed() -> dict[str, Deployed]:
    """URN to resource; empty before the first update has come to its end."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    # The engine cannot answer the second question for a stack that has no state yet: it ends with a panic (3.259).
    if not invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value["outputs"]:
        return {}
    found = invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}).value["outputs"]
    return {urn: Deployed(urn=urn, type=state["type"], outputs=state["outputs"]) for urn, state in found.items()}
