"""Rules between the microservices, and between them and the rest of the store."""

from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError
from pathlib import Path
from typing import Any

from events.catalogue import event_named, events, loose_ends, undeclared
from settings.app_tier.microservice import DIRECT, Microservice, callees_first
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.data import TablesSettings
from settings.events import ThirdParty
from settings.fargate import FargateSize
from settings.feeds import Stream
from settings.network import OpenEgress, PaymentEgress
from settings.orders import OmsAccount
from settings.problems import NOTHING, Problem
from settings.relations import Relation, problem, relation

Services = Mapping[str, Microservice]

_FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
# The load balancer's group has a rule for each service, and a group takes 60 in a direction
# (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups).
_RULES_OF_A_GROUP = 60
_TABLES_OF_A_BOUNDARY = 15
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_RULES_OF_A_BUS = 300
# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
_TRIGGER_SECONDS = 5
# Inline policies of a role together, in characters
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
_POLICIES_OF_A_ROLE = 10_240
# What each part of an entry takes of them at most; a test holds these against the policies that are made.
_POLICY_PARTS = {
    "own": 800,
    "network": 800,
    "table": 800,
    "index": 110,
    "inbox": 560,
    "cache": 320,
    "dax": 240,
    "files": 420,
    "orders": 540,
    "direct event": 420,
    "contacts": 320,
    "secret": 300,
    "feed": 2_300,
}
_COLLECTOR_MIB = 128
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
_PROXY_MIB = 64
# What a process needs beside files in memory and the collector.
_LEAST_MIB = 128


@relation("app_tier.services", "data.tables")
def services_use_tables_that_there_are(services: Services, tables: TablesSettings) -> Iterator[Problem]:
    for name, service in services.items():
        for table, access in service.tables.items():
            if table not in tables.all:
                yield problem(
                    f"app_tier.services.{name}.tables",
                    {table: access},
                    f"there is no table `{table}`; the store has {', '.join(tables.all)}",
                    fix=f"name one of them, or add `{table}` with its design to `web-store:data.tables.extra`",
                )


@relation("app_tier.services", "data.tables")
def outboxes_have_a_stream_and_item_kinds(services: Services, tables: TablesSettings) -> Iterator[Problem]:
    for name, service in services.items():
        for table in sorted(service.outbox_tables & tables.all.keys()):
            design = tables.all[table][1]
            if not (design.stream and design.ttl_attribute and design.sort and design.sort.name == "item"):
                yield problem(
                    f"app_tier.services.{name}.emits",
                    service.emits,
                    f"table `{table}` takes no events: an outbox needs a stream, the sort key `item` and a lifetime",
                    fix=f"give `{table}` these, or write `direct` for its events",
                )


@relation("app_tier.services", "events.third_parties")
def events_fit_together(services: Services, parties: Mapping[str, ThirdParty]) -> Iterator[Problem]:
    if not services:
        return
    declared = True
    for name, service in services.items():
        for label, wanted in (("emits", tuple(service.emits)), ("consumes", service.consumes)):
            for event in wanted:
                if event not in events():
                    declared = False
                    yield problem(
                        f"app_tier.services.{name}.{label}",
                        event,
                        undeclared(event),
                        fix="name an event of docs/events.md, or add its schema to events/schemas",
                    )
    if not declared:
        return
    for name, service in services.items():
        for event in service.emits:
            emitter = event_named(event).emitter
            if (service.domain or name) != emitter:
                yield problem(
                    f"app_tier.services.{name}.emits",
                    event,
                    f"has the source store.{emitter}, and this service speaks for store.{service.domain or name}",
                    fix=f"leave it to service `{emitter}`, or write `domain: {emitter}`",
                )
    heard = {name: service.consumes for name, service in services.items()}
    heard |= {name: tuple(event for event in party.sends if event in events()) for name, party in parties.items()}
    for text in loose_ends({name: tuple(service.emits) for name, service in services.items()}, heard):
        yield problem("app_tier.services", sorted(services), text, fix="see docs/events.md for who does what today")


@relation("app_tier.services")
def calls_go_to_fargate_services(services: Services) -> Iterator[Problem]:
    called = [name for name, service in services.items() if isinstance(service.runtime, FargateRuntime)]
    for name, service in services.items():
        for position, callee in enumerate(service.calls):
            if callee == name or callee not in called:
                yield problem(
                    f"app_tier.services.{name}.calls.{position}",
                    callee,
                    f"must be another service on Fargate: {', '.join(sorted(set(called) - {name})) or 'there is none'}",
                    fix="name one of them; functions are told by events",
                )


@relation("app_tier.services")
def calls_do_not_go_in_circles(services: Services) -> Iterator[Problem]:
    try:
        callees_first(services)
    except CycleError as error:
        circle = error.args[1]
        yield problem(
            f"app_tier.services.{circle[0]}.calls",
            list(services[circle[0]].calls),
            f"{' <- '.join(circle)}: each is to be there before the other, and none can start",
            fix="let one of them hear events instead",
        )


