"""Amazon Location on this machine: who may ask it, what it finds, and what it tells of deliveries."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.errors import AwsError
from local.gate import Gate
from local.location import Location
from local.principals import Principals
from local.serving import serve
from local.stacks import stacks_of
from local.state import Deployed
from settings.legacy import today
from tests.local.account import Account, started
from tests.local.conftest import state_of

ROLE, RULE = "aws:iam/role:Role", "aws:cloudwatch/eventRule:EventRule"
QUEUE, DELIVERY = "location-deliveries", "delivery-4f0c2a9e7b31"
HOME, AWAY = [-6.2389, 53.3445], [-6.3000, 53.3445]
# The prefix of its host would be put before this machine's address.
CONFIG = Config(proxies={}, retries={"total_max_attempts": 1}, inject_host_prefix=False)


@pytest.fixture(scope="module")
def account(deployed: Deployed, loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    parts = AsyncExitStack()
    yield loop.run(started(deployed, tmp_path_factory.mktemp("location"), parts))
    loop.run(parts.aclose())


@pytest.fixture
def call(account: Account, loop: asyncio.Runner) -> Callable[..., Any]:
    """Calls of a role over HTTP, through the gate."""
    location = Location(account.deployed, account.bus)

    async def called(role: str, service: str, operation: str, given: dict[str, Any]) -> Any:
        principals = Principals()
        gate = Gate(account.deployed, principals, account.journal, account.cloud.url)
        gate.served |= location.operations
        listener = await serve(gate)
        keys = principals.credentials(account.one(ROLE, role).arn)
        client = boto3.client(
            service,
            region_name=account.deployed.region,
            endpoint_url=listener.url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            config=CONFIG,
        )
        try:
            answer = await asyncio.to_thread(getattr(client, operation), **given)
            await account.bus.settled()
            return answer
        finally:
            await listener.close()
            await gate.close()

    return lambda role, service, operation, **given: loop.run(called(role, service, operation, given))


def name_of(account: Account, token: str, key: str) -> str:
    (one,) = account.deployed.of_type(token)
    return one.outputs[key]


@pytest.fixture
def tracker(account: Account) -> str:
    return name_of(account, "aws:location/tracker:Tracker", "trackerName")


@pytest.fixture
def collection(account: Account) -> str:
    return name_of(account, "aws:location/geofenceCollection:GeofenceCollection", "collectionName")


def report(call: Callable[..., Any], tracker: str, position: list[float], device: str = DELIVERY) -> Any:
    update = {"DeviceId": device, "Position": position, "SampleTime": datetime(2026, 11, 3, 10, tzinfo=UTC)}
    return call("location-courier", "location", "batch_update_device_position", TrackerName=tracker, Updates=[update])


def fence(call: Callable[..., Any], collection: str, area: str = DELIVERY) -> Any:
    circle = {"Circle": {"Center": HOME, "Radius": 500.0}}
    return call(
        "location-courier", "location", "put_geofence", CollectionName=collection, GeofenceId=area, Geometry=circle
    )


@pytest.mark.parametrize(("words", "title"), [("dublin", "Dublin, IE"), ("T12 W8K6", "Cork, IE"), ("atlantis", None)])
def test_places_are_those_of_the_deployed_stores(call: Callable[..., Any], words: str, title: str | None) -> None:
    found = call("app-catalogue-task", "geo-places", "geocode", QueryText=words, MaxResults=1, IntendedUse="Storage")
    assert [one["Title"] for one in found["ResultItems"]] == ([title] if title else [])
    assert all(len(one["Position"]) == 2 for one in found["ResultItems"])


def test_a_place_index_of_the_state_finds_the_same_places(account: Account, loop: asyncio.Runner) -> None:
    def legacy(config: dict[str, Any]) -> None:
        waiver = {"owner": "store-platform", "reason": "A contract with the provider runs on.", "expires": str(today())}
        config["web-store:location"]["engine"] |= {"kind": "location-v1-legacy", "waiver": waiver}

    deployed = state_of(legacy)
    (index,) = (one.outputs["indexName"] for one in deployed.of_type("aws:location/placeIndex:PlaceIndex"))
    location = Location(deployed, account.bus)
    search = location.search_place_index_for_text
    found = loop.run(search({"IndexName": index, "Text": "Dublin", "MaxResults": 1}))
    assert [(one["Place"]["Label"], len(one["Place"]["Geometry"]["Point"])) for one in found["Results"]] == [
        ("Dublin, IE", 2)
    ]
    assert loop.run(search({"IndexName": index, "Text": "atlantis"}))["Results"] == []
    with pytest.raises(AwsError, match="place index"):
        loop.run(search({"IndexName": "of-another-stack", "Text": "Dublin"}))


def test_the_service_reads_the_one_key_of_maps(call: Callable[..., Any], account: Account) -> None:
    (key,) = (
        one.properties["KeyName"]
        for stack in stacks_of(account.deployed)
        for one in stack.of_type("AWS::Location::APIKey")
    )
    read = call("app-catalogue-task", "location", "describe_key", KeyName=key)
    assert (read["KeyName"], read["Key"].startswith("v1.public.")) == (key, True)
    with pytest.raises(ClientError, match="AccessDenied"):
        call("app-catalogue-task", "location", "describe_key", KeyName="of-another-stack")


@pytest.mark.parametrize("role", ["app-carts-task", "location-courier"])
def test_another_role_finds_no_place(call: Callable[..., Any], role: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        call(role, "geo-places", "geocode", QueryText="Dublin")


def test_a_delivery_that_comes_and_goes_is_told_once_each(
    call: Callable[..., Any], account: Account, loop: asyncio.Runner, tracker: str, collection: str
) -> None:
    loop.run(account.empty())
    assert fence(call, collection)["GeofenceId"] == DELIVERY
    for position in (AWAY, HOME, HOME, AWAY, AWAY):
        assert report(call, tracker, position)["Errors"] == []
    events = [json.loads(one["body"]) for one in loop.run(account.messages(QUEUE))]
    assert [event["detail"]["EventType"] for event in events] == ["ENTER", "EXIT"]
    first = events[0]
    assert (first["source"], first["detail-type"]) == ("aws.geo", "Location Geofence Event")
    assert first["detail"]["DeviceId"] == first["detail"]["GeofenceId"] == DELIVERY
    assert first["detail"]["SampleTime"] == "2026-11-03T10:00:00.000Z"
    assert [arn.rpartition("/")[2] for arn in first["resources"]] == [collection, tracker]


def test_areas_of_another_stack_are_none_of_this_one(account: Account, loop: asyncio.Runner) -> None:
    loop.run(account.empty())

    async def tell() -> None:
        arn = (
            f"arn:aws:geo:{account.deployed.region}:{account.deployed.account_id}:geofence-collection/of-another-stack"
        )
        detail = json.dumps({"EventType": "ENTER", "DeviceId": DELIVERY, "GeofenceId": DELIVERY})
        entry = {"Source": "aws.geo", "DetailType": "Location Geofence Event", "Detail": detail, "Resources": [arn]}
        await account.bus.put([entry])
        await account.bus.settled()

    loop.run(tell())
    assert loop.run(account.messages(QUEUE)) == []


def test_a_courier_names_deliveries_alone(call: Callable[..., Any], tracker: str, collection: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        report(call, tracker, HOME, device="jane@example.com")
    with pytest.raises(ClientError, match="AccessDenied"):
        fence(call, collection, area="jane@example.com")
    with pytest.raises(ClientError, match="AccessDenied"):
        report(call, "of-another-stack", HOME)


def test_a_form_that_is_not_emulated_is_refused(call: Callable[..., Any], collection: str) -> None:
    square = {"Polygon": [[[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]]}
    with pytest.raises(ClientError, match="must have a Circle"):
        call(
            "location-courier",
            "location",
            "put_geofence",
            CollectionName=collection,
            GeofenceId=DELIVERY,
            Geometry=square,
        )
