"""What Amazon Location tells of areas becomes an event of the store, without a position."""

import json
from typing import Any

import pytest

from tests.functions.cloud import Cloud, assert_fits_its_schema
from tests.functions.faults import aws_fails
from tests.functions.test_consent import messages

DELIVERY = "delivery-4f0c2a9e7b31"


def told(event_type: str = "ENTER", *, device: str = DELIVERY, area: str = DELIVERY, **more: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/location/latest/developerguide/location-events.html"""
    return {
        "version": "0",
        "id": "aa11aa22-33a-4a4a-aaa5-example",
        "detail-type": "Location Geofence Event",
        "source": "aws.geo",
        "account": "123456789012",
        "time": "2026-11-10T23:43:37Z",
        "region": "eu-west-1",
        "resources": [
            "arn:aws:geo:eu-west-1:123456789012:geofence-collection/deliveries",
            "arn:aws:geo:eu-west-1:123456789012:tracker/deliveries",
        ],
        "detail": {
            "EventType": event_type,
            "GeofenceId": area,
            "DeviceId": device,
            "SampleTime": "2026-11-10T23:43:37.531Z",
            "Position": [-123.12390073297821, 49.23433613216247],
            "Accuracy": {"Horizontal": 15.3},
            "PositionProperties": {"ExampleKey1": "ExampleField1"},
            **more,
        },
    }


def follow(cloud: Cloud, *events: dict[str, Any]) -> list[str]:
    """Ids of the messages that failed."""
    return [one["itemIdentifier"] for one in cloud.run("deliveries", messages(*events))["batchItemFailures"]]


def heard(cloud: Cloud, queue: str) -> list[dict[str, Any]]:
    found = [json.loads(message["Body"]) for message in cloud.messages(queue)]
    for event in found:
        assert event["source"] == "store.deliveries"
        assert_fits_its_schema({key.replace("-", "_"): value for key, value in event.items()})
    return [event["detail"] for event in found]


@pytest.mark.parametrize(("event_type", "where"), [("ENTER", "near"), ("EXIT", "left")])
def test_the_store_learns_the_delivery_and_the_time_and_no_position(cloud: Cloud, event_type: str, where: str) -> None:
    queue = cloud.subscribe("orders", "delivery.moved")
    assert follow(cloud, told(event_type)) == []
    (detail,) = heard(cloud, queue)
    moved_at = "2026-11-10T23:43:37.531000Z"
    assert detail == {"event_id": detail["event_id"], "delivery_id": DELIVERY, "where": where, "moved_at": moved_at}


def test_a_repeated_message_is_the_same_event(cloud: Cloud) -> None:
    queue = cloud.subscribe("orders", "delivery.moved")
    follow(cloud, told(), told(), told("EXIT"))
    assert len({detail["event_id"] for detail in heard(cloud, queue)}) == 2


def test_the_area_of_another_delivery_says_nothing(cloud: Cloud) -> None:
    queue = cloud.subscribe("orders", "delivery.moved")
    assert follow(cloud, told(area="delivery-9d1b77aa0c42")) == []
    assert heard(cloud, queue) == []


def test_what_the_bus_does_not_take_comes_again_and_what_is_no_event_fails_alone(cloud: Cloud) -> None:
    queue = cloud.subscribe("orders", "delivery.moved")
    with aws_fails("events", "PutEvents"):
        assert len(follow(cloud, told())) == 1
    assert len(follow(cloud, told("UPDATE"), told())) == 1
    assert len(heard(cloud, queue)) == 1