@relation("app_tier.services")
def called_services_speak_http(services: Services) -> Iterator[Problem]:
    called = {callee for service in services.values() for callee in service.calls}
    for name, service in services.items():
        if name in called and isinstance(service.runtime, FargateRuntime) and service.runtime.protocol == "HTTPS":
            yield problem(
                f"app_tier.services.{name}.runtime.protocol",
                "HTTPS",
                "is what the proxy of Service Connect cannot speak to the container; it encrypts calls by itself",
                "HTTP",
            )


@relation("app_tier.services", "feeds.streams")
def every_feed_is_written_by_a_service(services: Services, feeds: Mapping[str, Stream]) -> Iterator[Problem]:
    for name, service in services.items():
        for position, feed in enumerate(service.feeds):
            if feed not in feeds:
                yield problem(
                    f"app_tier.services.{name}.feeds.{position}",
                    feed,
                    f"there is no such feed; there are {', '.join(feeds) or 'none'}",
                    fix="name one of them, or add it to `web-store:feeds.streams`",
                )
    taken = {feed for service in services.values() for feed in service.feeds}
    for feed in feeds if taken else ():
        if feed not in taken:
            yield problem(
                "app_tier.services",
                sorted(services),
                f"feed `{feed}` has no service that writes it into tables; its records would only grow old",
                fix=f"add a service with `feeds: [{feed}]`, or remove the feed from `web-store:feeds.streams`",
            )


@relation("app_tier.services")
def the_user_pool_calls_one_function_at_a_time(services: Services) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name, service in services.items():
        if service.trigger is None:
            continue
        if service.trigger in taken:
            yield problem(
                f"app_tier.services.{name}.trigger",
                service.trigger,
                f"is what service `{taken[service.trigger]}` is called for; a user pool calls one function",
                fix="let one service do both",
            )
        taken.setdefault(service.trigger, name)
        if isinstance(service.runtime, LambdaRuntime) and service.runtime.timeout_seconds > _TRIGGER_SECONDS:
            yield problem(
                f"app_tier.services.{name}.runtime.timeout_seconds",
                service.runtime.timeout_seconds,
                f"must be {_TRIGGER_SECONDS} or less: the user pool waits no longer, and customers cannot sign up",
                _TRIGGER_SECONDS,
            )


@relation("app_tier.services", "orders.oms")
def orders_go_to_one_taker(services: Services, oms: OmsAccount | None) -> Iterator[Problem]:
    takers = [name for name, service in services.items() if service.orders == "take"]
    for name in takers if oms is not None or len(takers) > 1 else ():
        other = (
            f"the account of the OMS, {oms.account_id}," if oms else f"service `{next(t for t in takers if t != name)}`"
        )
        yield problem(
            f"app_tier.services.{name}.orders",
            "take",
            f"would take orders away from {other} which takes them, too: each order reaches one of them",
            fix="leave the stand-in out, or `web-store:orders.oms`",
        )


@relation("app_tier.services", "orders.oms")
def the_oms_calls_routes_for_machines(services: Services, oms: OmsAccount | None) -> Iterator[Problem]:
    open_to_machines = [
        name for name, service in services.items() if any(route.auth == "iam" for route in service.routes)
    ]
    for position, name in enumerate(oms.calls if oms else ()):
        if name not in open_to_machines:
            yield problem(
                f"orders.oms.calls.{position}",
                name,
                f"has no route with `auth: iam`; such routes have {', '.join(open_to_machines) or 'no services'}",
                fix="name one of these, or leave it out",
            )


@relation("app_tier.services", "orders.visibility_timeout_seconds")
def orders_stay_hidden_while_they_are_taken(services: Services, hidden_seconds: int) -> Iterator[Problem]:
    for name, service in services.items():
        runtime = service.runtime
        if service.orders == "take" and isinstance(runtime, LambdaRuntime):
            needed = 6 * runtime.timeout_seconds
            if hidden_seconds < needed:
                yield problem(
                    "orders.visibility_timeout_seconds",
                    hidden_seconds,
                    f"must be {needed} or more, six times the time limit of service `{name}`, or orders are taken twice"
                    " (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)",
                    needed,
                )


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
        if service.boundary != "shared" or not service.in_network or runtime.reach_internet:
            continue
        tasks = isinstance(runtime, FargateRuntime)
        if service.contact_list is not None:
            yield problem(
                f"app_tier.services.{name}.runtime.reach_internet",
                False,
                "leaves it no way to the contact list: SES is reached over the internet",
                True,
            )
        if tasks and traced and not _private(collector):
            yield problem(
                f"app_tier.services.{name}.runtime.reach_internet",
                False,
                "leaves no way to `tracing.collector_image`, and a task whose image cannot be pulled does not start",
                fix="mirror that image in an ECR repository of the Region, or write `reach_internet: true`",
            )
        missing = [name for name in _used(service, traced) if name not in endpoints]
        if missing:
            yield problem(
                "network.interface_endpoints",
                endpoints,
                f"{name} has `reach_internet: false`, so it reaches AWS by endpoints; missing: {', '.join(missing)}",
                [*endpoints, *missing],
            )


