"""Changes of single inputs that AWS does not make in place: `transitions.txt`."""

from collections.abc import Iterator, Mapping
from functools import cache

from offline.aws.steps.step import Step
from offline.aws.versions import is_older
from offline.checks.generic import plain
from offline.tables import rows


@cache
def transitions() -> Mapping[str, tuple[tuple[str, str, str], ...]]:
    """Type to path, allowed way and AWS's words."""
    table: dict[str, list[tuple[str, str, str]]] = {}
    for kind, path, way, says in rows("aws/steps/transitions.txt", 4):
        table.setdefault(kind, []).append((path, way, says))
    return {kind: tuple(lines) for kind, lines in table.items()}


def forbidden_change(step: Step) -> Iterator[str]:
    """The sources stand in the table."""
    if step.operation != "update":
        return
    for path, way, says in transitions().get(step.kind, ()):
        (old, key), (new, _) = step.old.inside(path), step.new.inside(path)
        before, after = old.raw(key), new.raw(key)
        if isinstance(before, (str, int, float)) and isinstance(after, (str, int, float)):
            shown = plain(before), plain(after)
            if shown[0] != shown[1] and not _allowed(way, *shown):
                yield says.format(old=shown[0], new=shown[1]) + f" (property {path})"


def _allowed(way: str, before: str, after: str) -> bool:
    kind, _, least = way.partition(" ")
    match kind:
        case "grows":
            return float(after) - float(before) >= float(least or 0)
        case "rises":
            return not is_older(after, than=before)
        case "never":
            return after != least
    return False
