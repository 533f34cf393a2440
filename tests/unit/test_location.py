"""The box of location: the key of maps, tracker and geofences, the role of couriers, the alarm."""

import json
from typing import Any

import pytest

from components.dns import Dns
from components.location import Location
from settings.location import LocationSettings
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID, Recorder, record
from tests.unit.fakes import fake

COURIER = "arn:aws:iam::444444444444:role/courier-relay"
STACK, ALARM = "cloudformation/stack:Stack", "cloudwatch/metricAlarm:MetricAlarm"
MAPS = {"expires_on": "2027-11-30"}
TRACKING = {"couriers": [COURIER]}


def made(kind: str = "location-v2", boxes: list[Location] | None = None, **engine: Any) -> Recorder:
    def program() -> None:
        box = Location(
            "location",
            settings=LocationSettings.model_validate_json(json.dumps({"engine": {"kind": kind, **engine}})),
            foundation=foundation(),
            dns=fake(Dns, url="https://shop.example.com"),
        )
        if boxes is not None:
            boxes.append(box)

    return record(program)


def statements(recorder: Recorder, token: str, field: str) -> list[dict[str, Any]]:
    return json.loads(recorder.one(token, "location-courier").inputs[field])["Statement"]


@pytest.mark.parametrize("settings", [{"kind": "off"}, {"kind": "location-v2"}])
def test_without_maps_and_tracking_nothing_is_made(settings: dict[str, Any]) -> None:
    boxes: list[Location] = []
    recorder = made(boxes=boxes, **settings)
    assert [one.type for one in recorder.resources if one.type.startswith("aws:")] == []
    assert {getattr(boxes[0], output) for output in Location.OUTPUTS} == {None}


def test_the_key_draws_maps_on_pages_of_the_store_until_a_day() -> None:
    recorder = made(maps_key=MAPS)
    (key,) = json.loads(recorder.inputs(STACK, "location-maps")["templateBody"])["Resources"].values()
    state = key["Properties"]
    assert key["Type"] == "AWS::Location::APIKey"
    assert state["Restrictions"] == {
        "AllowActions": ["geo-maps:GetStaticMap", "geo-maps:GetTile"],
        "AllowReferers": ["https://shop.example.com/*"],
        "AllowResources": ["arn:aws:geo-maps:eu-west-1::provider/default"],
    }
    assert (state["ExpireTime"], "NoExpiry" in state) == ("2027-11-30T00:00:00.000Z", False)
    assert (state["ForceUpdate"], state["ForceDelete"]) == (True, True)
    assert recorder.of("location/tracker:Tracker") == []


def test_positions_and_areas_are_under_the_customer_key_and_linked() -> None:
    recorder = made(tracking=TRACKING)
    tracker = recorder.one("location/tracker:Tracker")
    areas = recorder.one("location/geofenceCollection:GeofenceCollection")
    assert tracker.inputs["kmsKeyId"] == areas.inputs["kmsKeyId"] == key_arn("customer")
    assert tracker.inputs["positionFiltering"] == "AccuracyBased"
    link = recorder.one("location/trackerAssociation:TrackerAssociation").inputs
    assert link["trackerName"] == tracker.inputs["trackerName"]
    assert link["consumerArn"] == areas.outputs["collectionArn"]
    assert recorder.of(STACK) == []


def test_couriers_write_and_name_nobody() -> None:
    recorder = made(tracking=TRACKING)
    (trust,) = statements(recorder, "iam/role:Role", "assumeRolePolicy")
    assert trust["Principal"] == {"AWS": "arn:aws:iam::444444444444:root"}
    assert trust["Condition"] == {"ArnEquals": {"aws:PrincipalArn": COURIER}}
    positions, areas = statements(recorder, "iam/rolePolicy:RolePolicy", "policy")
    name = recorder.one("location/tracker:Tracker").inputs["trackerName"]
    assert positions["Action"] == "geo:BatchUpdateDevicePosition"
    assert positions["Resource"] == f"arn:aws:geo:eu-west-1:{ACCOUNT_ID}:tracker/{name}"
    assert positions["Condition"] == {"ForAllValues:StringLike": {"geo:DeviceIds": ["delivery-*"]}}
    assert all(not action.startswith(("geo:Get", "geo:List", "geo:Describe")) for action in areas["Action"])
    assert areas["Resource"] == f"arn:aws:geo:eu-west-1:{ACCOUNT_ID}:geofence-collection/{name}"
    assert areas["Condition"] == {"ForAllValues:StringLike": {"geo:GeofenceIds": ["delivery-*"]}}


def test_refused_reports_raise_an_alarm() -> None:
    alarm = made(tracking={**TRACKING, "alarm_errors": 3}).one(ALARM).inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/Location", "ErrorCount", 3)
    assert alarm["dimensions"] == {"OperationName": "BatchUpdateDevicePosition"}
    assert made(maps_key=MAPS).of(ALARM) == []
