"""Rules of images that another environment built, and of those that others pull."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from settings.images import OWN_CODE, UsedImages, registry_of, source_image
from settings.problems import PROJECT, Problem
from settings.relations.reads import Account, CollectorImage, Region, Services, Traced, WebService
from settings.relations.relation import Reads, problem, relation

From = Annotated[str | None, Reads("images.from_")]
Pinned = Annotated[Mapping[str, str], Reads("images.pinned")]


@relation
def images_are_of_another_stack(stack: Annotated[str, Reads("stack")], name: From) -> Iterator[Problem]:
    if name is not None and (name == stack or name.endswith(f"/{PROJECT}/{stack}")):
        yield problem(
            "images.from",
            name,
            "must name another stack than this one, whose update builds nothing then",
            fix="leave it out in the stack that builds",
        )


@relation
def images_of_another_stack_are_used(
    services: Services, web: WebService, name: From, pinned: Pinned
) -> Iterator[Problem]:
    used = {source_image(processor) for processor in _processors(services, web)}
    if name is not None and not used:
        yield problem(
            "images.from",
            name,
            "must be left out while no task or function has `image: {source: services}`: it stands for no other image",
            fix="leave it out",
        )
    for source, image in pinned.items():
        if source not in used:
            yield problem(
                ("images", "pinned", source),
                image,
                f"must be left out while no task or function runs {source}: they run"
                f" {', '.join(sorted(used)) or 'none of the kind'}",
                fix="leave it out",
            )


@relation
def pinned_images_are_in_the_home_region(region: Region, pinned: Pinned) -> Iterator[Problem]:
    for source, image in pinned.items():
        if registry_of(image).split(".")[3] != region:
            yield problem(
                ("images", "pinned", source),
                image,
                f"must be in the home Region {region}: the VPC's endpoints lead to no registry of another",
                fix="let ECR replicate the repository, and write the replica: it has the same digest",
            )


@relation
def readers_of_images_have_something_to_pull(
    services: Services,
    web: WebService,
    collector: CollectorImage,
    traced: Traced,
    account_id: Account,
    name: From,
    pinned: Pinned,
    repositories: Annotated[str, Reads("images.repositories")],
    readers: Annotated[tuple[str, ...], Reads("images.readers")],
) -> Iterator[Problem]:
    for position, reader in enumerate(readers):
        if reader == account_id:
            yield problem(
                f"images.readers.{position}",
                reader,
                "must be another account than the environment's own, in which the policies of roles decide",
                fix="leave it out",
            )
    images = [web.image, *(s.runtime.image for s in services.values() if s.runtime.image)]
    processors = _processors(services, web)
    used = UsedImages(
        payment_only=dict.fromkeys([*images, *([collector] if traced else [])], False),
        built={it for it in processors if name is None and source_image(it) not in pinned},
    )
    if readers and (repositories == "given" or not used.own):
        why = "`images.repositories` is `given`" if repositories == "given" else "all images come from elsewhere"
        yield problem(
            "images.readers",
            list(readers),
            f"must be left out, for the stack makes no repository to pull from: {why}",
            fix="leave it out here, and write it in the stack that makes the repository",
        )


def _processors(services: Services, web: WebService) -> set[str]:
    """For which tasks and functions run the store's own code."""
    runtimes = [web, *(s.runtime for s in services.values())]
    return {runtime.architecture for runtime in runtimes if runtime.image == OWN_CODE}
