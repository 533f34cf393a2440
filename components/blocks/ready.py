"""Ordering by values."""

from typing import TypeVar

import pulumi

T = TypeVar("T")


def once_ready(value: pulumi.Input[T], *resources: pulumi.CustomResource) -> pulumi.Output[T]:
    """`value`, known as soon as `resources` exist, and a dependency on them for whoever takes it."""
    return pulumi.Output.all(value, *(resource.id for resource in resources)).apply(lambda known: known[0])
