"""Rules of what a microservice needs to start and to reach AWS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from settings.app_tier.microservice import connected, fills_the_cache
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.app_tier.uses import in_network, uses_of
from settings.fargate import FargateSize
from settings.images import CACHE, PUBLIC_REGISTRY, REPOSITORY, as_own, in_ecr, registry_of, repository_of
from settings.network import OpenEgress
from settings.problems import NOTHING, Problem
from settings.relations.reads import (
    Account,
    CollectorImage,
    Egress,
    Nat,
    PublicCache,
    Region,
    SearchEngine,
    Services,
    Traced,
)
from settings.relations.relation import Reads, likely, problem, relation
from settings.service import ServiceSettings

# Pipes, streams and schedules call these; no service has them as its code.
_OF_THE_PROGRAM = ("liveness", "outbox", "search_feed", "search_index")
_FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"

# `Tracing.collector` in components/blocks/tracing.py gives the collector this limit.
_COLLECTOR_MIB = 128
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
_PROXY_MIB = 64
# What a process needs beside files in memory and the collector.
_LEAST_MIB = 128


@relation
def functions_find_their_layers(
    services: Services,
    powertools: Annotated[str | None, Reads("app_tier.powertools_layer_arn")],
    tracing: Annotated[str | None, Reads("tracing.function_layer_arn")],
    search: SearchEngine,
    region: Region,
) -> Iterator[Problem]:
    functions = [
        name
        for name, service in services.items()
        if isinstance(service.runtime, LambdaRuntime) and service.runtime.code
    ]
    if any(service.outbox_tables for service in services.values()):
        functions.append("the outbox")
    if search.kind != "off":
        functions.append("the search")
    if functions and powertools is None:
        yield problem(
            "app_tier.powertools_layer_arn",
            NOTHING,
            f"must name the layer with Powertools: {', '.join(functions)} on Lambda needs it",
            f"arn:aws:lambda:{region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:18",
        )
    for path, arn in (("app_tier.powertools_layer_arn", powertools), ("tracing.function_layer_arn", tracing)):
        if arn is not None and arn.split(":")[3] != region:
            yield problem(
                path,
                arn,
                f"must be a layer of the home Region, {region}",
                ":".join([*arn.split(":")[:3], region, *arn.split(":")[4:]]),
            )


@relation
def code_of_functions_is_there(services: Services) -> Iterator[Problem]:
    found = (path.parent.name for path in _FUNCTIONS.glob("*/handler.py"))
    offered = sorted(name for name in found if name not in _OF_THE_PROGRAM)
    for name, service in services.items():
        code = service.runtime.code if isinstance(service.runtime, LambdaRuntime) else None
        if code is not None and code not in offered:
            yield problem(
                f"app_tier.services.{name}.runtime.code",
                code,
                f"must be a folder of functions/ with a handler.py: {', '.join(offered)}",
                likely(code, offered),
                fix="name one of these, or write the handler",
            )


@relation
def images_of_functions_are_near(services: Services, region: Region) -> Iterator[Problem]:
    for name, service in services.items():
        image = service.runtime.image
        if image is None or isinstance(service.runtime, FargateRuntime):
            continue
        registry = registry_of(image)
        if registry and f".{region}." not in registry:
            yield problem(
                f"app_tier.services.{name}.runtime.image",
                image,
                f"must be in a repository of the home Region, {region}: Lambda pulls from no other",
                as_own(image),
            )


@relation
def the_stores_own_functions_are_services(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        if not (isinstance(service.runtime, LambdaRuntime) and service.runtime.serves):
            continue
        for setting, declared in (
            ("trigger", service.trigger),
            ("feeds", list(service.feeds) or None),
            ("orders", "take" if service.orders == "take" else None),
        ):
            if declared is not None:
                yield problem(
                    f"app_tier.services.{name}.{setting}",
                    declared,
                    "must be left to functions with `code`: those of `{source: services}` answer requests, and events"
                    " that they consume",
                    NOTHING,
                    fix="leave it out, or give this work to a function with `code`",
                )


@relation
def files_in_memory_leave_room_for_the_process(services: Services, traced: Traced) -> Iterator[Problem]:
    in_calls = connected(services)
    for name, service in services.items():
        runtime = service.runtime
        if not isinstance(runtime, FargateRuntime):
            continue
        size: FargateSize = runtime.size
        taken = runtime.temporary_mib + (_COLLECTOR_MIB if traced else 0)
        taken += _PROXY_MIB if name in in_calls else 0
        if size.memory_mib - taken < _LEAST_MIB:
            yield problem(
                f"app_tier.services.{name}.runtime.temporary_mib",
                runtime.temporary_mib,
                f"must leave {_LEAST_MIB} of {size.memory_mib} MiB to the process, beside collector and proxy",
                max(16, size.memory_mib - taken + runtime.temporary_mib - _LEAST_MIB),
            )


@relation
def tasks_without_nat_stay_inside(services: Services, nat: Nat) -> Iterator[Problem]:
    for name, service in services.items():
        runtime = service.runtime
        if nat != "none" or not isinstance(runtime, FargateRuntime):
            continue
        if not in_ecr(runtime.image):
            yield problem(
                f"app_tier.services.{name}.runtime.image",
                runtime.image,
                "must be in an ECR repository, such as one of the account: `network.nat: none` leaves no way to others",
                as_own(runtime.image),
            )
        elif runtime.reach_internet:
            yield problem(
                f"app_tier.services.{name}.runtime.reach_internet",
                True,
                "must be false: `network.nat: none` leaves tasks no way to the internet",
                False,
            )


@relation
def services_without_the_internet_need_none(
    services: Services, traced: Traced, collector: CollectorImage
) -> Iterator[Problem]:
    for name, service in services.items():
        runtime = service.runtime
        if service.boundary != "shared" or not in_network(service) or runtime.reach_internet:
            continue
        tasks = isinstance(runtime, FargateRuntime)
        for use in uses_of(service):
            if use.over_the_internet:
                yield problem(
                    f"app_tier.services.{name}.runtime.reach_internet",
                    False,
                    f"must be true: {use.over_the_internet}",
                    True,
                )
        if tasks and traced and not in_ecr(collector):
            yield problem(
                f"app_tier.services.{name}.runtime.reach_internet",
                False,
                "must be true while `tracing.collector_image` is in a public registry: a task needs all its images",
                fix=f"push that image to a repository of the account, and write `tracing: {{collector_image:"
                f" {as_own(collector)}}}`; or write `reach_internet: true`",
            )


@relation
def payment_services_start_without_the_internet(
    services: Services, account_id: Account, region: Region, egress: Egress
) -> Iterator[Problem]:
    inside = {name: service for name, service in services.items() if service.boundary == "payment"}
    if isinstance(egress, OpenEgress):
        return
    registry = f"{account_id}.dkr.ecr.{region}.amazonaws.com"
    for name, service in inside.items():
        runtime = service.runtime
        if isinstance(runtime, FargateRuntime) and registry_of(runtime.image) not in ("", registry):
            yield problem(
                f"app_tier.services.{name}.runtime.image",
                runtime.image,
                f"must be of {registry}, which is meant without a registry: `network.payment_egress` leads to the"
                " payment provider only, and the bounds of payment roles name the account's own repositories",
                as_own(runtime.image),
            )


@relation
def the_collector_is_within_reach(
    services: Services, nat: Nat, egress: Egress, traced: Traced, image: CollectorImage, cached: PublicCache
) -> Iterator[Problem]:
    if not traced or in_ecr(image):
        return
    payments = any(service.boundary == "payment" for service in services.values())
    why: str | None = None
    if nat == "none":
        why = "`network.nat: none` leaves no way to a public registry"
    elif payments and not isinstance(egress, OpenEgress):
        closed = "`network.payment_egress` of the payment services leaves no way to a public registry"
        if not cached or registry_of(image) != PUBLIC_REGISTRY:
            why = closed
        elif not any(fills_the_cache(name, services) for name in services):
            why = f"{closed}, and no service outside the boundary starts before them, to pull the image into the cache"
    if why is not None:
        yield problem(
            "tracing.collector_image",
            image,
            f"must be in an ECR repository, such as one of the account: {why}; or switch `tracing.enabled` off",
            as_own(image),
        )


@relation
def repositories_have_names_that_ecr_takes(
    services: Services,
    web: Annotated[ServiceSettings, Reads("web_tier.service")],
    collector: CollectorImage,
) -> Iterator[Problem]:
    images = {"web_tier.service.image": web.image, "tracing.collector_image": collector}
    for name, service in services.items():
        if service.runtime.image is not None:
            images[f"app_tier.services.{name}.runtime.image"] = service.runtime.image
    for path, image in images.items():
        if not registry_of(image) and not REPOSITORY.match(repository_of(image)):
            yield problem(
                path,
                image,
                "must be a repository's path of small letters and digits, with single `.`, `_` or `-` between them, or"
                " begin with a registry: an image without one is in a repository of the account",
                "store/orders:1.4.0",
            )
        elif not registry_of(image) and image.startswith(f"{CACHE}-"):
            yield problem(
                path,
                image,
                f"must not begin with `{CACHE}-`: such repositories are those of the cache of public images",
                image.removeprefix(f"{CACHE}-"),
            )
