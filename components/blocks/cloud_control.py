"""Resources of types that CloudFormation has and pulumi_aws lacks, by Cloud Control."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.foundation import Foundation


class CloudControl:
    """One resource of Cloud Control: a type of CloudFormation with its desired state.

    The provider's default tags do not reach a desired state, so the environment's tags are written into it. Values that
    are known before the resource is made keep the state readable in a preview, for policies too: a single unknown one
    makes all of it unknown.
    """

    id: pulumi.Output[str]
    """Primary identifier; its parts with `|` between, where it has several."""

    def __init__(
        self,
        name: str,
        type_name: str,
        state: Mapping[str, Any],
        *,
        foundation: Foundation,
        tags: str | None = "Tags",
        opts: pulumi.ResourceOptions,
    ) -> None:
        """
        Args:
            name: Logical name.
            type_name: Such as `AWS::Location::APIKey`.
            state: Properties as CloudFormation spells them; values may be outputs.
            tags: Property that takes tags as a list of `Key` and `Value`; None for a type without.
        """
        self._type_name = type_name
        tagged = (
            {tags: [{"Key": key, "Value": value} for key, value in foundation.environment.tags.items()]} if tags else {}
        )
        self.resource = aws.cloudcontrol.Resource(
            name,
            type_name=type_name,
            desired_state=pulumi.Output.json_dumps({**state, **tagged}, sort_keys=True),
            opts=opts,
        )
        self.id = self.resource.id

    def attribute(self, key: str) -> pulumi.Output[str]:
        """A top-level property that AWS decides, such as `KeyArn`.

        Raises:
            KeyError: the type has no such property.
        """
        return self.resource.properties.apply(lambda properties: self._read(properties, key))

    def _read(self, properties: str, key: str) -> str:
        known = json.loads(properties)
        if key not in known:
            raise KeyError(f"{self._type_name} must have the property {key}; it has {', '.join(sorted(known))}")
        return known[key]
