"""Dependencies by values."""

from typing import TypeVar

import pulumi

T = TypeVar("T")


def once_ready(value: pulumi.Input[T], *resources: pulumi.CustomResource) -> pulumi.Output[T]:
    """`value`, once `resources` exist; a resource that takes it depends on them.

    A value that is known stays known in the preview that creates `resources`: one that became unknown would show
    whatever takes it as changed, or replaced, though the update leaves it alone.
    """
    kept = pulumi.Output.from_input(value)
    ready = pulumi.Output.all(*(resource.id for resource in resources))
    return ready.apply(lambda _: kept, run_with_unknowns=True)
