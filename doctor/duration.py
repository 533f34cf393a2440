"""How long the first update takes: the longest way through what waits for what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import yaml

from doctor.program import Program
from offline.recorder import Registered

_RECORD = Path(__file__).parent / "facts" / "durations.yaml"


@dataclass(frozen=True)
class Duration:
    minutes: int
    way: Sequence[tuple[str, str, float]]
    """Name, type and minutes of the resources on the longest way, without those that take seconds."""


@cache
def _record() -> Mapping[str, float]:
    """Short token to minutes; `default` for all others."""
    return yaml.safe_load(_RECORD.read_text(encoding="utf-8"))["minutes"]


def minutes_of(resource: Registered) -> float:
    """Minutes that AWS takes to create the resource."""
    record = _record()
    if resource.type.endswith("route53/record:Record"):
        return record["route53/record"]
    return record.get(resource.type.split(":")[1], record["default"])


def duration(program: Program) -> Duration:
    """Time of the longest chain of resources that wait for each other, without the wait for a person who delegates."""
    by_urn = {resource.urn: resource for resource in program.resources}
    graph = {resource.urn: [urn for urn in resource.dependencies if urn in by_urn] for resource in program.resources}
    ends: dict[str, float] = {}
    before: dict[str, str] = {}
    for urn in TopologicalSorter(graph).static_order():
        latest = max(graph[urn], key=lambda earlier: ends[earlier], default="")
        ends[urn] = (ends[latest] if latest else 0) + minutes_of(by_urn[urn])
        before[urn] = latest
    last = max(ends, key=lambda urn: ends[urn])
    way: list[tuple[str, str, float]] = []
    urn = last
    while urn:
        resource = by_urn[urn]
        if minutes_of(resource) >= 1:
            way.append((resource.name, resource.type.split(":")[1], minutes_of(resource)))
        urn = before[urn]
    return Duration(round(ends[last]), tuple(reversed(way)))
