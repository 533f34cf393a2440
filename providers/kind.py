"""What AWS's model says of a kind of resource, and the little that it does not say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ServiceModel

from providers.ownership import without_owner


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
    further_calls: tuple[str, ...] = ()
    """Operations that its provider calls beside those of the scheme."""
    minutes: int = 15
    """How long AWS may take for one step."""
    caseless: tuple[str, ...] = ()
    """Inputs that AWS answers in upper or lower case, however they were given."""
    owned_by: str = ""
    """Input whose Avro text names the owner, where AWS keeps no tags."""

    def __str__(self) -> str:
        return f"{self.service} {xform_name(self.noun).replace('_', ' ')}"

    def operation(self, verb: str, ending: str = "") -> Any:
        return model_of(self.service).operation_model(f"{verb}{self.noun}{ending}")

    def comparable(self, name: str, value: Any) -> Any:
        """An input's value without what AWS, or another owner, writes otherwise."""
        if name == self.owned_by:
            return without_owner(value)
        return value.lower() if name in self.caseless and isinstance(value, str) else value

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
    def calls(self) -> list[str]:
        """Operations that its provider may call."""
        named = [f"{verb}{self.noun}" for verb in ("Create", "Describe", "Update", "Delete")]
        named += [f"List{self.noun}s", "ListTagsForResource", "TagResource", "UntagResource", *self.further_calls]
        known: Collection[str] = model_of(self.service).operation_names  # pyright: ignore[reportAssignmentType]
        return [name for name in named if name in known]

    @property
    def is_tagged(self) -> bool:
        return "tags" in self.shape.members
