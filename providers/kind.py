"""What AWS's model says of a kind of resource, and the little that it does not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ServiceModel


@cache
def model_of(service: str) -> ServiceModel:
    """The installed model of a service's API."""
    return botocore.session.get_session().get_service_model(service)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource whose operations follow one scheme: `CreateFilter`, `DescribeFilter`, `ListFilters`, ...

    Inputs have the names of the operation that creates it.
    """

    service: str
    """Name of the service in boto3."""
    noun: str
    """As the operations write it: `DatasetGroup`."""
    unique: tuple[str, ...] = ("name",)
    """Inputs whose values together AWS takes once per account and Region; by them it is found again."""
    listed_by: str | None = None
    """Input by which its listing is narrowed."""
    changeable: tuple[str, ...] = ()
    """Inputs that AWS changes in place; any other change replaces the resource."""
    answers: tuple[str, ...] = ()
    """Further outputs, beside the ARN."""
    minutes: int = 15
    """How long AWS may take for one step."""

    def __str__(self) -> str:
        return f"{self.service} {xform_name(self.noun).replace('_', ' ')}"

    def operation(self, verb: str, ending: str = "") -> Any:
        return model_of(self.service).operation_model(f"{verb}{self.noun}{ending}")

    @property
    def member(self) -> str:
        """`datasetGroup`."""
        return self.noun[0].lower() + self.noun[1:]

    @property
    def arn(self) -> str:
        """The member that holds its ARN: `datasetGroupArn`."""
        return f"{self.member}Arn"

    @cached_property
    def shape(self) -> Any:
        """The request that creates it, in botocore's model, which has no types."""
        return self.operation("Create").input_shape

    @cached_property
    def inputs(self) -> Mapping[str, str]:
        """Names of inputs in Python, and in AWS."""
        return {xform_name(name): name for name in self.shape.members}

    @property
    def is_tagged(self) -> bool:
        return "tags" in self.shape.members
