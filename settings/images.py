"""Section `images`: repositories of container images, and the cache of public ones."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from settings.base import Section
from settings.form import form
from settings.problems import refuse

PUBLIC_REGISTRY = "public.ecr.aws"
"""The only registry that the cache reads: it needs no credentials."""

CACHE = "store-public"
"""How the names of the cache's repositories begin; the stack's name follows."""

OWN_REPOSITORY = "store/services"
"""Repository of the image that is built from the folder `services`."""

OWN_CODE = f"{OWN_REPOSITORY}:built-from-source"
"""What `{source: services}` becomes: an image of the account, whose tag is found when it is built."""

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


class ImagesSettings(Section):
    """Container images of services and of the trace collector.

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
    """Newest images that a repository keeps. An image for two architectures counts as three."""


@dataclass(frozen=True, kw_only=True)
class UsedImages:
    """Images of all tasks."""

    payment_only: Mapping[str, bool]
    """Image to whether payment services alone use it."""
    architectures: Collection[str] = ()
    """Processors for which the store's own code is built."""


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
