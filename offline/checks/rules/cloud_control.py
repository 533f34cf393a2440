"""Cloud Control: a type that CloudFormation has, and a desired state that its schema takes."""

import difflib
import json
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.desired_state import state_problems
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule
from offline.facts.cloudformation import is_type, schema_of_state, type_names


@rule("cloudcontrol/resource:Resource")
def desired_state(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-create.html"""
    name = args.text("typeName")
    if name is None:
        return
    if not is_type(name):
        close = difflib.get_close_matches(name, type_names(), n=1)
        meant = f": did you mean {close[0]}?" if close else ""
        yield args.problem("typeName", f"must be a type that CloudFormation has{meant}")
        return
    text = args.text("desiredState")
    if text is None:
        return
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as problem:
        yield args.problem_without_value("desiredState", f"must be JSON: {problem}")
        return
    if not isinstance(state, dict):
        yield args.problem_without_value("desiredState", "must be a JSON object of the type's properties")
        return
    schema = schema_of_state(name)
    if schema is not None:
        yield from state_problems(schema, state)
