"""One microservice of section `app_tier`: from its entry follow role, scaling, alarms, routes, rules and grants."""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings.app_tier.route import Route
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.base import Section, section_rule
from settings.data import DESIGNS, TableName
from settings.form import form
from settings.problems import NOTHING, Refusal, refuse
from settings.third_parties import EventName, SimulatedParty
from settings.types import Label, Word

TriggerName = Literal["pre_sign_up", "post_confirmation", "pre_token_generation", "custom_message"]
Access = Literal["read", "scan", "write"]
DIRECT = "direct"
Boundary = Literal["shared", "payment"]
DUTY_INDEX = "by_duty"
"""Index of tables with duties."""
LIVENESS = "liveness"
"""Name of the function that looks whether the sources of events run."""


class Microservice(Section):
    runtime: Annotated[FargateRuntime | LambdaRuntime, Field(discriminator="kind")]
    """Where its code runs."""

    boundary: Boundary = "shared"
    """`payment`: subnets, cluster and key apart from all others, roles that can never do more than payments need, and a
    way out only to what `network.payment_egress` lists; no shared files."""

    domain: Label | None = None
    """Whose events it emits (`store.<domain>`), if it works for another service; without it its own."""

    scopes: dict[Literal["read", "write"], Annotated[str, StringConstraints(min_length=1, max_length=256)]] = Field(
        default={}
    )
    """Scopes that applications ask for to call it: `read` of service `orders` is `orders.read`, with its meaning."""

    callers: Literal["verified", "trusted"] = "verified"
    """Who calls a route with a scope: `verified` by the service, too, from the token and the user pool's keys, which it
    gets over the internet; `trusted`, as the API let them pass: whoever else reaches the service inside the network
    could then claim to be any customer."""

    tables: dict[TableName, Access] = Field(default={}, examples=[{"orders": "write", "products": "read"}])
    """Table to what it does there: `read` items by key and query, `scan` also all of them, `write` also change them."""

    dax: bool = False
    """The accelerator's address and the right to read through it, where the environment has one. The store's own
    services read the tables all the same ([decision](adr/0020-own-services-read-tables.md))."""

    cache: bool = False
    """Keep transformed answers in the application tier's cache."""

    search: Literal["none", "read"] = "none"
    """`read`: find products by words in the index, where the environment has one."""

    chat: bool = False
    """Talk to the chat bot in the names of customers, where the environment has one; one service does."""

    location: Literal["none", "find"] = "none"
    """`find`: list the stores of section `location`, and those that are near, where the environment has an engine."""

    personalization: bool = False
    """Tell the engine of section `personalization` what customers look at and buy who agreed to profiling, and ask it
    what to show them, where the environment has one; one service does, and writes the table `recommendations`."""

    deliveries: Literal["none", "follow"] = "none"
    """`follow` deliveries into and out of the areas around their addresses, where section `location` tracks them
    (Lambda only)."""

    files: Literal["none", "read", "write"] = "none"
    """Use of the shared files, mounted at `/shared` (Fargate only)."""

    emits: dict[EventName, Label] = Field(
        default={}, examples=[{"order.placed": "orders", "payment.settled": "direct"}]
    )
    """Event to the table whose outbox it is written to, in one transaction with what has happened; or `direct`, put on
    the bus by the service itself."""

    consumes: tuple[EventName, ...] = ()
    """Events that reach it, in a queue of its own, at least once and in any order."""

    calls: tuple[Label, ...] = ()
    """Services that it calls. Tasks call tasks by Service Connect, at `http://<service>:<port>`; services that are
    functions are invoked, by tasks and functions (`STORE_<SERVICE>_FUNCTION`)."""

    orders: Literal["none", "send", "take"] = "none"
    """`send` orders to the order management system, or `take` them in its place: the stand-in of a test environment."""

    contact_list: (
        Annotated[
            str,
            form(r"^[A-Za-z0-9_-]{1,64}$", "letters, digits, underscores and hyphens, 64 at most", "web-store"),
        ]
        | None
    ) = None
    """SES contact list whose contacts it keeps, the same for all services: `app_tier.contact_list` says who makes it. A
    function takes few messages at a time then, since SES answers one request a second."""

    accounts: Literal["none", "delete"] = "none"
    """`delete` accounts of erased customers from the user pool."""

    engagement: Literal["none", "send", "follow"] = "none"
    """`send` messages to customers, or `follow` bounces, complaints and unsubscriptions of those that were sent, where
    the environment has an engine (section `engagement`; Lambda only)."""

    feeds: tuple[Label, ...] = ()
    """Feeds that it writes into tables (Lambda only)."""

    trigger: TriggerName | None = None
    """Moment in the life of an account at which the user pool calls it (Lambda only)."""

    third_parties: tuple[Word, ...] = Field(default=(), examples=[["payment"]])
    """Third parties whose `api` it calls, by their names in section `third_parties`: one of `kind: payment` inside the
    payment boundary only. Their hosts are on the firewalls' lists by themselves; their credentials are among
    `runtime.secrets`."""

    fraud: bool = False
    """Score payments by the engine of section `fraud` (payment boundary only)."""

    simulated_provider: Literal["none", "call", "serve"] = "none"
    """`call` the store's own simulated payment provider in place of a third party (payment boundary only), or
    `serve` it (service `payment-provider`): for test environments. The program makes the key of these calls."""

    checkout: bool = False
    """Reckon what orders cost by the prices and rates of section `checkout`."""

    simulated_parties: tuple[SimulatedParty, ...] = ()
    """Kinds of third party for which it calls the store's own simulated one (service `payment-provider`): for test
    environments."""

    routes: tuple[Route, ...] = ()
    """What it serves of the API, below `/api/<service>`."""

    latency_alarm_ms: int = Field(default=1000, ge=1)
    """Alarm when the 95th percentile of the response times of its tasks is above this (Fargate, with routes)."""

    queue_age_alarm_minutes: int = Field(default=15, ge=1)
    """Alarm when an event waits longer than this in its queue."""

    @property
    def outbox_tables(self) -> frozenset[str]:
        """Tables whose outbox its events go through."""
        return frozenset(self.emits.values()) - {DIRECT}

    @property
    def has_duties(self) -> bool:
        """It is one of the store's own services, as a function, and writes a table with duties: the clock invokes it,
        where tasks look by themselves for what is due (`functions/common/duty.py`)."""
        due = (table for table, access in self.tables.items() if access == "write" and table in DESIGNS)
        own = isinstance(self.runtime, LambdaRuntime) and self.runtime.serves
        return own and any(DUTY_INDEX in DESIGNS[table].indexes for table in due)

    @property
    def verifies_tokens(self) -> bool:
        return self.callers == "verified" and any(route.scoped for route in self.routes)

    @section_rule
    def _triggers_have_no_callers(self) -> Iterator[Refusal]:
        if self.trigger and self.routes:
            yield refuse(
                "must be left to other services: the user pool invokes this one, and is made after it",
                fix="give these routes to another service",
                at=("routes",),
                write=NOTHING,
            )

    @section_rule
    def _payments_are_no_triggers(self) -> Iterator[Refusal]:
        if self.trigger and self.boundary == "payment":
            yield refuse(
                "must be `shared`: a function that the user pool invokes is outside the network",
                at=("boundary",),
                write="shared",
            )

    @section_rule
    def _payments_alone_are_scored(self) -> Iterator[Refusal]:
        if self.fraud and self.boundary != "payment":
            yield refuse("must be left to services with `boundary: payment`", at=("fraud",), write=False)

    @section_rule
    def _payments_alone_simulate(self) -> Iterator[Refusal]:
        if self.simulated_provider == "call" and self.boundary != "payment":
            yield refuse(
                "must be left to services with `boundary: payment`",
                at=("simulated_provider",),
                write="none",
            )

    @section_rule
    def _tasks_are_no_triggers(self) -> Iterator[Refusal]:
        if self.trigger and isinstance(self.runtime, FargateRuntime):
            yield refuse(
                "must be left to services with `runtime.kind: lambda`",
                fix="give this work to another service",
                at=("trigger",),
                write=None,
            )

    @section_rule
    def _outbox_is_written(self) -> Iterator[Refusal]:
        for event, table in self.emits.items():
            if table != DIRECT and self.tables.get(table) != "write":
                yield refuse(
                    f"must be `direct`, or a table that this service writes: it does not write `{table}`",
                    fix=f"tables: {{ {table}: write }}, or `{event}: direct`",
                    at=("emits", event),
                    edits={("tables", table): "write"},
                )

    @section_rule
    def _payments_have_no_shell(self) -> Iterator[Refusal]:
        if self.boundary == "payment" and isinstance(self.runtime, FargateRuntime) and self.runtime.execute_command:
            yield refuse(
                "must be off inside the payment boundary: nobody opens a shell there",
                at=("runtime", "execute_command"),
                write=False,
            )

    @section_rule
    def _routes_are_its_own(self) -> Iterator[Refusal]:
        served: set[tuple[str, str]] = set()
        for position, route in enumerate(self.routes):
            again = [method for method in route.methods if (route.shape, method) in served]
            left = [method for method in route.methods if method not in again]
            if again:
                yield refuse(
                    f"must not have {', '.join(again)}, which an earlier route serves at {route.path}",
                    fix="give each method and path to one route",
                    at=("routes", position, "methods"),
                    write=left or NOTHING,
                )
            served |= {(route.shape, method) for method in route.methods}


