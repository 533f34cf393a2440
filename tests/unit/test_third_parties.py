"""The register of third parties: kinds with an API, what leaves the store for them, and the page of processors."""

import json
from pathlib import Path
from typing import Any

import pytest

from parties import catalogue
from parties.catalogue import apis
from parties.reference import pages
from schema_files import FlawedFilesError
from settings.app_tier.uses.third_parties import VARIABLES, ThirdPartyUse
from settings.app_tier.uses.use import User
from settings.relations.third_parties import classes_sent
from settings.stack_files import stack_settings
from settings.third_parties import ThirdPartiesSettings
from tests.unit.app_tier_box import PARTIES, ROUTE, fargate, made, variables

USER = User(label="payments", domain="payments", name="app-payments", tasks=True)


def test_every_kind_with_an_api_has_a_variable_for_its_address() -> None:
    assert VARIABLES.keys() == apis().keys()


def test_what_a_request_carries_is_of_a_class_each() -> None:
    sent = apis()["payment"].sent
    assert sent["authorise.token"] == "payment"
    assert sent["authorise.order_id"] == "order"
    assert not any(path.startswith("authorise.answer") for path in sent)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"properties": {"request": {"type": "object"}}}, 'must have the properties "request" and "answer"'),
        (
            {"properties": {"request": {"properties": {"name": {"type": "string"}}}, "answer": {"type": "object"}}},
            "pay.name must have an x-data-class of operational",
        ),
        (
            {"properties": {"request": {"x-data-class": "secret", "type": "string"}, "answer": {"type": "object"}}},
            'and has "secret"',
        ),
    ],
    ids=["no answer", "no class", "unknown class"],
)
def test_an_api_that_says_too_little_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: dict[str, Any], message: str
) -> None:
    file = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "description": "An API.",
        "type": "object",
        "properties": {"pay": {"type": "object", **operation}},
    }
    (tmp_path / "payment.json").write_text(json.dumps(file))
    monkeypatch.setattr(catalogue, "APIS", tmp_path)
    with pytest.raises(FlawedFilesError) as refused:
        apis.__wrapped__()
    assert "parties/apis/payment.json" in str(refused.value)
    assert message in str(refused.value)


def test_a_party_that_is_switched_off_has_no_address_and_no_host() -> None:
    on = PARTIES.parties["payment"]
    assert on.hosts == ("pay.example.com",)
    off = on.model_copy(update={"enabled": False})
    assert off.hosts == ()
    parties = ThirdPartiesSettings(parties={"payment": off})
    given = [ThirdPartyUse("payment").access(owner, USER).variables for owner in (PARTIES, parties)]
    assert [found["STORE_PAYMENT_PROVIDER_URL"] for found in given] == ["https://pay.example.com", "off"]


def test_a_simulated_party_is_called_in_the_stack_itself_until_it_is_switched_off() -> None:
    settings = stack_settings()["dev"]
    parties = settings.third_parties.parties
    assert parties["tax"].hosts == ()
    assert parties["tax"].data_classes == ("contact", "order")
    assert settings.third_parties.off_simulated == frozenset()
    off = ThirdPartiesSettings(
        parties={
            name: party.model_copy(update={"enabled": False}) if name in ("payment", "tax") else party
            for name, party in parties.items()
        }
    )
    assert off.off_simulated == {"payment", "tax"}
    services = {
        "orders": fargate(simulated_parties=["shipping", "tax"]),
        "payments": fargate(boundary="payment", simulated_provider="call"),
        "payment-provider": fargate(simulated_provider="serve", routes=[ROUTE]),
    }
    own = "https://shop.example.com/api/payment-provider"
    for register, provider, tax in ((settings.third_parties, own, f"{own}/tax"), (off, "off", "off")):
        recorder = made(services, parties=register)
        assert variables(recorder, "app-payments")["STORE_PAYMENT_PROVIDER_URL"] == provider
        called = variables(recorder, "app-orders")
        assert (called["STORE_SHIPPING_URL"], called["STORE_TAX_URL"]) == (f"{own}/shipping", tax)


def test_orders_wait_while_the_party_that_takes_them_is_switched_off() -> None:
    oms = stack_settings()["dev"].third_parties.parties["order-management"]
    taking = {"oms": {"runtime": {"kind": "lambda", "code": "oms"}, "orders": "take"}}
    for enabled in (True, False):
        party = oms.model_copy(update={"enabled": enabled})
        recorder = made(taking, parties=ThirdPartiesSettings(parties={"oms": party}))
        assert len(recorder.of("lambda/eventSourceMapping:EventSourceMapping")) == int(enabled)
        granted = [one for one in recorder.of("iam/rolePolicy:RolePolicy") if "sqs:ReceiveMessage" in str(one.inputs)]
        assert len(granted) == int(enabled)


@pytest.mark.parametrize("stack", list(stack_settings()))
def test_every_stack_registers_each_kind_of_party_and_services_use_those_that_they_call(stack: str) -> None:
    settings = stack_settings()[stack]
    parties = settings.third_parties.parties
    kinds = {"payment", "oms", "pim", "cms", "marketing", "tax", "shipping"}
    assert {party.kind for party in parties.values()} >= kinds
    services = settings.app_tier.services
    for name, kind in (("payments", "payment"), ("orders", "shipping"), ("orders", "tax")):
        (party,) = (label for label, about in parties.items() if about.kind == kind)
        service = services[name]
        simulated = kind in service.simulated_parties or (service.simulated_provider == "call" and kind == "payment")
        assert (parties[party].simulated, party in service.third_parties) == (simulated, not simulated)
    assert settings.orders.oms or any(service.orders == "take" for service in services.values())


@pytest.mark.parametrize("stack", list(stack_settings()))
def test_every_party_is_registered_with_what_it_receives(stack: str) -> None:
    parties = stack_settings()[stack].third_parties.parties
    assert parties
    for party in parties.values():
        assert set(party.data_classes) == classes_sent(party)


def test_the_page_of_processors_is_current_and_names_every_party_with_its_company() -> None:
    ((path, text),) = pages().items()
    assert path.read_text() == text, "run make docs"
    for stack, settings in stack_settings().items():
        part = text.partition(f"## Stack `{stack}`")[2].partition("## Stack")[0]
        for name, party in settings.third_parties.parties.items():
            assert f"| {name} | {party.kind} | {party.company.name} |" in part
            assert all(host in part for host in party.hosts)
    assert "`email` (contact)" in text
