"""Rules between the microservices, and between them and what they use."""

from collections.abc import Iterable, Iterator
from graphlib import CycleError
from typing import Annotated, Any

from events.catalogue import event_named, events, loose_ends, undeclared
from settings.app_tier.microservice import (
    LIVENESS,
    Microservice,
    callees_first,
    connected,
    outboxes,
    translator_of,
)
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.meant import nearest_word
from settings.problems import NOTHING, Problem
from settings.relations.reads import Oms, Services, Streams, Tables, ThirdParties
from settings.relations.relation import Reads, likely, problem, relation

_APART = "run both on Fargate, or both on Lambda: functions are not in Service Connect, by which tasks are called"
_NO_CALLS = "name one of them; functions with `code` receive events instead of calls"
# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
_TRIGGER_SECONDS = 5


@relation
def services_use_tables_that_there_are(services: Services, tables: Tables) -> Iterator[Problem]:
    for name, service in services.items():
        for table, access in service.tables.items():
            if table not in tables.all:
                yield problem(
                    f"app_tier.services.{name}.tables",
                    {table: access},
                    f"must name tables of the store: {', '.join(tables.all)}; there is no table `{table}`",
                    fix=f"{_meant(table, tables.all)}add `{table}` with its design to `web-store:data.tables.extra`",
                )


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest_word(name, known)
    return f"did you mean `{near}`? Else " if near else "name one of them, or "


@relation
def outboxes_have_a_stream_and_item_kinds(services: Services, tables: Tables) -> Iterator[Problem]:
    for name, service in services.items():
        for table in sorted(service.outbox_tables & tables.all.keys()):
            design = tables.all[table][1]
            if not (design.stream and design.ttl_attribute and design.sort and design.sort.name == "item"):
                yield problem(
                    f"app_tier.services.{name}.emits",
                    service.emits,
                    f"must name tables for outboxes: `{table}` lacks the stream, the sort key `item` or the lifetime",
                    fix=f"add these to the design of `{table}`, or write `direct` for its events",
                )


@relation
def events_fit_together(services: Services, parties: ThirdParties) -> Iterator[Problem]:
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
                        _likely_events(event, service) if label == "consumes" else NOTHING,
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
                    f"must be an event with the source store.{service.domain or name}; its source is store.{emitter}",
                    fix=f"let service `{emitter}` emit it, or write `domain: {emitter}`",
                )
    heard = {name: service.consumes for name, service in services.items()}
    heard |= {name: tuple(event for event in party.sends if event in events()) for name, party in parties.items()}
    for text in loose_ends({name: tuple(service.emits) for name, service in services.items()}, heard):
        yield problem("app_tier.services", sorted(services), text, fix="see docs/events.md for who does what today")


def _likely_events(event: str, service: Microservice) -> Any:
    """The events that the service consumes, with the declared one in place of this, if one is like it."""
    near = likely(event, events())
    return NOTHING if near is NOTHING else [near if name == event else name for name in service.consumes]


@relation
def names_of_services_are_free(services: Services) -> Iterator[Problem]:
    taken = {translator_of(table): f"the function of the outbox of table `{table}`" for table in outboxes(services)}
    taken[LIVENESS] = "the function that looks whether the sources of events run"
    for name in sorted(services.keys() & taken.keys()):
        yield problem(
            f"app_tier.services.{name}",
            name,
            f"must have another name: {taken[name]} has this one",
            fix="rename the service",
        )


@relation
def calls_go_to_services_that_take_them(services: Services) -> Iterator[Problem]:
    tasks = {name for name, service in services.items() if isinstance(service.runtime, FargateRuntime)}
    functions = {name for name, service in services.items() if service.runtime.image is not None} - tasks
    for name, service in services.items():
        from_task = name in tasks
        called = sorted((functions | tasks if from_task else functions) - {name})
        kind = "another service on Fargate, or a function from an image" if from_task else "a function from an image"
        for position, callee in enumerate(service.calls):
            if callee in called:
                continue
            yield problem(
                f"app_tier.services.{name}.calls.{position}",
                callee,
                f"must be {kind}: {', '.join(called) or 'there is none'}",
                likely(callee, called),
                fix=_APART if callee in tasks and callee != name else _NO_CALLS,
            )


@relation
def calls_do_not_go_in_circles(services: Services) -> Iterator[Problem]:
    try:
        callees_first(services)
    except CycleError as error:
        circle = error.args[1]
        yield problem(
            f"app_tier.services.{circle[0]}.calls",
            list(services[circle[0]].calls),
            f"must not call in a circle: {' <- '.join(circle)}; each would have to start before the other",
            fix="let one of them consume events instead",
        )


