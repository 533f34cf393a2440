"""Events on their way from the bus to its targets, by the rules of the state."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.bus import Bus
from local.pacing import Pacing
from local.state import Deployed
from tests.local.account import Account

SIGNED_UP = {
    "event_id": "e-1",
    "customer_id": "c-1",
    "locale": "de-DE",
    "consent": {"profiling": True, "marketing_email": False, "policy_version": "2026-01"},
}


@pytest.fixture(autouse=True)
def _fresh(account: Account, loop: asyncio.Runner) -> Iterator[None]:
    yield
    account.judge.denied.clear()
    for party in account.third_parties:
        party.requests.clear()
        party.failures.clear()
    loop.run(account.empty())


def entry(account: Account, detail_type: str, detail: Any, **more: Any) -> dict[str, Any]:
    source = f"store.{ {'order': 'orders', 'customer': 'customers'}[detail_type.partition('.')[0]] }"
    bus = account.deployed.outputs["events_bus_name"]
    return {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": bus, **more}


def put(account: Account, loop: asyncio.Runner, *entries: dict[str, Any]) -> list[dict[str, str]]:
    async def all_the_way() -> list[dict[str, str]]:
        answers = await account.bus.put(entries)
        await account.bus.settled()
        return answers

    return loop.run(all_the_way())


def test_the_answer_counts_the_entries_that_the_bus_refuses(account: Account, loop: asyncio.Runner):
    entries = [entry(account, "order.placed", {"event_id": "e"}), entry(account, "order.placed", "no object")]
    answer = loop.run(account.bus.put_events({"Entries": entries}))
    loop.run(account.bus.settled())
    assert answer["FailedEntryCount"] == 1
    assert [list(result) for result in answer["Entries"]] == [["EventId"], ["ErrorCode", "ErrorMessage"]]


def test_an_event_reaches_the_queues_of_all_rules_that_match(account: Account, loop: asyncio.Runner):
    (answer,) = put(account, loop, entry(account, "order.placed", {"event_id": "e"}, Time=1_800_000_000))
    for queue in ("app-order-relay-inbox", "app-carts-inbox", "app-inventory-inbox"):
        (message,) = loop.run(account.messages(queue))
        event = json.loads(message["body"])
        assert event["id"] == answer["EventId"]
        assert event["detail"] == {"event_id": "e"}
        assert event["time"] == "2027-01-15T08:00:00Z"
    assert loop.run(account.messages("app-customers-inbox")) == []
    assert account.bus.archive[-1]["id"] == answer["EventId"]
    assert ("events.amazonaws.com", "sqs:SendMessage", account.queue("app-carts-inbox").arn) in account.judge.asked


def test_a_rule_with_a_schedule_alone_hears_no_event(account: Account, loop: asyncio.Runner):
    put(account, loop, {"Source": "store.orders", "DetailType": "order.placed", "Detail": '{"event_id": "on-default"}'})
    (heard,) = [
        one
        for one in account.journal.entries("bus.event")
        if one["bus"] == "default" and one["source"] == "store.orders"
    ]
    assert heard["rules"] == []


def test_events_of_another_source_or_bus_match_nothing(account: Account, loop: asyncio.Runner):
    put(
        account,
        loop,
        entry(account, "order.placed", {}, Source="store.carts"),
        entry(account, "order.placed", {}, EventBusName="default"),
    )
    assert loop.run(account.messages("app-order-relay-inbox")) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": None}, "InvalidArgument"),
        ({"Detail": "not JSON"}, "MalformedDetail"),
        ({"Detail": "[]"}, "MalformedDetail"),
    ],
)
def test_an_entry_that_is_no_event_is_refused_alone(
    account: Account, loop: asyncio.Runner, changed: dict[str, Any], code: str
):
    good = entry(account, "order.placed", {})
    refused, taken = put(account, loop, {**good, **changed}, good)
    assert refused["ErrorCode"] == code
    assert "EventId" in taken


def test_a_third_party_gets_what_its_destination_and_template_say(account: Account, loop: asyncio.Runner):
    put(account, loop, entry(account, "customer.signed-up", SIGNED_UP))
    (party,) = account.third_parties
    (request,) = party.requests
    assert (request.method, request.path, request.auth) == ("PUT", "/v1/profiles", "API_KEY in x-api-key")
    body = json.loads(request.body)
    assert body.pop("eventTime")
    assert body == {"eventId": "e-1", "customerId": "c-1", "locale": "de-DE", "profiling": True}
    roles = {principal for principal, action, _ in account.judge.asked if action == "events:InvokeApiDestination"}
    assert roles == {"arn:aws:iam::111111111111:role/events-cms"}
    assert account.third_parties.host("cms-sandbox.example.com") == party.name
    assert account.third_parties.host("example.org") is None


def test_a_third_party_that_fails_is_asked_again(account: Account, loop: asyncio.Runner):
    (party,) = account.third_parties
    account.third_parties.fail(party.name, 500, 429)
    put(account, loop, entry(account, "customer.signed-up", SIGNED_UP))
    assert [request.status for request in party.requests] == [500, 429, 200]
    with pytest.raises(LookupError, match="no third party"):
        account.third_parties.fail("nobody", 500)


def test_a_request_that_a_third_party_refuses_is_a_dead_letter_at_once(account: Account, loop: asyncio.Runner):
    (party,) = account.third_parties
    account.third_parties.fail(party.name, 400)
    put(account, loop, entry(account, "customer.signed-up", SIGNED_UP))
    assert len(party.requests) == 1
    (letter,) = loop.run(account.messages("events-cms-customer-signed-up-dead"))
    assert json.loads(letter["body"])["detail"] == SIGNED_UP
    assert letter["attributes"]["ERROR_CODE"] == "SDK_CLIENT_ERROR"


def test_lost_permissions_make_a_dead_letter_without_retries(account: Account, loop: asyncio.Runner):
    inbox = account.queue("app-order-relay-inbox").arn
    account.judge.denied_resources = {inbox}
    try:
        put(account, loop, entry(account, "order.placed", {"event_id": "e"}))
    finally:
        account.judge.denied_resources = set()
    (letter,) = loop.run(account.messages("events-order-relay-dead"))
    assert letter["attributes"] == {
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": "the test says so",
        "RULE_ARN": account.one("aws:cloudwatch/eventRule:EventRule", "events-order-relay").arn,
        "TARGET_ARN": inbox,
        "RETRY_ATTEMPTS": "0",
    }
    assert len(loop.run(account.messages("app-carts-inbox"))) == 1


def test_retries_end_as_the_target_s_policy_says(account: Account, loop: asyncio.Runner):
    (party,) = account.third_parties
    account.third_parties.fail(party.name, *[500] * 300)
    bus = _with_retries(account, 3)

    async def told() -> None:
        await bus.put([entry(account, "customer.signed-up", SIGNED_UP)])
        await bus.settled()

    loop.run(told())
    assert len(party.requests) == 4
    (letter,) = loop.run(account.messages("events-cms-customer-signed-up-dead"))
    assert letter["attributes"]["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert letter["attributes"]["RETRY_ATTEMPTS"] == "3"


def _with_retries(account: Account, attempts: int) -> Bus:
    """A bus whose targets retry so often."""
    entries = [
        {
            "urn": one.urn,
            "type": one.type,
            "id": one.id,
            "inputs": {},
            "outputs": {**one.outputs, "retryPolicy": {"maximumRetryAttempts": attempts}}
            if one.type.endswith(":EventTarget")
            else one.outputs,
        }
        for one in account.deployed.resources
    ]
    deployed = Deployed(entries)
    return Bus(
        deployed,
        account.cloud,
        account.functions,
        account.third_parties,
        account.judge,
        account.journal,
        Pacing(0),
    )
