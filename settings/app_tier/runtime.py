"""Where the code of a microservice runs."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.base import Section, section_rule
from settings.form import form
from settings.images import OWN_CODE, Image, as_own, in_ecr
from settings.problems import Refusal, refuse
from settings.service import RollingDeployment, ServiceSettings, secrets_in_clear
from settings.types import LogRetentionDays, SecretOrParameterArn, UrlPath


def _not_reserved(name: str) -> str:
    if name.startswith(("AWS_", "LAMBDA_")):
        raise refuse("must not begin with AWS_ or LAMBDA_, which Lambda reserves", fix="another name")
    return name


CodeName = Annotated[
    str, form(r"^[a-z][a-z0-9_]*$", "a folder's name: small letters, digits and underscores", "order_relay")
]


# Lambda reserves some names
# (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
FunctionVariable = Annotated[
    str,
    form(r"^[A-Za-z][A-Za-z0-9_]+$", "a variable's name: letters, digits and underscores, a letter first", "LEVEL"),
    AfterValidator(_not_reserved),
]


# A queue's consumer has two at least, and a hundred of the account's stay for functions without
# (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
ReservedConcurrency = Annotated[int, Field(ge=2, le=900)]


class FargateRuntime(ServiceSettings):
    """Tasks over all zones, behind the internal load balancer if the service has routes."""

    kind: Literal["fargate"]

    image: Image = Field()
    """`{source: services}`, the store's own code; or a container image with a tag or (better) a digest, which without a
    registry is in a repository of the account (`store/orders:1.4.0`; section `images`)."""

    health_check_path: UrlPath = "/health/live"
    """Path that the load balancer asks; it answers 200 while the task works."""

    # Narrower than the web tier's, which is sound for a model that nobody can change.
    deployment: RollingDeployment = RollingDeployment()  # pyright: ignore[reportIncompatibleVariableOverride]
    """Tasks are replaced a few at a time; a failing release is rolled back by circuit breaker and alarms."""


class LambdaRuntime(Section):
    """A function: with the code of `functions/<code>`, or from an image, such as that of the services, which answer the
    same requests and events as on Fargate. Exactly one of `code` and `image` is given."""

    kind: Literal["lambda"]

    code: CodeName | None = None
    """Folder in `functions`; its `handler.py` has `handler(event, context)`. It runs on Graviton."""

    image: Image | None = None
    """`{source: services}`, the store's own code; or an image in a repository of ECR in the home Region, with a tag or
    (better) a digest, whose entry point is a runtime interface client
    (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html)."""

    architecture: Literal["ARM64", "X86_64"] = "ARM64"
    """Processor that the image is built for; ARM64 (Graviton) costs less."""

    memory_mib: int = Field(default=512, ge=128, le=10_240)
    """Memory; CPU grows with it, 1,769 MiB to a virtual CPU
    (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)."""

    timeout_seconds: int = Field(default=30, ge=1, le=900)
    """Longest run of the function."""

    reserved_concurrency: ReservedConcurrency | None = None
    """Reserved concurrency, taken from the account's; without it the function shares the unreserved rest."""

    batch_size: int = Field(default=10, ge=1, le=10_000)
    """Most records of one run; a queue delivers at most ten messages."""

    environment_variables: dict[FunctionVariable, str] = Field(default={})
    """Plain values; never secrets."""

    secrets: dict[FunctionVariable, SecretOrParameterArn] = Field(default={})
    """Variable that holds an ARN, to the ARN of the Secrets Manager secret that the function reads by itself. Those of
    `{source: services}` have the value in its place once they run, as tasks do."""

    reach_internet: bool = False
    """Let a function inside the VPC open HTTPS connections through the NAT gateways; outside it always can."""

    log_days: LogRetentionDays = 365
    """Days that the function's logs are kept."""

    @property
    def serves(self) -> bool:
        """It is one of the store's own services, which answer requests and events of an inbox."""
        return self.image == OWN_CODE

    @section_rule
    def _code_or_image(self) -> Iterator[Refusal]:
        if self.code is None and self.image is None:
            yield refuse(
                "must have `code`, a folder of functions/, or `image`, such as `{source: services}`",
                fix="image: {source: services} for a service of the folder services",
            )
        elif self.code is not None and self.image is not None:
            yield refuse("must be left out beside `image`", at=("code",), fix="leave `code` out, or `image`")
        elif self.code is not None and self.architecture != "ARM64":
            yield refuse(
                "must be ARM64 with `code`: the layer with Powertools is built for it",
                at=("architecture",),
                write="ARM64",
            )
        if self.image is not None and not in_ecr(self.image):
            yield refuse(
                "must be in an ECR repository: Lambda pulls from no other registry"
                " (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html)",
                at=("image",),
                write=as_own(self.image),
            )

    @section_rule
    def _consistent(self) -> Iterator[Refusal]:
        yield from secrets_in_clear(self.environment_variables, self.secrets)
        for variable, arn in self.secrets.items():
            if ":secretsmanager:" not in arn:
                yield refuse(
                    "must be a secret of Secrets Manager: a function reads it at run time",
                    fix="keep the value in Secrets Manager and give its ARN",
                    at=("secrets", variable),
                )
