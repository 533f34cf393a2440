"""The page of the event catalogue: emitters, consumers, fields, and deliveries to third parties."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from events.catalogue import Event, broken_promises, events, released_form
from settings.stack_files import stack_settings
from settings.store import StoreSettings
from settings.third_parties import EventCalls, ThirdParty

_PROJECT = Path(__file__).resolve().parent.parent
RELEASED = _PROJECT / "docs" / "events.json"


def pages() -> Mapping[Path, str]:
    """Path in the project to the page's text.

    Raises:
        SettingsError: an invalid stack file.
    """
    return {
        RELEASED: json.dumps(released_form(), indent=2) + "\n",
        _PROJECT / "docs" / "events.md": _page(stack_settings()),
    }


def broken() -> list[str]:
    """Reasons why the schemas must not replace those of `docs/events.json`, and events that no service emits."""
    promises = broken_promises(json.loads(RELEASED.read_text()), released_form()) if RELEASED.is_file() else []
    used = {
        event
        for settings in stack_settings().values()
        for service in settings.app_tier.services.values()
        for event in service.emits
    }
    return promises + [
        f"{name} must be emitted by a service of at least one stack: let {event.emitter} emit it, or remove its schema"
        for name, event in events().items()
        if name not in used
    ]


def _page(stacks: Mapping[str, StoreSettings]) -> str:
    lines = [
        "# Events",
        "",
        "<!-- Generated from events/schemas and the stack files by `make docs`. -->",
        "",
        "All events use one bus. Their source is the service that emits them, their detail type the name of the event.",
        "Schemas change compatibly only: `make check` compares `events/schemas` with the released schemas in",
        "`docs/events.json`. A change that would break a consumer needs a new major version, `<event>.v2.json`,",
        "beside the first.",
        "",
        "| Event | Source | Emitted by | Consumed by | Sent to third parties | Data classes | Schema |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(event, stacks) for event in events().values()),
        "",
        "## Third parties",
        "",
        "A third party gets only these fields, the event's id and its time.",
        "",
        "| Stack | Third party | Kind | Address | Event | Only if | Fields | Data classes | On |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(
            row
            for stack, settings in stacks.items()
            for name, party in sorted(settings.third_parties.parties.items())
            if party.events
            for row in _deliveries(stack, name, party, party.events)
        ),
        "",
        *(line for event in events().values() for line in _fields(event)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _row(event: Event, stacks: Mapping[str, StoreSettings]) -> str:
    def of(ends: Callable[[StoreSettings], Mapping[str, Collection[str]]]) -> str:
        """Services or third parties with the event, with their stacks if not all stacks have it."""
        by: dict[str, list[str]] = {}
        for stack, settings in stacks.items():
            for name in sorted(name for name, names in ends(settings).items() if event.detail_type in names):
                by.setdefault(name, []).append(stack)
        known = (name if len(where) == len(stacks) else f"{name} ({', '.join(where)})" for name, where in by.items())
        return ", ".join(known) or "none"

    schema = f"[v{event.version}](../events/schemas/{event.name}.v{event.version}.json)"
    cells = (
        f"`{event.detail_type}`",
        f"`{event.source}`",
        of(lambda settings: {name: service.emits for name, service in settings.app_tier.services.items()}),
        of(lambda settings: {name: service.consumes for name, service in settings.app_tier.services.items()}),
        of(lambda settings: {name: party.sends for name, party in settings.third_parties.parties.items()}),
        ", ".join(event.data_classes),
        schema,
    )
    return f"| {' | '.join(cells)} |"


def _deliveries(stack: str, name: str, party: ThirdParty, calls: EventCalls) -> Iterator[str]:
    for event, delivery in sorted(party.sends.items()):
        cells = (
            stack,
            name,
            party.kind,
            calls.endpoint,
            f"`{event}`",
            f"`{delivery.only_if}`" if delivery.only_if else "always",
            ", ".join(f"`{path}`" for path in delivery.fields.values()),
            ", ".join(party.data_classes),
            "no" if not party.enabled else "once its secret has a value" if calls.auth.secret.awaited else "yes",
        )
        yield f"| {' | '.join(cells)} |"


def _fields(event: Event) -> Iterator[str]:
    yield from (f"## `{event.detail_type}`", "", str(event.schema["description"]), "")
    yield from ("| Field | Type | Required | Data class |", "| --- | --- | --- | --- |")
    for field in event.fields.values():
        yield f"| `{field.path}` | {field.type} | {'yes' if field.required else 'no'} | {field.data_class} |"
    yield ""
