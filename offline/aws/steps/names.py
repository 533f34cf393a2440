"""What AWS wants once (`checks/names.txt`), against what exists."""

from collections.abc import Iterator

from offline.aws.cloud import PENDING_DELETION
from offline.aws.steps.step import Neighbour, Step
from offline.checks.rules.names import is_overwriting, unique_names

_SHORTEST = 3
"""Shorter texts are not indexed by the cloud."""


def name_taken(step: Step) -> Iterator[str]:
    """The Errors section of the create operation in the service's API reference."""
    unique = unique_names().get(step.kind)
    if unique is None or step.operation == "delete" or is_overwriting(step.new):
        return
    name = unique.of(step.new)
    if name is None or (step.operation == "update" and unique.of(step.old) == name):
        return
    for other in _candidates(step, name):
        if other.stays and unique.of(other.inputs) == name:
            going = " and waits for its deletion" if other.status == PENDING_DELETION else ""
            shown = f"{step.kind} '{' '.join(filter(None, name))}'"
            yield f"{unique.says}: {shown} already exists{going} (made for {other.urn})"


def _candidates(step: Step, name: tuple[str, ...]) -> Iterator[Neighbour]:
    text = next((part for part in name if len(part) >= _SHORTEST and not part.isdigit()), None)
    if text is None:
        yield from step.around.all(step.kind)
        return
    yield from step.around.mentioning(text, step.kind)
    yield from (other for other in step.around.called(text, step.kind) if other.status == PENDING_DELETION)
