"""Rules of third parties: of the data that they receive, and of the ways by which they do."""

from collections.abc import Iterator

from events.catalogue import events, undeclared
from parties.catalogue import apis
from settings.feeds import foreign_owners
from settings.problems import NOTHING, Problem
from settings.relations.reads import Account, Machines, Oms, Region, Services, Streams, ThirdParties
from settings.relations.relation import likely, problem, relation
from settings.third_parties import ThirdParty

_PARTIES = "third_parties.parties"
_ORDER = "order.placed"
"""What the queue of orders holds."""


@relation
def third_parties_get_declared_fields_of_declared_classes(parties: ThirdParties) -> Iterator[Problem]:
    for name, party in parties.items():
        yield from _undeclared_fields(name, party)
        sent = classes_sent(party)
        undeclared_classes = sorted(sent - set(party.data_classes))
        unused_classes = sorted(set(party.data_classes) - sent)
        if undeclared_classes or (unused_classes and (sent or not party.sends)):
            missing = [f"must name {', '.join(undeclared_classes)}, which it receives"] if undeclared_classes else []
            extra = [f"must not name {', '.join(unused_classes)}, which it does not receive"] if unused_classes else []
            yield problem(
                f"{_PARTIES}.{name}.data_classes",
                party.data_classes,
                f"{' and '.join(missing + extra)}: the record of processing must be correct",
                sorted(sent),
            )


def classes_sent(party: ThirdParty) -> set[str]:
    """Data classes of what leaves the store for a party: fields of its events, of calls of its API, and orders."""
    sent = {
        event.fields[path].data_class
        for name, delivery in party.sends.items()
        if (event := events().get(name))
        for path in delivery.fields.values()
        if path in event.fields
    }
    if (party.api or party.simulated) and party.kind in apis():
        sent |= set(apis()[party.kind].sent.values())
    if party.takes_orders:
        sent |= {field.data_class for field in events()[_ORDER].fields.values()}
    return sent


def _undeclared_fields(name: str, party: ThirdParty) -> Iterator[Problem]:
    for event_name, delivery in party.sends.items():
        place = ("third_parties", "parties", name, "events", "sends", event_name)
        event = events().get(event_name)
        if event is None:
            yield problem(place, event_name, undeclared(event_name), fix="name an event of docs/events.md")
            continue
        always = sorted(field.path for field in event.fields.values() if field.required)
        wanted: dict[tuple[str, ...], str] = {("fields", key): field for key, field in delivery.fields.items()}
        wanted |= {("only_if",): delivery.only_if} if delivery.only_if else {}
        for key, field_path in wanted.items():
            field = event.fields.get(field_path)
            if field is None or not field.required:
                yield problem(
                    (*place, *key),
                    field_path,
                    f"must be a field that every {event_name} has: without a value the request would not be JSON",
                    likely(field_path, always),
                    fix=f"one of {', '.join(always)}",
                )
            elif key == ("only_if",) and field.type != "boolean":
                yield problem(
                    (*place, *key),
                    field_path,
                    f"must be a yes-or-no field for a condition; in {event_name} it is {field.type}",
                    None,
                    fix="or name a field of type boolean",
                )


@relation
def apis_of_third_parties_are_declared(parties: ThirdParties) -> Iterator[Problem]:
    for name, party in parties.items():
        if party.api and party.kind not in apis():
            yield problem(
                f"{_PARTIES}.{name}.api",
                party.api.endpoint,
                f"must be left to kinds whose requests are declared: {', '.join(apis())}",
                None,
                fix=f"or declare what `{party.kind}` is sent, in parties/apis/{party.kind}.json",
            )


