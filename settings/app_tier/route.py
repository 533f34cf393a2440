"""A route of the API, in the entry of the service that serves it."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.problems import NOTHING, Refusal, refuse

# A part is a word or one named value; API Gateway's own letters are a few more
# (https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html).
RoutePath = Annotated[
    str,
    form(
        r"^(/|(/(\.?[a-z0-9][a-z0-9.-]*|\{[a-z][a-z0-9_]*\}))+)$",
        "a path of small words and of values in braces, such as /products/{product_id}",
        "/products/{product_id}",
        max_length=256,
    ),
]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
# A scope has a dot, so it is told from the two words.
Auth = Annotated[
    str,
    form(
        r"^(public|iam|[a-z][a-z0-9-]*\.(read|write))$",
        "a scope, such as orders.read, or of one of the words public and iam",
        "orders.read",
        "iam",
    ),
]
ModelName = Annotated[
    str, form(r"^[A-Z][A-Za-z0-9]*$", "a model's name: letters and digits, a capital first", "OrderRequest")
]
ParameterName = Annotated[
    str, form(r"^[a-z][a-z0-9_]*$", "a parameter's name: small letters, digits and underscores", "cursor")
]


class RouteThrottle(Section):
    """Most requests that the route accepts, of all callers together."""

    requests_per_second: float = Field(gt=0, le=10_000)
    """Requests a second, on average."""

    burst: int = Field(ge=1, le=5_000)
    """Requests at one moment."""


class Route(Section):
    path: RoutePath = "/"
    """Path below `/<service>`; a part in braces stands for one value."""

    methods: Annotated[tuple[Method, ...], Field(min_length=1)] = ("GET",)
    """HTTP methods that it answers, each alike."""

    auth: Auth
    """Who may call it: customers whose token holds this scope, `iam` for machines that sign their requests as a role
    that may, or `public`, which the generated page of the API lists apart."""

    body: ModelName | None = None
    """Model in `api/models` that the request's JSON must fit."""

    form: bool = False
    """Its requests are HTML forms (`application/x-www-form-urlencoded`), for which API Gateway has no models: web ACLs
    inspect them, and the service alone judges their fields."""

    query: dict[ParameterName, Literal["required", "optional"]] = Field(default={})
    """Parameters of the query string."""

    throttle: RouteThrottle | None = None
    """Limit of its own; without it that of the API."""

    @property
    def scoped(self) -> bool:
        """Callers have a token."""
        return self.auth not in ("public", "iam")

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

    @section_rule
    def _bodies_are_described(self) -> Iterator[Refusal]:
        with_body = [method for method in self.methods if method in ("POST", "PUT", "PATCH")]
        if self.form and (self.body is not None or len(with_body) != len(self.methods)):
            yield refuse(
                "must be false beside `body`, and for GET and DELETE: a form is a body of its own",
                fix="give forms a route of their own",
                at=("form",),
                write=False,
            )
        if with_body and self.body is None and not self.form:
            yield refuse(
                f"must be given for {', '.join(with_body)}: without a model the service would get any body",
                fix="body: <model of api/models>, or `form: true` for what browsers send",
                at=("body",),
            )
        if self.body and len(with_body) != len(self.methods):
            yield refuse(
                "must not be given for GET and DELETE, which have no body",
                fix="give methods with and without a body routes of their own",
                at=("body",),
                write=NOTHING if with_body else None,
            )

    @section_rule
    def _names_are_its_own(self) -> Iterator[Refusal]:
        if len(set(self.parameters)) != len(self.parameters):
            yield refuse("must name each value of the path once", fix="give each value a name of its own", at=("path",))
