"""Cloud Control: a resource that exists."""

from collections.abc import Iterator

from offline.aws.cloud_control import KIND, stated_identifier
from offline.aws.steps.step import Step, step_rule
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