def outboxes(services: Mapping[str, Microservice]) -> dict[str, Boundary]:
    """Tables with an outbox, and where its function runs: in the payment boundary if a payment service writes to it."""
    found: dict[str, Boundary] = {}
    for service in services.values():
        for table in service.outbox_tables:
            found[table] = "payment" if "payment" in (service.boundary, found.get(table)) else "shared"
    return dict(sorted(found.items()))


def translator_of(table: str) -> str:
    """Name of the function of a table's outbox."""
    return f"{table}-translator"


def callees_first(services: Mapping[str, Microservice]) -> list[str]:
    """Names in an order in which every service stands behind those that it calls.

    Raises:
        graphlib.CycleError: services that call each other in a circle; its second argument names them.
    """
    calls = {name: [callee for callee in service.calls if callee in services] for name, service in services.items()}
    sorter = TopologicalSorter({name: calls[name] for name in sorted(calls)})
    return list(sorter.static_order())


def connected(services: Mapping[str, Microservice]) -> dict[str, tuple[str, ...]]:
    """Services on Fargate that call each other by Service Connect, to those that each calls."""
    tasks = {name: service for name, service in services.items() if isinstance(service.runtime, FargateRuntime)}
    calls = {name: tuple(one for one in service.calls if one in tasks) for name, service in tasks.items()}
    called = {callee for callees in calls.values() for callee in callees}
    return {name: callees for name, callees in calls.items() if callees or name in called}


def fills_the_cache(name: str, services: Mapping[str, Microservice]) -> bool:
    """Its tasks have a way to the internet, and start without payment services: they can be the first to pull an image
    through the cache."""
    runtime = services[name].runtime
    return isinstance(runtime, FargateRuntime) and runtime.reach_internet and not _needs_payments(name, services, set())


def cache_fillers_first(services: Mapping[str, Microservice]) -> list[str]:
    """As `callees_first`, with all that need payment services at the end: these wait for the images of the others."""
    return sorted(callees_first(services), key=lambda name: _needs_payments(name, services, set()))


def _needs_payments(name: str, services: Mapping[str, Microservice], seen: set[str]) -> bool:
    if services[name].boundary == "payment":
        return True
    callees = [callee for callee in services[name].calls if callee in services and callee not in seen]
    return any(_needs_payments(callee, services, seen | {name}) for callee in callees)
