"""Compares a stack's state with the simulated cloud: killed runs, deleted files and restored copies let them differ.

The state is written at the end of a run only, so a killed one leaves the state of its beginning over a cloud that has
changed. On AWS the state is written at every step; only resources under way are lost, and must be looked up by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from offline.aws.cloud import Cloud, Row

_OURS: Final = "aws:"


@dataclass(frozen=True, slots=True)
class Difference:
    missing: Sequence[str]
    """URNs of the state that are not in the cloud."""
    lost: Sequence[Row]
    """What a run made and no state has ever held."""
    kept: Sequence[Row]
    """What a state once held: retained by its `retain_on_delete`, or taken out of the state by hand."""


def differences(cloud: Cloud, rows: Sequence[Row], recorded: Iterable[Mapping[str, Any]]) -> Difference:
    """What only one of the two holds; what both hold is marked in the cloud as recorded.

    Args:
        rows: The stack's resources in the cloud.
        recorded: Resources of the stack's state, read after them.
    """
    entries = [entry for entry in recorded if entry.get("custom") and entry["type"].startswith(_OURS)]
    places = {(row.urn, row.id): row for row in rows}
    known = {row.key for entry in entries if (row := places.get((entry["urn"], entry["id"])))}
    # A resource that an alias has renamed, or that another stack made, has the same type and id under another URN.
    others = {(entry["type"], entry["id"]): entry for entry in entries if (entry["urn"], entry["id"]) not in places}
    known |= {row.key for row in rows if (row.token, row.id) in others}
    missing = [
        entry["urn"] for identity, entry in others.items() if not entry.get("delete") and not cloud.exists(*identity)
    ]
    cloud.record(known)
    left = [row for row in rows if row.key not in known]
    return Difference(missing, [row for row in left if not row.recorded], [row for row in left if row.recorded])
