"""Programs of other teams from their exported state, as the engine sends them to the pack, deployed or in a preview."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from policies.library.findings import Finding
from policies.library.judge import Judge
from policies.library.resources import Resource
from policies.library.rules import REGISTRY
from policies.library.values import plain
from tests.policies.support import TODAY, UNKNOWN


class Exported(NamedTuple):
    """One resource, as both calls of the engine send it."""

    own: Resource
    """With its inputs, as a resource is judged by itself."""
    among: Resource
    """With its outputs, as it is judged among the others."""


def _later(value: Any, computed: list[str]) -> Any:
    """The value, unknown for each text with a value known only in the update."""
    if isinstance(value, str):
        return UNKNOWN if any(text in value for text in computed) else value
    if isinstance(value, list):
        return [_later(item, computed) for item in value]
    if isinstance(value, dict):
        return {key: _later(item, computed) for key, item in value.items()}
    return value


def _computed(resource: Mapping[str, Any]) -> list[str]:
    """Texts that AWS assigned to a resource: its id, and outputs that are not inputs."""
    inputs = resource.get("inputs", {})
    outputs = {"": resource.get("id"), **resource.get("outputs", {})}
    texts = [value for key, value in outputs.items() if isinstance(value, str) and value and key not in inputs]
    given = [value for value in inputs.values() if isinstance(value, str)]
    return [text for text in texts if len(text) > 3 and text not in given]


def read(path: Path, *, preview: bool = False) -> list[Exported]:
    """Resources of a state file (`pulumi stack export`); with `preview`, as the first preview of the same program."""
    state = json.loads(path.read_text(encoding="utf-8"))
    entries = state.get("deployment", state)["resources"]
    by_urn = {entry["urn"]: entry for entry in entries}
    found: list[Exported] = []
    for entry in entries:
        edges = {key: tuple(urns) for key, urns in entry.get("propertyDependencies", {}).items() if urns}
        inputs: dict[str, Any] = entry.get("inputs", {})
        outputs: dict[str, Any] = entry.get("outputs", {})
        if preview:
            inputs = {
                key: _later(value, [text for urn in edges.get(key, ()) for text in _computed(by_urn[urn])])
                for key, value in inputs.items()
            }
            outputs = dict.fromkeys(outputs, UNKNOWN)
        provider = by_urn.get(entry.get("provider", "").rpartition("::")[0], {})
        common: dict[str, Any] = {
            "urn": entry["urn"],
            "type": entry["type"],
            "name": entry["urn"].rpartition("::")[2],
            "parent": entry.get("parent", ""),
            "dependencies": tuple(entry.get("dependencies", ())),
            "property_dependencies": edges,
            "load_provider": lambda provider=provider: plain(provider.get("inputs", {})),
            "protect": bool(entry.get("protect")),
            "ignore_changes": tuple(entry.get("ignoreChanges", ())),
        }
        found.append(
            Exported(
                Resource(load=lambda inputs=inputs: plain(inputs), **common),
                Resource(load=lambda both={**outputs, **inputs}: plain(both), inputs=frozenset(inputs), **common),
            )
        )
    return found


def judge(program: list[Exported]) -> list[Finding]:
    """Findings of all rules under the levels of prod; a rule that fails is an error of the test."""
    court = Judge(REGISTRY, known_rules=REGISTRY, today=lambda: TODAY)
    found = [finding for resource in program for finding in court.resource(resource.own)]
    found += court.stack(resource.among for resource in program)
    assert not [finding.message for finding in found if finding.broken]
    return found
