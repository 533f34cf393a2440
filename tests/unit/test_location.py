"""The box of location: the key of maps, tracker and geofences, the role of couriers, the alarm."""

import json
from datetime import timedelta
from typing import Any

import pulumi_aws as aws
import pytest

from components.dns import Dns
from components.location import Location
from functions.common import names
from settings.legacy import today
from settings.location import LocationSettings
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID, Recorder, record
from tests.unit.fakes import fake

COURIER = "arn:aws:iam::444444444444:role/courier-relay"
STACK, ALARM = "cloudformation/stack:Stack", "cloudwatch/metricAlarm:MetricAlarm"
MAPS = {"expires_on": "2027-11-30"}
IN_A_MONTH = str(today() + timedelta(days=30))
TRACKING = {"couriers": [COURIER]}


BRANCH = {
    "name": "Workshop store",
    "line_1": "4 Harbour Lane",
    "postal_code": "D02",
    "city": "Dublin",
    "country": "IE",
    "position": {"latitude": 53.3445, "longitude": -6.2389},
    "services": ["pickup"],
}


def made(kind: str = "location-v2", boxes: list[Location] | None = None, stores: Any = None, **engine: Any) -> Recorder:
    def program() -> None:
        given = {"engine": {"kind": kind, **engine}, "stores": stores or {}}
        box = Location(
            "location",
            settings=LocationSettings.model_validate_json(json.dumps(given)),
            foundation=foundation(),
            dns=fake(Dns, url="https://shop.example.com"),
        )
        if boxes is not None:
            boxes.append(box)
        if box.asks:
            box.grant_find(aws.iam.Role("finder", assume_role_policy="{}"))

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


def test_stores_are_handed_over_whatever_the_engine_is() -> None:
    for kind in ("off", "location-v2"):
        boxes: list[Location] = []
        made(kind, boxes, {"store-harbour": BRANCH})
        assert boxes[0].variables is not None
        assert boxes[0].variables.keys() == {names.STORES}
        given = json.loads(str(boxes[0].variables[names.STORES]))["store-harbour"]
        assert (given["city"], given["position"]["longitude"], given["services"]) == ("Dublin", -6.2389, ["pickup"])
        assert given["opening_hours"]["days"]["monday"] == "09:00-17:00"
        assert boxes[0].asks is False
        made(kind, boxes)
        assert boxes[1].variables is None


@pytest.mark.parametrize(
    ("engine", "actions", "further"),
    [
        ({"maps_key": MAPS}, {"geo:DescribeKey"}, {names.MAPS_KEY}),
        ({"places": {}}, {"geo-places:Geocode"}, {names.PLACES_LIMIT}),
        (
            {"maps_key": MAPS, "places": {"searches_per_minute": 7}},
            {"geo:DescribeKey", "geo-places:Geocode"},
            {names.MAPS_KEY, names.PLACES_LIMIT},
        ),
    ],
)
def test_who_lists_stores_may_read_the_one_key_and_find_places_and_nothing_else(
    engine: dict[str, Any], actions: set[str], further: set[str]
) -> None:
    boxes: list[Location] = []
    recorder = made(boxes=boxes, stores={"store-harbour": BRANCH}, **engine)
    found = json.loads(recorder.one("iam/rolePolicy:RolePolicy", "location-find-by-finder").inputs["policy"])[
        "Statement"
    ]
    allowed = {one["Action"]: one["Resource"] for one in found}
    assert allowed.keys() == actions
    variables = boxes[0].variables or {}
    assert variables.keys() == {names.STORES, *further}
    if "geo:DescribeKey" in allowed:
        template = json.loads(recorder.inputs(STACK, "location-maps")["templateBody"])
        key = template["Resources"]["Key"]["Properties"]["KeyName"]
        assert variables[names.MAPS_KEY] == key
        assert allowed["geo:DescribeKey"] == f"arn:aws:geo:eu-west-1:{ACCOUNT_ID}:api-key/{key}"
    if "geo-places:Geocode" in allowed:
        assert allowed["geo-places:Geocode"] == "arn:aws:geo-places:eu-west-1::provider/default"
        assert variables[names.PLACES_LIMIT] == str(engine["places"].get("searches_per_minute", 60))


