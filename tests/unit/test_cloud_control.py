"""A resource of Cloud Control: its state as text, tags of the environment, and what AWS decides."""

import json
from typing import Any

import pulumi
import pytest

from components.blocks.cloud_control import CloudControl
from tests.foundation import foundation
from tests.mocks import Recorder, record

TOKEN = "cloudcontrol/resource:Resource"


def made(seen: list[Any] | None = None, key: str = "TrackerArn", **options: Any) -> Recorder:
    def program() -> None:
        name = pulumi.Output.from_input("couriers")
        tracker = CloudControl(
            "tracker",
            "AWS::Location::Tracker",
            {"TrackerName": name, "EventBridgeEnabled": True},
            foundation=foundation(),
            **{"opts": pulumi.ResourceOptions(), **options},
        )
        pulumi.Output.all(tracker.id, tracker.attribute(key)).apply((seen if seen is not None else []).extend)

    return record(program)


def test_the_state_has_outputs_as_values_and_the_tags_of_the_environment() -> None:
    state = json.loads(made().inputs(TOKEN, "tracker")["desiredState"])
    assert state == {
        "TrackerName": "couriers",
        "EventBridgeEnabled": True,
        "Tags": [{"Key": key, "Value": value} for key, value in foundation().environment.tags.items()],
    }


def test_a_type_without_tags_gets_none() -> None:
    assert "Tags" not in json.loads(made(tags=None).inputs(TOKEN, "tracker")["desiredState"])


def test_what_aws_decides_is_read_by_its_name() -> None:
    seen: list[Any] = []
    made(seen)
    assert seen[0] == "couriers"
    assert seen[1].endswith(":tracker/couriers")


def test_a_property_that_the_type_lacks_is_named_with_those_that_it_has() -> None:
    with pytest.raises(KeyError, match="AWS::Location::Tracker must have the property KeyArn; it has Arn, CreateTime"):
        made(key="KeyArn")


def test_options_are_the_callers() -> None:
    options = pulumi.ResourceOptions(protect=True)
    assert made(opts=options).one(TOKEN, "tracker").protect is True
