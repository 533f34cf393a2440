"""The resources that two snapshots differ in, property by property."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from review.boxes import Boxes
from review.snapshot import Made, Snapshot

Paths = Mapping[str, tuple[Any, Any]]
"""Path of a property to its value before and after; None where there is none."""


@dataclass(frozen=True)
class Change:
    type: str
    name: str
    box: str
    op: str
    """`created`, `updated`, `replaced` or `deleted`."""
    old: Made | None = None
    new: Made | None = None
    paths: Paths = field(default_factory=dict)
    replaced_by: str = ""
    """Name of a created resource that is this deleted one under another name."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        made = self.new or self.old
        return made.inputs if made else {}


def differences(base: Snapshot, head: Snapshot, boxes: Boxes) -> list[Change]:
    """Created, updated and deleted resources; a pair of the same shape is one that has another name."""
    created = [Change(new.type, new.name, boxes.of(*new.key), "created", new=new) for new in _only(head, base)]
    deleted = [Change(old.type, old.name, boxes.of(*old.key), "deleted", old=old) for old in _only(base, head)]
    renamed = {old.name: new.name for old, new in _pairs(deleted, created)}
    changes = [*created]
    for change in deleted:
        made = change.old
        changes.append(
            Change(change.type, change.name, change.box, "deleted", old=made, replaced_by=renamed.get(change.name, ""))
        )
    for key in base.by_key.keys() & head.by_key.keys():
        old, new = base.by_key[key], head.by_key[key]
        paths = dict(changed(old.inputs, new.inputs))
        if paths or old.protect != new.protect:
            changes.append(Change(new.type, new.name, boxes.of(*new.key), "updated", old, new, paths))
    return sorted(changes, key=lambda one: (one.box, one.type, one.name))


def changed(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Leaves that differ; JSON in texts is looked into."""
    old, new = _opened(old), _opened(new)
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from changed(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            before = old[number] if number < len(old) else None
            after = new[number] if number < len(new) else None
            yield from changed(before, after, f"{path}[{number}]")
    else:
        yield path, (old, new)


def _only(one: Snapshot, other: Snapshot) -> list[Made]:
    return [made for made in one.resources if made.key not in other.by_key]


def _pairs(deleted: list[Change], created: list[Change]) -> Iterator[tuple[Change, Change]]:
    """Those of one type and box that have the same inputs but for their names."""
    left = list(created)
    for old in deleted:
        for new in left:
            if (old.type, old.box) == (new.type, new.box) and _nameless(old) == _nameless(new):
                left.remove(new)
                yield old, new
                break


def _nameless(change: Change) -> str:
    text = json.dumps(change.inputs, sort_keys=True, default=str)
    return text.replace(change.name, "*")


def _opened(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{" and value[-1:] in "]}":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
