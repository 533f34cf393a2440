"""Interface endpoints that something in the VPC uses: the way to AWS that needs no NAT gateway."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from settings.app_tier.microservice import Microservice, connected
from settings.app_tier.runtime import FargateRuntime
from settings.app_tier.uses import in_network, uses_of
from settings.feeds import Kinesis, MskProvisioned, MskServerless
from settings.service import ServiceSettings

FEEDS = "feeds.engine"
WEB = "web_tier.service"


def used_endpoints(
    services: Mapping[str, Microservice],
    web: ServiceSettings,
    engine: MskProvisioned | MskServerless | Kinesis,
    *,
    connect_tls: bool,
    traced: bool,
    scoring: Sequence[str],
    chatting: Sequence[str],
) -> dict[str, list[str]]:
    """Endpoint to who uses it: names of services, `WEB` or `FEEDS`.

    Args:
        connect_tls: Service Connect encrypts calls between services.
        traced: A collector runs beside tasks; functions hand their traces to Lambda.
        scoring: Endpoints of the engine of section `fraud`.
        chatting: Endpoints of the engine of section `chat`.
    """
    in_calls = connected(services) if connect_tls else {}
    # The web tier's key of the API is a secret.
    key = ["secretsmanager"] if any(service.routes for service in services.values()) else []
    by_user: dict[str, Iterable[str]] = {WEB: [*_of_tasks(web, traced), *key]}
    for name, service in services.items():
        if in_network(service):
            invokes = any(services[callee].runtime.kind == "lambda" for callee in service.calls if callee in services)
            by_user[name] = [
                *_of_service(service, traced, in_calls=name in in_calls),
                *(["lambda"] if invokes else []),
                *(scoring if service.fraud else ()),
                *(chatting if service.chat else ()),
            ]
    if not isinstance(engine, Kinesis) and engine.pollers is None:
        # Lambda then calls them from the brokers' subnets
        # (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
        by_user[FEEDS] = ("lambda", "sts")
    found: dict[str, list[str]] = {}
    for user, endpoints in by_user.items():
        for endpoint in sorted(set(endpoints)):
            found.setdefault(endpoint, []).append(user)
    return dict(sorted(found.items()))


def _of_service(service: Microservice, traced: bool, *, in_calls: bool) -> Iterator[str]:
    tasks = isinstance(service.runtime, FargateRuntime)
    for use in uses_of(service):
        yield from use.endpoints(tasks=tasks)
    if isinstance(service.runtime, FargateRuntime):
        yield from _of_tasks(service.runtime, traced)
    else:
        # Logs of functions leave by Lambda's own network.
        yield from _of_secrets(service.runtime.secrets)
    if in_calls:
        # Certificates and keys of Service Connect are secrets
        # (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html).
        yield "secretsmanager"
    if service.boundary == "payment" and service.outbox_tables:
        # The function of the outbox, inside the boundary, sets aside what is no event.
        yield "sqs"


def _of_tasks(runtime: ServiceSettings, traced: bool) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"""
    yield from ("ecr.api", "ecr.dkr", "logs")
    yield from _of_secrets(runtime.secrets)
    if runtime.execute_command:
        yield "ssmmessages"
    if traced:
        yield "xray"


def _of_secrets(secrets: Mapping[str, str]) -> Iterator[str]:
    for arn in secrets.values():
        yield "ssm" if arn.split(":")[2] == "ssm" else "secretsmanager"
