"""Changes in the words of who decides on them: what is lost, who gets in, what grows."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from changes.consequences import CONSEQUENCES
from review.differences import Change, Paths
from review.snapshot import Snapshot
from review.steps import Step

_METHOD: Final = "apigateway/method:Method"
_RESOURCE: Final = "apigateway/resource:Resource"


def losses(changes: Sequence[Change], steps: Sequence[Step]) -> list[str]:
    """Replacements and deletions of what customers or other teams would miss."""
    said = [text for change in changes if change.op == "deleted" for text in _deleted(change)]
    known = {(change.type, change.name): change for change in changes}
    for step in steps:
        consequence = CONSEQUENCES.get(step.type)
        if step.op != "replaced" or consequence is None:
            continue
        change = known.get((step.type, step.name))
        kept = bool(change and change.old and change.old.protect)
        text = consequence.of_replacement(kept=kept)
        if text and (change is None or change.old is None or consequence.missed(change.old.outputs)):
            why = f" ({', '.join(step.keys)})" if step.keys else ""
            said.append(f"{consequence.noun} `{step.name}` is replaced{why}: {text}")
    return said


def _deleted(change: Change) -> Iterator[str]:
    consequence = CONSEQUENCES.get(change.type)
    if consequence is None or change.old is None or not consequence.missed(change.old.outputs):
        return
    now = f" and `{change.replaced_by}` is made in its place" if change.replaced_by else ""
    yield f"{consequence.noun} `{change.name}` is deleted{now}: {consequence.of_deletion()}"


# Routes


@dataclass(frozen=True, order=True)
class Route:
    path: str
    method: str
    access: str
    """`public`, `iam`, or the scopes that it asks for."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes(snapshot: Snapshot) -> dict[str, Route]:
    """Routes of the API, by method and path."""
    parts = {made.id: made.inputs for made in snapshot.of(_RESOURCE)}

    def path_of(id_: str) -> str:
        own = parts.get(id_)
        return "" if own is None else f"{path_of(str(own.get('parentId')))}/{own.get('pathPart')}"

    found = [
        Route(
            path_of(str(made.inputs.get("resourceId"))) or "/", str(made.inputs.get("httpMethod")), _access(made.inputs)
        )
        for made in snapshot.of(_METHOD)
        if made.inputs.get("httpMethod") != "OPTIONS"
    ]
    return {str(route): route for route in found}


def _access(inputs: Mapping[str, Any]) -> str:
    kind = inputs.get("authorization")
    if kind == "NONE":
        return "public"
    if kind == "AWS_IAM":
        return "iam"
    return ", ".join(sorted(str(scope) for scope in inputs.get("authorizationScopes") or [])) or str(kind)


def route_changes(base: Snapshot, head: Snapshot) -> list[str]:
    """New, removed and changed routes; those that everybody may call are first."""
    before, after = routes(base), routes(head)
    public, others = list[str](), list[str]()
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if new is None:
            others.append(f"route {name} is removed: its callers get 404")
        elif old is None and new.access == "public":
            public.append(f"new public route {name}: everybody may call it")
        elif old is None:
            others.append(f"new route {name}, for callers with {new.access}")
        elif old.access != new.access:
            (public if new.access == "public" else others).append(
                f"route {name} is open to {new.access} instead of {old.access}"
            )
    return [*public, *others]


# Single resources


def _number(value: Any) -> str:
    try:
        return f"{float(value):,.10g}"
    except (TypeError, ValueError):
        return str(value)


def _grows(old: Any, new: Any) -> str:
    try:
        times = float(new) / float(old)
    except (TypeError, ValueError, ZeroDivisionError):
        return ""
    return " (doubled)" if times == 2 else " (halved)" if times == 0.5 else ""


def _size(unit: str) -> "Callable[[Change, str, Any, Any], str]":
    def said(change: Change, _: str, old: Any, new: Any) -> str:
        return f"`{change.name}` gets {_number(new)} {unit} instead of {_number(old)}{_grows(old, new)}"

    return said


def _is_now(what: str) -> "Callable[[Change, str, Any, Any], str]":
    def said(change: Change, _: str, old: Any, new: Any) -> str:
        return f"{what} of `{change.name}` is {_shown(new)} instead of {_shown(old)}"

    return said


def _shown(value: Any) -> str:
    text = "none" if value is None else _number(value) if isinstance(value, int | float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# Type, path of the property, and the sentence.
_SENTENCES: Final[Sequence[tuple[str, str, Callable[[Change, str, Any, Any], str]]]] = (
    ("ecs/taskDefinition:TaskDefinition", r"cpu", _size("CPU units")),
    ("ecs/taskDefinition:TaskDefinition", r"memory", _size("MiB of memory")),
    ("ecs/service:Service", r"desiredCount", _size("tasks")),
    ("appautoscaling/target:Target", r"minCapacity", _size("tasks at least")),
    ("appautoscaling/target:Target", r"maxCapacity", _size("tasks at most")),
    ("lambda/function:Function", r"memorySize", _size("MiB of memory")),
    ("lambda/function:Function", r"timeout", _size("seconds")),
    ("elasticache/replicationGroup:ReplicationGroup", r"nodeType", _is_now("node type")),
    ("dax/cluster:Cluster", r"nodeType", _is_now("node type")),
    ("opensearch/domain:Domain", r"clusterConfig\.instanceType", _is_now("instance type")),
    ("opensearch/domain:Domain", r"clusterConfig\.instanceCount", _size("data nodes")),
    ("msk/cluster:Cluster", r"brokerNodeGroupInfo\.instanceType", _is_now("instance type")),
    ("dynamodb/table:Table", r"billingMode", _is_now("billing mode")),
)


def sentences(changes: Sequence[Change]) -> list[str]:
    """What grows, shrinks or changes its kind."""
    said: list[str] = []
    for change in changes:
        if change.op not in ("updated", "replaced"):
            continue
        for type_, pattern, sentence in _SENTENCES:
            if not change.type.endswith(type_):
                continue
            said += [
                sentence(change, path, old, new)
                for path, (old, new) in change.paths.items()
                if re.fullmatch(pattern, path) and _number(old) != _number(new)
            ]
    return said


def told_paths(paths: Paths, most: int = 4) -> str:
    """The properties that changed, as a list lets the eye find them."""
    names = list(dict.fromkeys(re.sub(r"\[\d+\]", "[]", path) for path in paths))
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
