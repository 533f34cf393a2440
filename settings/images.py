"""Section `images`: repositories of container images, and the cache of public ones."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from settings.base import Section
from settings.form import ANOTHER_ACCOUNT, form
from settings.problems import refuse
from settings.types import AccountId

PUBLIC_REGISTRY = "public.ecr.aws"
"""The only registry that the cache reads: it needs no credentials."""

CACHE = "store-public"
"""How the names of the cache's repositories begin; the stack's name follows."""

OWN_REPOSITORY = "store/services"
"""Repository of the image that is built from the folder `services`."""

OWN_CODE = f"{OWN_REPOSITORY}:built-from-source"
"""What `{source: services}` becomes: an image of the account, whose tag is found when it is built."""

Processor = Literal["ARM64", "X86_64"]
"""Processor of tasks, in the words of ECS."""
SourceImage = Literal["services/ARM64", "services/X86_64"]
"""Image that is built from a folder of the project, for a processor."""

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html (repositoryName)
REPOSITORY = re.compile(r"^(?=.{2,256}$)([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*$")


def _released(image: str) -> str:
    tag = re.search(r":([^:/@]+)(@|$)", image)
    if "@sha256:" not in image and (tag is None or tag[1] == "latest"):
        raise refuse(
            "must name a release by its tag, or better by its digest: `latest` is another image tomorrow, and a task"
            " that AWS replaces at night would run it",
            fix=f"{image.removesuffix(':latest')}:<release>, or @sha256:<digest> in place of the tag",
        )
    return image


def _from_source(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"source"} and value["source"] != "services":
        raise refuse("must be `services`, the folder of the store's own code", at=("source",), write="services")
    if value != {"source": "services"}:
        raise refuse(
            "must be `{source: services}`, the store's own code, or an image with its tag", write={"source": "services"}
        )
    return OWN_CODE


class _OrSource:
    """Writes into the JSON schema that a mapping may stand in place of the text."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        source = {
            "type": "object",
            "title": "OwnCode",
            "description": "The store's own code, built from the folder `services` by the update.",
            "properties": {"source": {"const": "services", "type": "string"}},
            "required": ["source"],
            "additionalProperties": False,
        }
        return {"anyOf": [handler(core), source]}


ReleasedImage = Annotated[
    str,
    form(
        r"^[a-z0-9.-]+(:\d+)?/[a-z0-9._/-]+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$",
        "an image with its tag, such as store/orders:1.4.0, or after its registry",
        "store/orders:1.4.0",
        one_environment="a registry",
    ),
    AfterValidator(_released),
]
"""Container image with a tag or (better) a digest."""

Image = Annotated[ReleasedImage, BeforeValidator(_from_source), _OrSource()]
"""Container image with a tag or a digest, or `{source: services}`."""

PROVEN_IMAGE = r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$"

ProvenImage = Annotated[
    str,
    form(
        PROVEN_IMAGE,
        "an image in ECR with its digest, such as"
        " 222222222222.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:<64 digits>",
        "222222222222.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:" + "0123456789abcdef" * 4,
        one_environment="a registry",
        another_account="partner",
    ),
]
"""Image in ECR, of any account, with its digest."""

StackName = Annotated[
    str,
    form(
        r"^([\w.-]+/[\w.-]+/)?[\w.-]+$",
        "a stack: its name, or organization/project/stack",
        "staging",
        one_environment="a stack",
    ),
]
"""Stack of this project by its name, or of any project as `<organization>/<project>/<stack>`."""


class ImagesSettings(Section):
    """Container images of services, as tasks or functions, and of the trace collector.

    `{source: services}` is the store's own code, which the update builds and pushes to `store/services`. An image
    without a registry, such as `store/orders:1.4.0`, is in a repository of the account; one with a registry is pulled
    from there. Storage is billed by byte (https://aws.amazon.com/ecr/pricing/).
    """

    repositories: Literal["own", "given"] = "own"
    """Repositories of images without a registry: `own` are made, for somebody to push to before the services start
    ([first images](images.md)); with `given` another stack of the account and Region makes them."""

    public_cache: bool = True
    """Pull images of `public.ecr.aws` through repositories of the account, which ECR fills at the first pull: tasks
    start although the public registry is down or limits pulls, and those without a way to the internet can have them
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html)."""

    keep_images: int = Field(default=30, ge=3, le=1000)
    """Newest images that a repository keeps. An image for two architectures counts as three. With `readers` holds
    `keep_days` in its place."""

    from_: StackName | None = Field(default=None, alias="from")
    """Stack whose images run here in place of builds of `{source: services}`: those that it has deployed when this
    stack is updated ([build once, promote](promotion.md)). The deployer reads its state, in the same backend."""

    pinned: dict[SourceImage, ProvenImage] = Field(default={})
    """Images that run in place of builds of `{source: services}`, by source and processor, before what `from` says: to
    roll back, or where the other stack's state is in another backend."""

    readers: tuple[Annotated[AccountId, Field(json_schema_extra={ANOTHER_ACCOUNT: "partner"})], ...] = Field(
        default=(), examples=[["333333333333"]]
    )
    """Other accounts that may pull from the repositories that the stack makes, without those of public images."""

    keep_days: int = Field(default=365, ge=30, le=3650)
    """Days after its push that an image stays in repositories with `readers`: ECR does not see what other accounts run,
    and their tasks cannot start without it. Longer than any of them runs the same image."""


@dataclass(frozen=True, kw_only=True)
class UsedImages:
    """Images of all tasks and functions."""

    payment_only: Mapping[str, bool]
    """Image to whether payment services alone use it."""
    built: Collection[str] = ()
    """Processors for which the update builds the store's own code."""
    proven: Collection[str] = ()
    """Processors for which it runs as another environment built it."""
    functions: Collection[str] = ()
    """Images that functions run."""

    @property
    def own(self) -> list[str]:
        """Images in repositories of the account."""
        return [image for image in self.payment_only if not registry_of(image) and (image != OWN_CODE or self.built)]


def source_image(processor: str) -> str:
    """Key of the store's own code for a processor: a `SourceImage`."""
    return f"services/{processor}"


def registry_of(image: str) -> str:
    """Host of the image's registry; empty for the account's own. As in Docker, a host has a dot or a port."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first) else ""


def repository_of(image: str) -> str:
    """Name of the image's repository, without registry, tag and digest."""
    path = image.partition("@")[0].removeprefix(f"{registry_of(image)}/")
    return path.rpartition(":")[0] or path


def as_own(image: str) -> str:
    """The image in a repository of the account, once it is pushed there."""
    return image.removeprefix(f"{registry_of(image)}/")


def in_ecr(image: str) -> bool:
    """It is in a private repository of ECR, which tasks reach by endpoints."""
    registry = registry_of(image)
    return not registry or registry.endswith(".amazonaws.com")