def test_the_legacy_engine_has_resources_of_its_own_and_the_same_outputs() -> None:
    boxes: list[Location] = []
    waiver = {"owner": "store-platform", "reason": "A contract with Here runs until summer.", "expires": IN_A_MONTH}
    engine = {"maps_key": MAPS, "places": {"searches_per_minute": 7}, "tracking": TRACKING}
    recorder = made("location-v1-legacy", boxes, {"store-harbour": BRANCH}, waiver=waiver, **engine)
    drawn = recorder.one("location/map:Map").inputs
    index = recorder.one("location/placeIndex:PlaceIndex").inputs
    assert drawn["configuration"] == {"style": "VectorHereExplore"}
    assert (index["dataSource"], index["dataSourceConfiguration"]) == ("Here", {"intendedUse": "Storage"})
    key = json.loads(recorder.inputs(STACK, "location-maps")["templateBody"])["Resources"]["Key"]["Properties"]
    assert key["KeyName"] == drawn["mapName"], "who draws maps knows the map by the output that names the key"
    assert key["Restrictions"]["AllowActions"] == ["geo:GetMap*"]
    of_account = f"arn:aws:geo:eu-west-1:{ACCOUNT_ID}"
    assert key["Restrictions"]["AllowResources"] == [f"{of_account}:map/{drawn['mapName']}"]
    (allowed,) = json.loads(recorder.one("iam/rolePolicy:RolePolicy", "location-find-by-finder").inputs["policy"])[
        "Statement"
    ]
    assert (allowed["Action"], allowed["Resource"]) == (
        "geo:SearchPlaceIndexForText",
        f"{of_account}:place-index/{index['indexName']}",
    )
    variables = boxes[0].variables or {}
    assert variables.keys() == {names.STORES, names.PLACES_INDEX, names.PLACES_LIMIT}, "it has no pictures of maps"
    assert variables[names.PLACES_INDEX] == index["indexName"]
    assert None not in {getattr(boxes[0], output) for output in Location.OUTPUTS}


def test_the_legacy_engine_makes_what_it_is_asked_for_and_no_more() -> None:
    waiver = {"owner": "store-platform", "reason": "A contract with Esri runs until summer.", "expires": IN_A_MONTH}
    bare = made("location-v1-legacy", waiver=waiver)
    assert [one.type for one in bare.resources if one.type.startswith("aws:")] == []
    esri = made("location-v1-legacy", waiver=waiver, data_provider="Esri", maps_key=MAPS)
    assert esri.one("location/map:Map").inputs["configuration"] == {"style": "VectorEsriNavigation"}
    assert esri.of("location/placeIndex:PlaceIndex") == []
    with pytest.raises(ValueError, match="must be Here beside `tracking`"):
        made("location-v1-legacy", waiver=waiver, data_provider="Esri", tracking=TRACKING)
    with pytest.raises(ValueError, match="its successor is geo-places"):
        made("location-v1-legacy")


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
    recorder = made(tracking={**TRACKING, "alarm_errors": 3})
    alarm = recorder.one(ALARM, "location-reports-refused").inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/Location", "ErrorCount", 3)
    assert alarm["dimensions"]["OperationName"] == "BatchUpdateDevicePosition"
    assert alarm["dimensions"]["ResourceName"] == recorder.one("location/tracker:Tracker").inputs["trackerName"]
    assert made(maps_key=MAPS).of(ALARM) == []


def test_what_areas_of_this_stack_tell_reaches_a_queue_under_the_customer_key() -> None:
    boxes: list[Location] = []
    recorder = made(boxes=boxes, tracking=TRACKING)
    rule = recorder.one("cloudwatch/eventRule:EventRule").inputs
    assert rule.get("eventBusName") is None, "Amazon Location tells the default bus alone"
    name = recorder.one("location/geofenceCollection:GeofenceCollection").inputs["collectionName"]
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.geo"],
        "detail-type": ["Location Geofence Event"],
        "resources": [f"arn:aws:geo:eu-west-1:{ACCOUNT_ID}:geofence-collection/{name}"],
        "detail": {"EventType": ["ENTER", "EXIT"]},
    }
    queues = {queue.name: queue.inputs for queue in recorder.of("sqs/queue:Queue")}
    assert queues.keys() == {
        "location-deliveries",
        "location-deliveries-dead",
        "location-deliveries-dead-events",
    }
    assert {queue["kmsMasterKeyId"] for queue in queues.values()} == {key_arn("customer")}
    target = recorder.one("cloudwatch/eventTarget:EventTarget").inputs
    assert target["arn"] == recorder.one("sqs/queue:Queue", "location-deliveries").outputs["arn"]
    assert (
        target["deadLetterConfig"]["arn"]
        == recorder.one("sqs/queue:Queue", "location-deliveries-dead-events").outputs["arn"]
    )
    assert boxes[0].delivery_queue_arn is not None
    assert made(maps_key=MAPS).of("sqs/queue:Queue") == []


def test_news_that_waits_or_is_lost_raises_an_alarm() -> None:
    recorder = made(tracking={**TRACKING, "event_age_alarm_minutes": 7})
    alarms = {one.name: one.inputs for one in recorder.of(ALARM)}
    assert alarms["location-deliveries-age"]["threshold"] == 7 * 60
    assert alarms["location-deliveries-failures"]["metricName"] == "FailedInvocations"
    dead = [name for name in alarms if "dead" in name]
    assert len(dead) == 2, "of the function, and of the rule"
