"""What happens in the store, from one end to the other, over the program's patterns and requests."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from settings.stack_files import stack_settings
from settings.third_parties import ThirdParty
from tests.functions.batches import kafka, kinesis
from tests.functions.cloud import Cloud, Request
from tests.stack_files import STACKS

PROJECT = Path(__file__).resolve().parents[2]
SUB = "5b0c1c9e-77d1-4a0e-9c57-2f1b7a0d9f11"


@dataclass
class ThirdPartyServer:
    address: str
    requests: list[Request] = field(default_factory=list)


@pytest.fixture
def cms() -> Iterator[ThirdPartyServer]:
    """A content management system on 127.0.0.1 that says yes to everything."""

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append(Request(self.command, self.path, dict(self.headers), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server = ThirdPartyServer(f"http://127.0.0.1:{listener.server_port}/v1/profiles")
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield server
    listener.shutdown()
    listener.server_close()


def third_parties(stack: str) -> Mapping[str, ThirdParty]:
    return stack_settings()[stack].third_parties.parties


def test_an_order_reaches_the_oms_once_and_is_accepted(cloud: Cloud) -> None:
    relay = cloud.subscribe("order-relay", "order.placed")
    watcher = cloud.subscribe("watcher", "order.status-changed")
    event_id = "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11"
    placed = {
        "event_id": event_id,
        "order_id": "o-1",
        "customer_id": "c-1",
        "cart_id": "cart-1",
        "cart_version": 1,
        "placed_at": "2026-01-31T08:00:00Z",
        "currency": "EUR",
        "total_minor": 2598,
        "lines": [{"sku": "s-1", "quantity": 2, "unit_price_minor": 1299}],
    }
    # What the orders service writes, in one transaction.
    cloud.put(
        "orders", order_id="o-1", item="ORDER", customer_id="c-1", status="placed", updated_at=placed["placed_at"]
    )
    cloud.put("orders", order_id="o-1", item="LINE#1", **placed["lines"][0])
    outgoing = {"source": "store.orders", "detail_type": "order.placed", "detail": placed, "expires_at": 1_800_000_000}
    cloud.put("orders", order_id="o-1", item=f"EVENT#{event_id}", **outgoing)

    assert [event["detail"] for event in cloud.pump("orders")] == [placed]
    cloud.tell("order.placed", placed)  # the bus tells at least once
    assert len(cloud.deliver(relay, "order_relay")) == 2

    (message,) = cloud.deliver(cloud.orders_queue, "oms")
    assert json.loads(message["Body"]) == placed
    assert message["Attributes"]["MessageGroupId"] == "o-1"
    assert message["Attributes"]["MessageDeduplicationId"] == event_id
    assert cloud.messages(cloud.orders_queue) == []
    assert (cloud.item("orders", order_id="o-1", item="ORDER") or {})["status"] == "accepted"

    (accepted,) = cloud.pump("orders")
    (heard,) = cloud.messages(watcher)
    assert json.loads(heard["Body"])["detail"] == accepted["detail"]
    assert (accepted["detail"]["previous_status"], accepted["detail"]["status"]) == ("placed", "accepted")


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("agreed", [True, False])
def test_a_sign_up_becomes_profile_contact_and_a_call_of_the_cms(
    cloud: Cloud, cms: ThirdPartyServer, stack: str, agreed: bool
) -> None:
    (party,) = (party for party in third_parties(stack).values() if party.kind == "cms")
    assert party.events
    name, delivery = "customer.signed-up", party.sends["customer.signed-up"]
    told = cloud.subscribe("cms", name, only_if=delivery.only_if)
    consent = cloud.subscribe("consent", "customer.signed-up")

    choices = {"marketing_email": str(agreed).lower(), "profiling": "true", "policy_version": "2026-01"}
    attributes = {"sub": SUB, "email": "ada@example.com", "locale": "de-DE"}
    cloud.run(
        "sign_up",
        {
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "request": {"userAttributes": attributes, "clientMetadata": choices},
            "response": {},
        },
    )
    event = next(event for event in cloud.pump("customers") if event["detail_type"] == name)
    cloud.deliver(consent, "consent")
    cloud.call(party.events, told, cms.address)

    profile = cloud.item("customers", customer_id=SUB, item="PROFILE") or {}
    contact = cloud.contact("ada@example.com")
    assert profile["engagement"]["email"] == ("subscribed" if agreed else "unsubscribed")
    assert (contact is not None) is agreed
    (request,) = cms.requests
    assert (request.method, request.path) == ("PUT", "/v1/profiles")
    assert request.body == {
        "eventId": event["detail"]["event_id"],
        "eventTime": request.body["eventTime"],
        "customerId": SUB,
        "locale": "de-DE",
        "profiling": True,
    }
    assert cloud.messages(consent) == []


@pytest.mark.parametrize("batch", [partial(kafka, "stock", 0), partial(kinesis, "stock")], ids=["kafka", "kinesis"])
def test_a_batch_with_a_bad_record_is_written_but_for_that_and_the_bus_hears_of_it(cloud: Cloud, batch: Any) -> None:
    search = cloud.subscribe("search", "inventory.changed")
    good = [
        {"sku": "s-1", "location_id": f"l-{number}", "available": number, "changed_at": "2026-01-31T08:00:00Z"}
        for number in range(4)
    ]
    bad = {**good[1], "available": "many"}
    assert cloud.run("inventory_feed", batch(good[0], bad, *good[2:])) == {"batchItemFailures": []}

    assert [item["location_id"] for item in cloud.items("inventory", "LOCATION#")] == ["l-0", "l-2", "l-3"]
    (letter,) = cloud.dead("inventory")
    assert letter["reason"] == "available: Input should be a valid integer"
    cloud.pump("inventory")
    heard = [json.loads(message["Body"])["detail"]["location_id"] for message in cloud.messages(search)]
    assert sorted(heard) == ["l-0", "l-2", "l-3"]
