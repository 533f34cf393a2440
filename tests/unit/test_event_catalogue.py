"""The catalogue of events: schemas, compatible change, loose ends, what third parties are sent."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from events import catalogue
from events.catalogue import CatalogueError, broken_promises, event_named, events, loose_ends, pattern, released_form
from events.reference import RELEASED, broken, pages
from schema_files import FlawedFilesError
from settings.loader import parse
from settings.problems import SettingsError
from settings.stack_files import stack_settings
from tests.stack_files import stack_file

PROJECT = Path(__file__).resolve().parents[2]
DECLARED = {
    "catalogue.changed": "catalogue",
    "customer.consent-changed": "customers",
    "customer.contact-given": "customers",
    "customer.erased": "customers",
    "customer.signed-up": "customers",
    "delivery.moved": "deliveries",
    "inventory.changed": "inventory",
    "order.placed": "orders",
    "order.status-changed": "orders",
    "payment.authorised": "payments",
    "payment.held": "payments",
    "payment.refused": "payments",
    "payment.settled": "payments",
}


def test_the_events_of_the_guidance_are_declared_with_the_service_that_emits_each() -> None:
    assert {name: event.emitter for name, event in events().items()} == DECLARED


def test_a_sign_up_says_what_the_customer_consented_to_in_every_case() -> None:
    fields = event_named("customer.signed-up").fields
    consents = {path for path, field in fields.items() if field.data_class == "consent"}
    assert {"consent.marketing_email", "consent.marketing_sms", "consent.profiling"} <= consents
    assert all(fields[path].required for path in consents)


def test_what_reaches_a_customer_is_marked_as_contact_data() -> None:
    fields = [field for event in events().values() for field in event.fields.values()]
    reaching = {field.path for field in fields if field.path in ("email", "phone_number")}
    assert reaching == {field.path for field in fields if field.data_class == "contact"} == {"email", "phone_number"}


def test_every_third_party_that_learns_of_customers_hears_what_they_withdraw() -> None:
    parties = [party for settings in stack_settings().values() for party in settings.third_parties.parties.values()]
    told = [
        party.sends.keys() for party in parties if party.sends.keys() & {"customer.signed-up", "customer.contact-given"}
    ]
    assert told
    assert all(events >= {"customer.consent-changed", "customer.erased"} for events in told)


def test_schemas_are_compatible_with_the_released_ones() -> None:
    assert RELEASED.is_file()
    assert broken() == []


def test_the_generated_pages_are_current() -> None:
    for path, text in pages().items():
        assert path.read_text() == text, f"{path.name}: run make docs"


BREAKING: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a field that is gone": (lambda schema: schema["properties"].pop("tracking_number"), "tracking_number is gone"),
    "a field that may now be missing": (lambda schema: schema["required"].remove("status"), "was always present"),
    "another type": (lambda schema: schema["properties"]["status"].update(type="integer"), "was string, now integer"),
    "a value that consumers do not know": (
        lambda schema: schema["properties"]["status"]["enum"].append("lost"),
        "may now be lost",
    ),
    "any value instead of a list": (lambda schema: schema["properties"]["status"].pop("enum"), "may now be any value"),
    "another source": (
        lambda schema: schema.update({"x-amazon-events-source": "store.shipping"}),
        "another x-amazon-events-source",
    ),
    "another data class": (lambda schema: schema.update({"x-data-class": "contact"}), "another x-data-class"),
    "longer text": (
        lambda schema: schema["properties"]["tracking_number"].update(maxLength=500),
        "maxLength 64, now 500",
    ),
    "another format": (lambda schema: schema["properties"]["event_id"].pop("format"), "format uuid, now none"),
}


def changed(change: Callable[[dict[str, Any]], Any], name: str = "order.status-changed") -> list[str]:
    now = copy.deepcopy(released_form())
    change(now[name])
    return broken_promises(released_form(), now)


@pytest.mark.parametrize("what", BREAKING)
def test_a_breaking_change_is_refused_with_the_file_to_write_instead(what: str) -> None:
    change, message = BREAKING[what]
    (problem,) = changed(change)
    assert message in problem
    assert "events/schemas/order.status-changed.v2.json" in problem


def test_a_change_inside_a_list_is_found_too() -> None:
    (problem,) = changed(lambda s: s["properties"]["lines"]["items"]["required"].remove("sku"), "order.placed")
    assert "lines[].sku was always present" in problem


def test_an_event_that_is_gone_breaks_its_consumers() -> None:
    now = released_form()
    del now["order.placed"]
    (problem,) = broken_promises(released_form(), now)
    assert problem.startswith("the schema of order.placed must stay")


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema["properties"].update(carrier={"type": "string"}),
        lambda schema: schema["required"].append("tracking_number"),
        lambda schema: schema["properties"]["status"]["enum"].remove("returned"),
        lambda schema: schema["properties"]["tracking_number"].update(maxLength=32, description="Shorter now."),
    ],
    ids=["new optional field", "always there from now on", "a value less", "narrower"],
)
def test_what_no_consumer_notices_is_compatible(change) -> None:
    assert changed(change) == []


def test_a_new_event_and_a_second_major_are_compatible() -> None:
    now = released_form() | {"order.placed.v2": {"type": "object"}}
    assert broken_promises(released_form(), now) == []
    assert broken_promises(now, released_form()) == [
        "the schema of order.placed.v2 must stay, also beside a new major version: restore it"
    ]


def ends() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    emitters: dict[str, set[str]] = {}
    for name, service in DECLARED.items():
        emitters.setdefault(service, set()).add(name)
    return emitters, {"cms": {"customer.signed-up"}, "search": set(DECLARED) - {"customer.signed-up"}}


def test_nothing_is_loose_when_every_event_has_both_ends() -> None:
    assert loose_ends(*ends()) == []


def test_an_event_with_one_end_only_is_loose() -> None:
    emitters, consumers = ends()
    del emitters["payments"]
    consumers["search"].remove("order.placed")
    assert loose_ends(emitters, consumers) == [
        "order.placed is emitted by orders and must be consumed: let a service or third party consume it",
        "payment.authorised is consumed by search and must be emitted: let payments emit it",
        "payment.held is consumed by search and must be emitted: let payments emit it",
        "payment.refused is consumed by search and must be emitted: let payments emit it",
        "payment.settled is consumed by search and must be emitted: let payments emit it",
    ]


def test_an_event_that_nobody_uses_is_left_alone() -> None:
    assert loose_ends({}, {}) == []


def test_a_pattern_names_source_type_and_condition() -> None:
    assert pattern(["customer.signed-up"], "consent.marketing_email") == {
        "source": ["store.customers"],
        "detail-type": ["customer.signed-up"],
        "detail": {"consent": {"marketing_email": [True]}},
    }
    with pytest.raises(CatalogueError, match=r"did you mean customer\.signed-up"):
        pattern(["customer.signedup"])


SCHEMA = {
    "description": "A thing.",
    "x-amazon-events-source": "store.things",
    "x-amazon-events-detail-type": "thing.made",
    "type": "object",
    "required": ["event_id"],
    "properties": {"event_id": {"type": "string"}},
}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("Thing.json", json.dumps(SCHEMA), "must be <event>.v<major>.json"),
        ("thing.made.v1.json", "{", "must be JSON"),
        ("thing.made.v1.json", json.dumps(SCHEMA | {"x-amazon-events-source": "things"}), "must be store.<service"),
        ("thing.made.v2.json", json.dumps(SCHEMA), 'must be "thing.made.v2"'),
        ("thing.made.v1.json", json.dumps(SCHEMA | {"required": []}), "event_id must be required"),
        (
            "thing.made.v1.json",
            json.dumps(SCHEMA | {"required": ["event_id", "size"]}),
            "requires size, which must be in",
        ),
        (
            "thing.made.v1.json",
            json.dumps(SCHEMA | {"x-data-class": "secret", "properties": {"event_id": {}}}),
            "secret",
        ),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, message: str
) -> None:
    (tmp_path / file).write_text(text)
    monkeypatch.setattr(catalogue, "SCHEMAS", tmp_path)
    with pytest.raises(FlawedFilesError) as refused:
        events.__wrapped__()
    assert f"events/schemas/{file}" in str(refused.value)
    assert message in str(refused.value)


def prod(change: Callable[[dict[str, Any]], Any]) -> str:
    """What the settings say to a changed production stack file."""
    config = stack_file("prod")
    change(config["web-store:third_parties"]["parties"]["marketing"])
    with pytest.raises(SettingsError) as refused:
        parse({key: json.dumps(value) for key, value in config.items()}, stack="prod")
    return str(refused.value)


def given(party: dict[str, Any]) -> dict[str, Any]:
    return party["events"]["sends"]["customer.contact-given"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda party: party["events"]["sends"].update({"order.place": given(party)}), "did you mean order.placed?"),
        (lambda party: given(party)["fields"].update(phone="phone_number"), "must be a field that every"),
        (lambda party: given(party).update(only_if="locale"), "must be a yes-or-no field for a condition"),
        (lambda party: party.update(data_classes=["consent", "identity"]), "must name contact, which it receives"),
        (
            lambda party: party.update(data_classes=["consent", "contact", "identity", "payment"]),
            "must not name payment, which it does not receive",
        ),
        (
            lambda party: (
                party["events"]["auth"]
                .setdefault("secret", {})
                .update(arn="arn:aws:secretsmanager:us-east-1:222222222222:secret:store/marketing-Ef34Gh")
            ),
            "must be in the home Region eu-west-1",
        ),
        (
            lambda party: given(party)["fields"].update(eventId="customer_id"),
            "must have another name: every request has eventId",
        ),
    ],
    ids=["undeclared event", "optional field", "no condition", "undeclared class", "unused class", "region", "own key"],
)
def test_third_parties_that_would_get_something_else_are_refused(change, message: str) -> None:
    assert message in prod(change)


def test_a_field_is_told_at_its_own_place_with_the_one_that_was_meant() -> None:
    told = prod(lambda party: given(party)["fields"].update(contactId="customerid"))
    assert "web-store:third_parties.parties.marketing.events.sends.customer.contact-given.fields.contactId" in told
    assert "contactId: customer_id" in told
