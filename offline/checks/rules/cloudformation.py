"""CloudFormation: a template in JSON, of types that there are, with properties that their schemas take."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from offline.checks.block import Block
from offline.checks.desired_state import state_problems
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule
from offline.facts.cloudformation import is_type, schema_of_state, type_names

_MOST_BYTES = 51_200


@rule("cloudformation/stack:Stack")
def template(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html

    A template in YAML is judged by its length alone.
    """
    text = args.text("templateBody")
    if text is None:
        return
    if len(text.encode()) > _MOST_BYTES:
        yield args.problem_without_value("templateBody", f"must have at most {_MOST_BYTES} bytes")
    if not text.lstrip().startswith("{"):
        return
    try:
        resources = json.loads(text).get("Resources")
    except (ValueError, RecursionError) as problem:
        yield args.problem_without_value("templateBody", f"must be JSON: {problem}")
        return
    for name, made in resources.items() if isinstance(resources, dict) else ():
        yield from _resource(args, name, made)


def _resource(args: Block, name: str, made: Any) -> Iterator[Problem]:
    if not name.isalnum():
        yield args.problem_without_value("templateBody", f"logical id {name} must have letters and digits only")
    kind = made.get("Type") if isinstance(made, dict) else None
    if not isinstance(kind, str) or not kind.startswith("AWS::"):
        return
    if not is_type(kind):
        close = difflib.get_close_matches(kind, type_names(), n=1)
        meant = f": did you mean {close[0]}?" if close else ""
        yield args.problem_without_value("templateBody", f"{name} must be of a type that CloudFormation has{meant}")
    schema = schema_of_state(kind)
    if schema is not None:
        yield from state_problems(schema, made.get("Properties") or {}, at=f"templateBody.{name}")
