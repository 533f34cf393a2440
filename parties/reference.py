"""The page of third parties: the register of processors, with what leaves the store for each and by which way."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from events.catalogue import events
from parties.catalogue import apis
from settings.app_tier import PROVIDER_SERVICE, Microservice
from settings.stack_files import stack_settings
from settings.store import StoreSettings
from settings.third_parties import ThirdParty

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "processors.md"
_ORDER = "order.placed"


def pages() -> Mapping[Path, str]:
    """Path in the project to the page's text.

    Raises:
        SettingsError: an invalid stack file.
    """
    return {_PAGE: _page(stack_settings())}


def _page(stacks: Mapping[str, StoreSettings]) -> str:
    lines = [
        "# Third parties and processors",
        "",
        "<!-- Generated from the stack files, events/schemas and parties/apis by `make docs`. -->",
        "",
        "The part of the record of processing activities that is about receivers (GDPR, articles 28 and 30). A party",
        "that receives a field of a data class that it does not declare is refused before a deployment, and so is a",
        "declared class that it does not receive.",
    ]
    for stack, settings in stacks.items():
        lines += ["", f"## Stack `{stack}`", "", *_register(settings), "", *_sent(settings)]
        lines += ["", *_egress(settings)]
    return "\n".join(lines).rstrip() + "\n"


def _register(settings: StoreSettings) -> Iterator[str]:
    yield "| Party | Kind | Company | Country | Role | Purpose | Legal basis | Agreement | Data classes | On |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, party in sorted(settings.third_parties.parties.items()):
        company = party.company
        cells = (
            name,
            party.kind,
            company.name,
            company.country,
            company.role,
            company.purpose,
            company.legal_basis,
            company.agreement or "none",
            ", ".join(party.data_classes) or "receives none",
            _state(party),
        )
        yield f"| {' | '.join(cells)} |"


def _state(party: ThirdParty) -> str:
    if not party.enabled:
        return "no"
    if party.simulated:
        return "simulated"
    awaited = party.events is not None and party.events.auth.secret.awaited
    return "once its secret has a value" if awaited else "yes"


def _sent(settings: StoreSettings) -> Iterator[str]:
    yield "| Party | Way | Where | Fields, with their data class |"
    yield "| --- | --- | --- | --- |"
    for name, party in sorted(settings.third_parties.parties.items()):
        for way, where, fields in _ways(party, settings):
            yield f"| {name} | {way} | {where} | {', '.join(fields) or 'none leaves the store'} |"


def _ways(party: ThirdParty, settings: StoreSettings) -> Iterator[tuple[str, str, list[str]]]:
    for name, delivery in sorted(party.sends.items()):
        fields = events()[name].fields
        sent = [f"`{path}` ({fields[path].data_class})" for path in delivery.fields.values()]
        yield f"event `{name}`", party.events.endpoint if party.events else "", sent
    if party.api or party.simulated:
        callers = (name for name, service in settings.app_tier.services.items() if _calls(service, party, settings))
        sent = [f"`{path}` ({data_class})" for path, data_class in apis()[party.kind].sent.items()]
        where = party.api.endpoint if party.api else f"service `{PROVIDER_SERVICE}` of the stack, in its place"
        yield f"calls of {', '.join(callers) or 'no service'}", where, sent
    if party.takes_orders:
        fields = events()[_ORDER].fields
        takers = [name for name, service in settings.app_tier.services.items() if service.orders == "take"]
        where = (
            "it fetches them" if settings.orders.oms else f"service `{', '.join(takers)}` of the stack, in its place"
        )
        yield "queue of orders", where, [f"`{path}` ({field.data_class})" for path, field in fields.items()]
    for feed in party.feeds:
        yield f"feed `{feed}`", "it writes into the store", []
    if party.machine:
        scopes = sorted(settings.identity.machines[party.machine].scopes)
        yield f"client `{party.machine}`: {', '.join(f'`{scope}`' for scope in scopes)}", "it calls the store's API", []


def _calls(service: Microservice, party: ThirdParty, settings: StoreSettings) -> bool:
    if party.simulated:
        by_itself = party.kind == "payment" and service.simulated_provider == "call"
        return by_itself or party.kind in service.simulated_parties
    return any(settings.third_parties.parties[name] == party for name in service.third_parties)


def _egress(settings: StoreSettings) -> Iterator[str]:
    hosts = sorted({host for party in settings.third_parties.parties.values() for host in party.hosts})
    yield f"Hosts that services reach for them, on the firewalls' lists by themselves: {', '.join(hosts) or 'none'}."
