"""Rules of what a microservice needs to start and to reach AWS."""

from collections.abc import Iterator
from pathlib import Path

from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.app_tier.uses import in_network, uses_of
from settings.fargate import FargateSize
from settings.network import OpenEgress, PaymentEgress
from settings.problems import NOTHING, Problem
from settings.relations.microservices import Services
from settings.relations.relation import problem, relation

_FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


_COLLECTOR_MIB = 128


# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
_PROXY_MIB = 64


# What a process needs beside files in memory and the collector.
_LEAST_MIB = 128


@relation("app_tier.services", "app_tier.powertools_layer_arn", "tracing.function_layer_arn", "environment.region")
def functions_find_their_layers(
    services: Services, powertools: str | None, tracing: str | None, region: str
) -> Iterator[Problem]:
    functions = [name for name, service in services.items() if isinstance(service.runtime, LambdaRuntime)]
    outboxes = any(service.outbox_tables for service in services.values())
    if (functions or outboxes) and powertools is None:
        yield problem(
            "app_tier.powertools_layer_arn",
            NOTHING,
            f"{', '.join(functions) or 'the outbox'} on Lambda needs the layer with Powertools",
            f"arn:aws:lambda:{region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:18",
        )
    for path, arn in (("app_tier.powertools_layer_arn", powertools), ("tracing.function_layer_arn", tracing)):
        if arn is not None and arn.split(":")[3] != region:
            yield problem(
                path,
                arn,
                f"must be a layer of the home Region {region}",
                ":".join([*arn.split(":")[:3], region, *arn.split(":")[4:]]),
            )


@relation("app_tier.services")
def code_of_functions_is_there(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        code = service.runtime.code if isinstance(service.runtime, LambdaRuntime) else None
        if code is not None and not (_FUNCTIONS / code / "handler.py").is_file():
            offered = sorted(path.parent.name for path in _FUNCTIONS.glob("*/handler.py"))
            yield problem(
                f"app_tier.services.{name}.runtime.code",
                code,
                f"there is no functions/{code}/handler.py; there is code for {', '.join(offered)}",
                fix="name one of these, or write the handler",
            )


@relation("app_tier.services", "tracing.enabled")
def files_in_memory_leave_room_for_the_process(services: Services, traced: bool) -> Iterator[Problem]:
    called = {callee for service in services.values() for callee in service.calls}
    for name, service in services.items():
        runtime = service.runtime
        if not isinstance(runtime, FargateRuntime):
            continue
        size: FargateSize = runtime.size
        taken = runtime.temporary_mib + (_COLLECTOR_MIB if traced else 0)
        taken += _PROXY_MIB if service.calls or name in called else 0
        if size.memory_mib - taken < _LEAST_MIB:
            yield problem(
                f"app_tier.services.{name}.runtime.temporary_mib",
                runtime.temporary_mib,
                f"leaves the process less than {_LEAST_MIB} of {size.memory_mib} MiB",
                max(16, size.memory_mib - taken + runtime.temporary_mib - _LEAST_MIB),
            )


@relation("app_tier.services", "network.nat")
def tasks_without_nat_stay_inside(services: Services, nat: str) -> Iterator[Problem]:
    for name, service in services.items():
        runtime = service.runtime
        if nat != "none" or not isinstance(runtime, FargateRuntime):
            continue
        if not _private(runtime.image):
            yield problem(
                f"app_tier.services.{name}.runtime.image",
                runtime.image,
                "is pulled over the internet, and `network.nat: none` leaves no way there",
                fix="mirror the image in an ECR repository of the Region, or write `nat: single` or `nat: one_per_az`",
            )
        elif runtime.reach_internet:
            yield problem(
                f"app_tier.services.{name}.runtime.reach_internet",
                True,
                "`network.nat: none` leaves tasks no way to the internet",
                False,
            )


@relation("app_tier.services", "network.interface_endpoints", "tracing.enabled", "tracing.collector_image")
def services_without_the_internet_have_endpoints(
    services: Services, endpoints: tuple[str, ...], traced: bool, collector: str
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
        if tasks and traced and not _private(collector):
            yield problem(
                f"app_tier.services.{name}.runtime.reach_internet",
                False,
                "leaves no way to `tracing.collector_image`, and a task whose image cannot be pulled does not start",
                fix="mirror that image in an ECR repository of the Region, or write `reach_internet: true`",
            )
        missing = sorted(_endpoints(service, traced) - set(endpoints))
        if missing:
            yield problem(
                "network.interface_endpoints",
                endpoints,
                f"{name} has `reach_internet: false`, so it reaches AWS by endpoints; missing: {', '.join(missing)}",
                [*endpoints, *missing],
            )


def _endpoints(service: Microservice, traced: bool) -> set[str]:
    """Interface endpoints that a service inside the VPC needs; logs of functions leave by Lambda's own network."""
    tasks = isinstance(service.runtime, FargateRuntime)
    needed = {endpoint for use in uses_of(service) for endpoint in use.endpoints(tasks=tasks)}
    if tasks:
        needed |= {"ecr.api", "ecr.dkr", "logs", *(["xray"] if traced else [])}
    return needed | ({"secretsmanager"} if service.runtime.secrets else set())


@relation(
    "app_tier.services",
    "environment.account_id",
    "environment.region",
    "network.payment_egress",
    "network.interface_endpoints",
    "tracing.enabled",
)
def payment_services_start_and_work_without_the_internet(
    services: Services,
    account_id: str,
    region: str,
    egress: PaymentEgress,
    endpoints: tuple[str, ...],
    traced: bool,
) -> Iterator[Problem]:
    inside = {name: service for name, service in services.items() if service.boundary == "payment"}
    if isinstance(egress, OpenEgress):
        return
    for name, service in inside.items():
        registry = f"{account_id}.dkr.ecr.{region}.amazonaws.com"
        if isinstance(service.runtime, FargateRuntime) and service.runtime.image.partition("/")[0] != registry:
            yield problem(
                f"app_tier.services.{name}.runtime.image",
                service.runtime.image,
                f"must be of {registry}: `network.payment_egress` leads to the payment provider only, and the bounds of"
                " payment roles name the account's own repositories",
                fix="mirror the image in an ECR repository of the account in the home Region",
            )
    used = {name for service in inside.values() for name in _endpoints(service, traced)}
    missing = sorted(used - set(endpoints))
    if missing:
        yield problem(
            "network.interface_endpoints",
            endpoints,
            f"{', '.join(inside)} reach AWS by endpoints only; missing: {', '.join(missing)}",
            [*endpoints, *missing],
        )


@relation("app_tier.services", "network.nat", "network.payment_egress", "tracing.enabled", "tracing.collector_image")
def the_collector_is_within_reach(
    services: Services, nat: str, egress: PaymentEgress, traced: bool, image: str
) -> Iterator[Problem]:
    payments = any(service.boundary == "payment" for service in services.values())
    shut = "`network.nat: none`" if nat == "none" else None
    if payments and not isinstance(egress, OpenEgress):
        shut = shut or "`network.payment_egress` of the payment services"
    if traced and shut and not _private(image):
        yield problem(
            "tracing.collector_image",
            image,
            f"is pulled over the internet, and {shut} leaves no way there",
            fix="mirror the image in an ECR repository of the Region, or write `tracing: {enabled: false}`",
        )


def _private(image: str) -> bool:
    """It lies in an ECR repository, which tasks reach by endpoints."""
    return image.partition("/")[0].endswith(".amazonaws.com")