@relation
def services_call_third_parties_of_the_register(services: Services, parties: ThirdParties) -> Iterator[Problem]:
    for label, service in services.items():
        kinds: dict[str, str] = {}
        for position, name in enumerate(service.third_parties):
            place = f"app_tier.services.{label}.third_parties.{position}"
            left = [other for other in service.third_parties if other != name]
            party = parties.get(name)
            if party is None or party.api is None:
                called = [other for other, about in parties.items() if about.api]
                near = likely(name, called)
                yield problem(
                    f"app_tier.services.{label}.third_parties",
                    service.third_parties,
                    f"must name parties with an `api` of `{_PARTIES}`, as {name} is not: {', '.join(called) or 'none'}",
                    left if near is NOTHING or near in left else [*left, near],
                )
            elif (party.kind == "payment") != (service.boundary == "payment"):
                where = "payment" if party.kind == "payment" else "shared"
                yield problem(
                    f"app_tier.services.{label}.third_parties",
                    service.third_parties,
                    f"must leave {name}, of kind {party.kind}, to services with `boundary: {where}`",
                    left,
                )
            elif party.kind in kinds:
                yield problem(
                    place,
                    name,
                    f"must be left out beside {kinds[party.kind]}: a service calls one party of a kind",
                    edits={f"app_tier.services.{label}.third_parties": left},
                )
            elif party.kind == "payment" and service.simulated_provider == "call":
                yield problem(
                    f"app_tier.services.{label}.third_parties",
                    service.third_parties,
                    "must not name a payment provider beside `simulated_provider: call`: payments have one provider",
                    left,
                    fix="or leave `simulated_provider` out",
                )
            else:
                kinds[party.kind] = name


@relation
def the_account_of_the_oms_is_a_third_party(oms: Oms, services: Services, parties: ThirdParties) -> Iterator[Problem]:
    takers = [name for name, party in parties.items() if party.takes_orders]
    taken = oms is not None or any(service.orders == "take" for service in services.values())
    for name in takers[1 if taken else 0 :]:
        why = (
            f"must be left to {takers[0]}: orders have one taker"
            if taken
            else "needs `orders.oms`, its account, or a service in its place with `orders: take`"
        )
        yield problem(f"{_PARTIES}.{name}.takes_orders", True, why, False)
    if oms is not None and not takers:
        yield problem(
            "orders.oms.account_id",
            oms.account_id,
            f"must be of a party of `{_PARTIES}` with `takes_orders: true`: it receives customers' orders, and the"
            " record of processing must say so",
            fix=f"add the party, of kind oms, to `{_PARTIES}`; Pulumi.prod.yaml has one",
        )


@relation
def writers_of_feeds_are_third_parties(
    streams: Streams, account_id: Account, parties: ThirdParties
) -> Iterator[Problem]:
    writers = [feed for party in parties.values() for feed in party.feeds]
    for feed in sorted(foreign_owners(streams, account_id)):
        if feed not in writers:
            yield problem(
                f"feeds.streams.{feed}.owners",
                streams[feed].owners,
                f"must be of a party of `{_PARTIES}` with `feeds: [{feed}]`: who writes into the store is registered,"
                " and can be switched off",
                fix=f"add the feed to a party of `{_PARTIES}`; Pulumi.prod.yaml has some",
            )
    for feed in sorted({feed for feed in writers if writers.count(feed) > 1}):
        first, *others = (name for name, party in parties.items() if feed in party.feeds)
        for name in others:
            yield problem(
                f"{_PARTIES}.{name}.feeds",
                parties[name].feeds,
                f"must leave {feed} to {first}: a feed is closed to all its writers when its party is switched off",
                [other for other in parties[name].feeds if other != feed],
            )
    for name, party in parties.items():
        known = [feed for feed in party.feeds if feed in streams]
        if len(known) < len(party.feeds):
            yield problem(
                f"{_PARTIES}.{name}.feeds",
                party.feeds,
                f"must name feeds of `feeds.streams`: {', '.join(sorted(streams))}",
                known,
            )


@relation
def clients_of_third_parties_are_machines(machines: Machines, parties: ThirdParties) -> Iterator[Problem]:
    users: dict[str, str] = {}
    for name, party in parties.items():
        if party.machine is None:
            continue
        if party.machine not in machines:
            yield problem(
                f"{_PARTIES}.{name}.machine",
                party.machine,
                f"must be one of `identity.machines`: {', '.join(sorted(machines)) or 'there is none'}",
                likely(party.machine, machines),
                fix="or declare the client in `identity.machines`, with its scopes",
            )
        elif party.machine in users:
            yield problem(
                f"{_PARTIES}.{name}.machine",
                party.machine,
                f"must be left to {users[party.machine]}: a client goes when its party is switched off",
                None,
            )
        else:
            users[party.machine] = name


@relation
def secrets_of_third_parties_lie_in_the_region(region: Region, parties: ThirdParties) -> Iterator[Problem]:
    for name, party in parties.items():
        arn = party.events.auth.secret.arn if party.events else None
        if arn is not None and arn.split(":")[3] != region:
            yield problem(
                f"{_PARTIES}.{name}.events.auth.secret.arn",
                arn,
                f"must be in the home Region {region}, where CloudFormation reads it",
                fix="name the secret's replica in this Region",
            )
