"""Resources of the providers here, as programs declare them."""

import difflib
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, ClassVar

import pulumi
from botocore import xform_name
from pulumi.dynamic import Resource

from providers.base import ACCOUNT, REGION, ROLE, AwsProvider
from providers.calls import Place
from providers.ownership import OWNER, owned


class AwsResource(Resource):
    """A resource of AWS; a subclass names its provider.

    Args:
        resource_name: Name in Pulumi; AWS knows it by the input `name`.
        place: Account and Region, and the role that makes the calls.
        tags: Tags in AWS, where it keeps tags of this kind.
        inputs: Arguments of the operation that creates it, with names as boto3's documentation has them in snake case.

    Raises:
        TypeError: an input that the operation does not have.
        ValueError: the text of a schema is no JSON object.
    """

    PROVIDER: ClassVar[type[AwsProvider]]
    arn: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        place: Place,
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: pulumi.Input[Any],
    ) -> None:
        kind = self.PROVIDER.KIND
        for given in inputs:
            if given not in kind.inputs:
                near = difflib.get_close_matches(given, kind.inputs, 1)
                hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(kind.inputs)}"
                raise TypeError(f"{kind} {resource_name}: unknown input {given}{hint}")
        properties: dict[str, Any] = {**inputs, "region": place.region, "account_id": place.account_id}
        if place.assume_role_arn:
            properties["assume_role_arn"] = place.assume_role_arn
        owner = "/".join((pulumi.get_project(), pulumi.get_stack(), kind.noun, resource_name))
        if kind.is_tagged:
            properties["tags"] = {**(tags or {}), OWNER: owner}
        elif kind.owned_by in properties:
            text = properties[kind.owned_by]
            of_us = partial(_owned, f"{kind} {resource_name}: {kind.owned_by}", owner)
            properties[kind.owned_by] = (
                of_us(text) if isinstance(text, str) else pulumi.Output.from_input(text).apply(of_us)
            )
        answers = dict.fromkeys(("arn", *map(xform_name, kind.answers)))
        super().__init__(self.PROVIDER(), resource_name, {**properties, **answers}, opts)

    def translate_input_property(self, prop: str) -> str:
        return _names(self.PROVIDER).get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        return {aws: python for python, aws in _names(self.PROVIDER).items()}.get(prop, prop)


def _owned(place: str, owner: str, text: str) -> str:
    try:
        return owned(text, owner)
    except ValueError as problem:
        raise ValueError(f"{place} {problem}") from None


@cache
def _names(provider: type[AwsProvider]) -> Mapping[str, str]:
    """Names of properties in Python, and in the state."""
    kind = provider.KIND
    of_place = {xform_name(name): name for name in (REGION, ACCOUNT, ROLE)}
    return {**kind.inputs, **of_place, **{xform_name(name): name for name in kind.answers}}
