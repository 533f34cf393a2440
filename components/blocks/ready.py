"""Dependencies by values."""

from typing import TypeVar

import pulumi

T = TypeVar("T")


def once_ready(value: pulumi.Input[T], *resources: pulumi.CustomResource) -> pulumi.Output[T]:
    """`value`, known once `resources` exist; a resource that takes it depends on them."""
    return pulumi.Output.all(value, *(resource.id for resource in resources)).apply(lambda known: known[0])
