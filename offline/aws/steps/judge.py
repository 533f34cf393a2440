"""Judges steps by the rules of `rules/`; a new module there is imported by itself."""

from importlib import import_module
from pathlib import Path

from offline.aws.relations import RefusedError
from offline.aws.steps.names import name_taken
from offline.aws.steps.step import RULES, Step
from offline.aws.steps.transitions import forbidden_change

for _path in sorted((Path(__file__).parent / "rules").glob("[!_]*.py")):
    import_module(f"offline.aws.steps.rules.{_path.stem}")


def judge(step: Step) -> None:
    """
    Raises:
        RefusedError: AWS, or its provider, refuses the step.
    """
    for rule in (name_taken, forbidden_change, *RULES.get((step.kind, step.operation), ())):
        for refusal in rule(step):
            raise RefusedError(refusal)