def _used(service: Microservice, traced: bool) -> list[str]:
    """Interface endpoints that a service inside the VPC needs; logs of functions leave by Lambda's own network."""
    tasks = isinstance(service.runtime, FargateRuntime)
    needs = {
        "ecr.api": tasks,
        "ecr.dkr": tasks,
        "logs": tasks,
        "secretsmanager": bool(service.runtime.secrets),
        "events": DIRECT in service.emits.values(),
        "sqs": bool(service.orders != "none" or service.feeds or (tasks and service.consumes)),
        "xray": tasks and traced,
    }
    return [name for name, wanted in needs.items() if wanted]


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
    used = {name for service in inside.values() for name in _used(service, traced)}
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


@relation("app_tier.services", "events.third_parties")
def limits_of_aws_are_kept(services: Services, parties: Mapping[str, ThirdParty]) -> Iterator[Problem]:
    routed = [n for n, s in services.items() if s.routes and isinstance(s.runtime, FargateRuntime)]
    if len(routed) > _RULES_OF_A_GROUP:
        yield problem(
            "app_tier.services",
            f"{len(routed)} Fargate services with routes",
            f"the load balancer's security group reaches {_RULES_OF_A_GROUP} services: a rule for each, and AWS takes"
            f" {_RULES_OF_A_GROUP}",
            fix="move routes together, or serve some from Lambda",
        )
    guarded = {t for service in services.values() if service.boundary == "payment" for t in service.tables}
    if len(guarded) > _TABLES_OF_A_BOUNDARY:
        yield problem(
            "app_tier.services",
            f"{len(guarded)} tables of payment services",
            f"the bounds of their roles name {_TABLES_OF_A_BOUNDARY} at most: a managed policy has 6,144 characters"
            " (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)",
            fix="keep tables of others out of the boundary",
        )
    callers = Counter(callee for service in services.values() for callee in service.calls)
    for callee, count in callers.items():
        room = _RULES_OF_A_GROUP - (1 if callee in routed else 0)
        if count > room:
            yield problem(
                f"app_tier.services.{callee}" if callee in services else "app_tier.services",
                f"{count} callers",
                f"its security group has a rule for each caller, and AWS takes {room} beside the load balancer's",
                fix="let some of them hear events instead",
            )
    rules = sum(bool(service.consumes) for service in services.values())
    rules += sum(len(party.sends) for party in parties.values())
    if rules > _RULES_OF_A_BUS:
        yield problem(
            "app_tier.services",
            f"{rules} rules of the event bus",
            f"a bus takes {_RULES_OF_A_BUS}: one for each service that consumes, one for each event to a third party",
            fix="let fewer services consume, or have the quota raised and the limit here with it",
        )


@relation("app_tier.services", "data.tables")
def policies_of_a_role_fit(services: Services, tables: TablesSettings) -> Iterator[Problem]:
    for name, service in services.items():
        size = policy_characters(service, tables)
        if size > _POLICIES_OF_A_ROLE:
            yield problem(
                f"app_tier.services.{name}",
                {"tables": len(service.tables), "feeds": len(service.feeds)},
                f"its role's policies would have up to {size} characters, and AWS takes {_POLICIES_OF_A_ROLE}",
                fix="use fewer tables and feeds, or divide the service",
            )


def policy_characters(service: Microservice, tables: TablesSettings) -> int:
    """Upper bound of the characters that the inline policies of a service's role have together."""
    known = [tables.all[table][1] for table in service.tables if table in tables.all]
    count = {
        "own": 1,
        "network": service.in_network and isinstance(service.runtime, LambdaRuntime),
        "table": len(known),
        "index": sum(len(design.indexes) for design in known),
        "inbox": bool(service.consumes),
        "cache": service.cache,
        "dax": service.dax,
        "files": service.files != "none",
        "orders": service.orders != "none",
        "direct event": sum(way == DIRECT for way in service.emits.values()),
        "contacts": service.contact_list is not None,
        "secret": len(service.runtime.secrets) if isinstance(service.runtime, LambdaRuntime) else 0,
        "feed": len(service.feeds),
    }
    return sum(characters * int(count[part]) for part, characters in _POLICY_PARTS.items())


def _relations(names: Mapping[str, Any]) -> tuple[Relation, ...]:
    return tuple(value for value in names.values() if isinstance(value, Relation))


APP_TIER = _relations(dict(globals()))
