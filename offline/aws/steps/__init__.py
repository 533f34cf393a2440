"""Steps: what AWS refuses because of what exists, though the inputs alone are right."""

from offline.aws.steps.judge import judge
from offline.aws.steps.run import Run
from offline.aws.steps.step import Around, Operation, Step

__all__ = ["Around", "Operation", "Run", "Step", "judge"]
