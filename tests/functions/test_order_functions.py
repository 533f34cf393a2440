"""Orders on their way to the OMS, and its stand-in."""

import json
from typing import Any

import pytest

from functions.common.order_status import _leads_to
from tests.functions.cloud import Cloud
from tests.functions.faults import aws_fails, before

PLACED = {
    "event_id": "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11",
    "order_id": "o-1",
    "customer_id": "c-1",
    "cart_id": "cart-1",
    "cart_version": 1,
    "placed_at": "2026-01-31T08:00:00Z",
    "currency": "EUR",
    "total_minor": 2598,
    "lines": [{"sku": "s-1", "quantity": 2, "unit_price_minor": 1299}],
}
STATUSES = ("placed", "paid", "accepted", "picked", "shipped", "delivered", "cancelled", "returned")


def order(cloud: Cloud, order_id: str = "o-1", status: str = "placed", **more: Any) -> None:
    cloud.put("orders", order_id=order_id, item="ORDER", customer_id="c-1", status=status, **more)


def status(cloud: Cloud, order_id: str = "o-1") -> Any:
    return (cloud.item("orders", order_id=order_id, item="ORDER") or {}).get("status")


def send(cloud: Cloud, order_id: str, event_id: str) -> None:
    cloud.sqs.send_message(
        QueueUrl=cloud.orders_queue,
        MessageBody=json.dumps({**PLACED, "order_id": order_id, "event_id": event_id}),
        MessageGroupId=order_id,
        MessageDeduplicationId=event_id,
    )


def test_an_order_is_one_message_in_the_group_of_its_id(cloud: Cloud) -> None:
    queue = cloud.subscribe("order-relay", "order.placed")
    cloud.tell("order.placed", PLACED)
    cloud.tell("order.placed", PLACED)
    assert len(cloud.deliver(queue, "order_relay")) == 2
    (message,) = cloud.messages(cloud.orders_queue)
    assert json.loads(message["Body"]) == PLACED
    assert message["Attributes"]["MessageGroupId"] == "o-1"
    assert message["Attributes"]["MessageDeduplicationId"] == PLACED["event_id"]


def test_two_orders_are_two_groups(cloud: Cloud) -> None:
    queue = cloud.subscribe("order-relay", "order.placed")
    cloud.tell("order.placed", PLACED)
    cloud.tell("order.placed", {**PLACED, "order_id": "o-2", "event_id": "1b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11"})
    cloud.deliver(queue, "order_relay")
    groups = [message["Attributes"]["MessageGroupId"] for message in cloud.messages(cloud.orders_queue)]
    assert sorted(groups) == ["o-1", "o-2"]


def test_an_order_that_cannot_be_handed_over_stays_in_the_queue_alone(cloud: Cloud) -> None:
    queue = cloud.subscribe("order-relay", "order.placed")
    cloud.tell("order.placed", PLACED)
    cloud.tell("order.placed", {**PLACED, "order_id": ""})
    assert len(cloud.deliver(queue, "order_relay")) == 2
    (left,) = cloud.messages(queue)
    assert json.loads(left["Body"])["detail"]["order_id"] == ""
    assert len(cloud.messages(cloud.orders_queue)) == 1


def test_orders_wait_while_the_queue_does_not_take_them(cloud: Cloud) -> None:
    queue = cloud.subscribe("order-relay", "order.placed")
    cloud.tell("order.placed", PLACED)
    with aws_fails("sqs", "SendMessage"):
        cloud.deliver(queue, "order_relay")
    assert len(cloud.deliver(queue, "order_relay")) == 1
    assert len(cloud.messages(cloud.orders_queue)) == 1


@pytest.mark.parametrize("before_it", ["placed", "paid"])
def test_the_stand_in_accepts_an_order_and_says_so(cloud: Cloud, before_it: str) -> None:
    order(cloud, status=before_it)
    send(cloud, "o-1", "e-1")
    cloud.deliver(cloud.orders_queue, "oms")
    assert cloud.messages(cloud.orders_queue) == []
    kept = cloud.item("orders", order_id="o-1", item="ORDER")
    assert kept is not None
    assert (kept["status"], kept["customer_id"]) == ("accepted", "c-1")
    (event,) = cloud.pump("orders")
    assert event["detail"] == {
        "event_id": event["detail"]["event_id"],
        "order_id": "o-1",
        "customer_id": "c-1",
        "status": "accepted",
        "previous_status": before_it,
        "changed_at": kept["updated_at"],
    }


def test_an_order_that_is_taken_twice_is_accepted_once(cloud: Cloud) -> None:
    order(cloud)
    for event_id in ("e-1", "e-2"):
        send(cloud, "o-1", event_id)
        cloud.deliver(cloud.orders_queue, "oms")
    assert len(cloud.items("orders", "EVENT#")) == 1


@pytest.mark.parametrize("now", ["cancelled", "shipped"])
def test_an_order_that_is_past_acceptance_is_left_alone(cloud: Cloud, now: str) -> None:
    order(cloud, status=now)
    send(cloud, "o-1", "e-1")
    cloud.deliver(cloud.orders_queue, "oms")
    assert (status(cloud), cloud.items("orders", "EVENT#"), cloud.messages(cloud.orders_queue)) == (now, [], [])


def test_what_follows_a_failure_in_its_group_waits_behind_it(cloud: Cloud) -> None:
    order(cloud, "o-2")
    for order_id, event_id in (("o-1", "e-1"), ("o-2", "e-2"), ("o-1", "e-3")):
        send(cloud, order_id, event_id)
    records = [
        {
            "messageId": f"m-{number}",
            "receiptHandle": "handle",
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSource": "aws:sqs",
        }
        for number, message in enumerate(cloud.messages(cloud.orders_queue))
    ]
    failed = cloud.run("oms", {"Records": records})["batchItemFailures"]
    assert {records[int(one["itemIdentifier"][2:])]["attributes"]["MessageGroupId"] for one in failed} == {"o-1"}
    assert len(failed) == 2
    assert status(cloud, "o-2") == "accepted"


def test_an_order_that_another_changes_meanwhile_is_looked_at_again(cloud: Cloud) -> None:
    order(cloud)
    send(cloud, "o-1", "e-1")
    with before("dynamodb", "TransactWriteItems", lambda: order(cloud, status="paid")):
        cloud.deliver(cloud.orders_queue, "oms")
    (event,) = cloud.pump("orders")
    assert (status(cloud), event["detail"]["previous_status"]) == ("accepted", "paid")


def test_orders_go_on_and_never_back() -> None:
    steps = {before: {after for after in STATUSES if _leads_to(before, after)} for before in STATUSES}
    assert steps == {
        "placed": {"paid", "accepted", "picked", "shipped", "delivered", "cancelled"},
        "paid": {"accepted", "picked", "shipped", "delivered", "cancelled"},
        "accepted": {"picked", "shipped", "delivered", "cancelled"},
        "picked": {"shipped", "delivered", "cancelled"},
        "shipped": {"delivered", "returned"},
        "delivered": {"returned"},
        "cancelled": set(),
        "returned": set(),
    }
