"""Cloud Control: a resource that exists."""

import json
from collections.abc import Iterator

from offline.aws.cloud_control import KIND, stated_identifier
from offline.aws.steps.step import Step, step_rule
from offline.checks.desired_state import found_at
from offline.facts.cloudformation import schema_of_state


@step_rule(KIND, on=("create",))
def exists_already(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_HandlerError.html"""
    named = stated_identifier(step.new)
    if named is None:
        return
    for other in step.around.all(KIND):
        if other.stays and stated_identifier(other.inputs) == named:
            name = "|".join(named[1:])
            yield f"AlreadyExists: Resource of type '{named[0]}' with identifier '{name}' already exists. ({other.urn})"


@step_rule(KIND, on=("update",))
def without_updates(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_UpdateResource.html"""
    name = step.new.text("typeName")
    schema = schema_of_state(name) if name else None
    changed = not step.new.unknown("desiredState") and step.new.text("desiredState") != step.old.text("desiredState")
    if schema is not None and not schema.is_updatable and changed:
        yield f"UnsupportedActionException: Resource type {name} does not support UPDATE action"


@step_rule(KIND, on=("update",))
def what_aws_does_not_answer(step: Step) -> Iterator[str]:
    """The provider sends a patch, which AWS applies to what it reads: what it never answers has no place there.

    https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-update.html
    https://github.com/pulumi/pulumi-aws-native/issues/783
    """
    name = step.new.text("typeName")
    schema = schema_of_state(name) if name else None
    before, after = step.old.text("desiredState"), step.new.text("desiredState")
    if schema is None or not before or not after or before == after:
        return
    old, new = json.loads(before), json.loads(after)
    for path in schema.write_only:
        found = list(found_at(old, path))
        if found and found != list(found_at(new, path)):
            yield f"ValidationException: [REPLACE Operation] noSuchPath in source, path provided : //{'/'.join(path)}"
