"""From an outbox item to an event."""

import json
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from tests.functions.cloud import Cloud
from tests.functions.faults import aws_fails

STATUS_CHANGED = {
    "event_id": "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11",
    "order_id": "o-1",
    "status": "paid",
    "previous_status": "placed",
    "changed_at": "2026-01-31T08:00:00Z",
}


def outbox_item(**detail: object) -> dict[str, object]:
    return {
        "order_id": "o-1",
        "item": f"EVENT#{STATUS_CHANGED['event_id']}",
        "source": "store.orders",
        "detail_type": "order.status-changed",
        "detail": {**STATUS_CHANGED, **detail},
        "expires_at": 1_800_000_000,
    }


def stream_record(**image: object) -> dict[str, object]:
    return {"eventName": "INSERT", "dynamodb": {"NewImage": image}}


def test_an_item_of_the_outbox_is_an_event_and_changes_of_other_items_are_none(cloud: Cloud) -> None:
    cloud.put("orders", order_id="o-1", item="ORDER", status="placed")
    cloud.put("orders", **outbox_item())
    assert cloud.pump("orders") == [
        {"source": "store.orders", "detail_type": "order.status-changed", "detail": STATUS_CHANGED}
    ]
    cloud.delete("orders", order_id="o-1", item=f"EVENT#{STATUS_CHANGED['event_id']}")
    assert cloud.pump("orders") == []


def test_values_come_out_in_the_types_of_json(cloud: Cloud) -> None:
    detail = {
        "whole": {"N": "1299"},
        "large": {"N": "1E+3"},
        "part": {"N": "0.5"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "lines": {"L": [{"M": {"quantity": {"N": "2"}}}]},
        "tags": {"SS": ["b", "a"]},
        "numbers": {"NS": ["2", "1.5"]},
    }
    record = stream_record(source={"S": "store.orders"}, detail_type={"S": "order.placed"}, detail={"M": detail})
    (event,) = cloud.run("outbox", [record])
    assert event["detail"] == {
        "whole": 1299,
        "large": 1000,
        "part": 0.5,
        "yes": True,
        "nothing": None,
        "lines": [{"quantity": 2}],
        "tags": ["a", "b"],
        "numbers": [1.5, 2],
    }
    assert isinstance(event["detail"]["large"], int)


def test_numbers_that_a_service_wrote_reach_consumers_as_numbers(cloud: Cloud) -> None:
    # DynamoDB gives every number back as a decimal.
    cloud.put("orders", **(outbox_item() | {"detail": {"total_minor": 1299, "rate": Decimal("0.19")}}))
    (record,) = cloud.stream("orders")
    (event,) = cloud.run("outbox", [record])
    assert event["detail"] == {"total_minor": 1299, "rate": 0.19}


EVENT = {
    "source": {"S": "store.orders"},
    "detail_type": {"S": "order.placed"},
    "detail": {"M": {"event_id": {"S": "e"}}},
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"detail_type": None}, "must have detail_type"),
        ({"detail": {"S": "text"}}, "detail must be a map"),
        ({"detail": {"M": {"photo": {"B": "AAEC"}}}}, "must not have binary values"),
        ({"detail": {"M": {"photos": {"BS": ["AAEC"]}}}}, "must not have binary values"),
        ({"detail": {"M": {"lines": {"L": [{"M": {"photo": {"B": "AAEC"}}}]}}}}, "must not have binary values"),
        ({"source": {"S": "store.carts"}}, "must be those of an event in `emits`"),
        ({"source": {"N": "1"}}, "must be those of an event in `emits`"),
        ({"detail_type": {"S": "order.lost"}}, "must be those of an event in `emits`"),
        ({"detail_type": {"L": []}}, "must be those of an event in `emits`"),
        ({"detail": {"M": {"note": {"S": "x" * 262_144}}}}, "must have at most 262144 bytes"),
        ({"detail": {"M": {"note": {"S": '"' * 131_072}}}}, "must have at most 262144 bytes"),
    ],
)
def test_what_is_no_event_is_a_dead_letter_and_the_rest_is_told(cloud: Cloud, change: dict, reason: str) -> None:
    wrong = {part: value for part, value in {**EVENT, **change}.items() if value is not None}
    events = cloud.run("outbox", [stream_record(**EVENT), stream_record(**wrong), stream_record(**EVENT)])
    assert [event["detail"] for event in events] == [{"event_id": "e"}] * 2
    (letter,) = cloud.dead("outbox")
    assert reason in letter["reason"]
    assert letter["item"].startswith("{")
    assert letter["cut"] is (len(json.dumps(wrong)) > 120_000)
    assert len(json.dumps(letter)) < 262_144


def test_a_failing_queue_fails_the_batch_so_that_the_pipe_repeats_it(cloud: Cloud) -> None:
    with aws_fails("sqs", "SendMessage"), pytest.raises(ClientError):
        cloud.run("outbox", [stream_record(**{**EVENT, "detail": {"S": "text"}})])