@relation
def called_services_speak_http(services: Services) -> Iterator[Problem]:
    called = {callee for callees in connected(services).values() for callee in callees}
    for name, service in services.items():
        if name in called and isinstance(service.runtime, FargateRuntime) and service.runtime.protocol == "HTTPS":
            yield problem(
                f"app_tier.services.{name}.runtime.protocol",
                "HTTPS",
                "must be HTTP for a called service: Service Connect's proxy cannot use HTTPS to the container, and"
                " encrypts calls by itself",
                "HTTP",
            )


@relation
def every_feed_is_written_by_a_service(services: Services, feeds: Streams) -> Iterator[Problem]:
    for name, service in services.items():
        for position, feed in enumerate(service.feeds):
            if feed not in feeds:
                yield problem(
                    f"app_tier.services.{name}.feeds.{position}",
                    feed,
                    f"must be one of the feeds: {', '.join(feeds) or 'there are none'}",
                    likely(feed, feeds),
                    fix="name one of them, or add it to `web-store:feeds.streams`",
                )
    taken = {feed for service in services.values() for feed in service.feeds}
    for feed in feeds if taken else ():
        if feed not in taken:
            yield problem(
                "app_tier.services",
                sorted(services),
                f"must have a service that reads feed `{feed}`: otherwise its records expire unread",
                fix=f"add a service with `feeds: [{feed}]`, or remove the feed from `web-store:feeds.streams`",
            )


@relation
def the_user_pool_calls_one_function_at_a_time(services: Services) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name, service in services.items():
        if service.trigger is None:
            continue
        if service.trigger in taken:
            yield problem(
                f"app_tier.services.{name}.trigger",
                service.trigger,
                f"must be the trigger of one service: a user pool calls one function, that of service"
                f" `{taken[service.trigger]}`",
                fix="let one service do both",
            )
        taken.setdefault(service.trigger, name)
        if isinstance(service.runtime, LambdaRuntime) and service.runtime.timeout_seconds > _TRIGGER_SECONDS:
            yield problem(
                f"app_tier.services.{name}.runtime.timeout_seconds",
                service.runtime.timeout_seconds,
                f"must be at most {_TRIGGER_SECONDS}: the user pool waits no longer, and customers cannot sign up",
                _TRIGGER_SECONDS,
            )


@relation
def orders_go_to_one_taker(services: Services, oms: Oms) -> Iterator[Problem]:
    takers = [name for name, service in services.items() if service.orders == "take"]
    for name in takers if oms is not None or len(takers) > 1 else ():
        other = (
            f"the account of the OMS, {oms.account_id}," if oms else f"service `{next(t for t in takers if t != name)}`"
        )
        yield problem(
            f"app_tier.services.{name}.orders",
            "take",
            f"must have one taker: {other} takes orders, too, and each order reaches only one of them",
            fix="leave the stand-in out, or `web-store:orders.oms`",
        )


@relation
def the_oms_calls_routes_for_machines(services: Services, oms: Oms) -> Iterator[Problem]:
    open_to_machines = [
        name for name, service in services.items() if any(route.auth == "iam" for route in service.routes)
    ]
    for position, name in enumerate(oms.calls if oms else ()):
        if name not in open_to_machines:
            yield problem(
                f"orders.oms.calls.{position}",
                name,
                f"must be a service with an `auth: iam` route: {', '.join(open_to_machines) or 'there is none'}",
                likely(name, open_to_machines),
                fix="name one of these, or leave it out",
            )


@relation
def orders_stay_hidden_while_they_are_taken(
    services: Services, hidden_seconds: Annotated[int, Reads("orders.visibility_timeout_seconds")]
) -> Iterator[Problem]:
    for name, service in services.items():
        runtime = service.runtime
        if service.orders == "take" and isinstance(runtime, LambdaRuntime):
            needed = 6 * runtime.timeout_seconds
            if hidden_seconds < needed:
                yield problem(
                    "orders.visibility_timeout_seconds",
                    hidden_seconds,
                    f"must be at least {needed}, six times the time limit of service `{name}`, or orders are handled"
                    " twice (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)",
                    needed,
                )


@relation
def an_account_has_one_contact_list(services: Services) -> Iterator[Problem]:
    first = next((service.contact_list for service in services.values() if service.contact_list), None)
    for name, service in services.items():
        if service.contact_list not in (None, first):
            yield problem(
                f"app_tier.services.{name}.contact_list",
                service.contact_list,
                f"must be `{first}`, as in the other services: SES keeps one list for an account and Region"
                " (https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html)",
                first,
            )
