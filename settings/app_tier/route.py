"""A route of the API, in the entry of the service that serves it."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.base import Section
from settings.problems import refuse

# A part is a word or one named value; API Gateway's own letters are a few more
# (https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html).
RoutePath = Annotated[
    str,
    StringConstraints(pattern=r"^(/|(/([a-z0-9][a-z0-9-]*|\{[a-z][a-z0-9_]*\}))+)$", max_length=256),
    Field(examples=["/products/{product_id}"]),
]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
# A scope has a dot, so it is told from the two words.
Auth = Annotated[
    str, StringConstraints(pattern=r"^(public|iam|[a-z][a-z0-9-]*\.(read|write))$"), Field(examples=["orders.read"])
]
ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$"), Field(examples=["OrderRequest"])]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class RouteThrottle(Section):
    """Most requests that the route accepts, of all callers together."""

    requests_per_second: float = Field(gt=0, le=10_000)
    burst: int = Field(ge=1, le=5_000)
    """Requests at one moment."""


class Route(Section):
    path: RoutePath = "/"
    """Path below `/<service>`; a part in braces stands for one value."""

    methods: Annotated[tuple[Method, ...], Field(min_length=1)] = ("GET",)

    auth: Auth
    """Who may call it: customers whose token holds this scope, `iam` for machines that sign their requests as a role
    that may, or `public`, which the generated page of the API lists apart."""

    body: ModelName | None = None
    """Model in `api/models` that the request's JSON must fit."""

    query: dict[ParameterName, Literal["required", "optional"]] = Field(default={})
    """Parameters of the query string."""

    throttle: RouteThrottle | None = None
    """Limit of its own; without it that of the API."""

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in self.path.split("/") if part)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the values in its path."""
        return tuple(part[1:-1] for part in self.parts if part.startswith("{"))

    @property
    def shape(self) -> str:
        """The path without the names of its values: two routes of one shape are one to a caller."""
        return re.sub(r"\{[^}]*\}", "{}", self.path)

    @model_validator(mode="after")
    def _bodies_are_described(self) -> Self:
        with_body = [method for method in self.methods if method in ("POST", "PUT", "PATCH")]
        if with_body and self.body is None:
            raise refuse(
                f"must be given for {', '.join(with_body)}: without a model the service would get any body",
                fix="body: <model of api/models>",
                at=("body",),
            )
        if self.body and len(with_body) != len(self.methods):
            raise refuse(
                "must not be given for GET and DELETE, which have no body",
                fix="give methods with and without a body routes of their own",
                at=("body",),
            )
        return self

    @model_validator(mode="after")
    def _names_are_its_own(self) -> Self:
        if len(set(self.parameters)) != len(self.parameters):
            raise refuse("must name each value of the path once", at=("path",))
        return self
