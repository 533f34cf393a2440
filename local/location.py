"""Amazon Location on this machine: places, keys of maps, and deliveries that enter and leave areas.

The only places are those of the deployed stores, by city or postal code. Browsers ask AWS itself for pictures of maps,
with a key that AWS does not know: pages have none here.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from functions.common.names import STORES
from local.bus import Bus
from local.errors import AwsError
from local.gate import Serve
from local.stacks import stacks_of
from local.state import Deployed

_DEGREE_METRES: Final = 111_320


@dataclass(frozen=True, slots=True)
class _Area:
    center: tuple[float, float]
    radius: float

    def has(self, position: tuple[float, float]) -> bool:
        """By a plane, which areas around an address are small enough for."""
        east = (position[0] - self.center[0]) * math.cos(math.radians(self.center[1]))
        return math.hypot(east, position[1] - self.center[1]) * _DEGREE_METRES <= self.radius


class Location:
    """Trackers, collections and keys of a state."""

    def __init__(self, deployed: Deployed, bus: Bus) -> None:
        self._bus = bus
        self._account = f"arn:aws:geo:{deployed.region}:{deployed.account_id}"
        self._towns = list(_towns(deployed))
        self._keys = {
            key.properties["KeyName"] for stack in stacks_of(deployed) for key in stack.of_type("AWS::Location::APIKey")
        }
        self._sources = {
            one.outputs["indexName"]: one.outputs["dataSource"]
            for one in deployed.of_type("aws:location/placeIndex:PlaceIndex")
        }
        """Of data, by place index."""
        self._collections = {
            one.outputs["collectionName"]: dict[str, _Area]()
            for one in deployed.of_type("aws:location/geofenceCollection:GeofenceCollection")
        }
        self._linked = {one.outputs["trackerName"]: "" for one in deployed.of_type("aws:location/tracker:Tracker")}
        for one in deployed.of_type("aws:location/trackerAssociation:TrackerAssociation"):
            self._linked[one.outputs["trackerName"]] = one.outputs["consumerArn"].rpartition("/")[2]
        self._inside: set[tuple[str, str, str]] = set()
        """Collection, device and area."""

    @property
    def operations(self) -> dict[tuple[str, str], Serve]:
        """Operations that it serves, by botocore's service and name."""
        return {
            ("geo-places", "Geocode"): self.geocode,
            ("location", "DescribeKey"): self.describe_key,
            ("location", "SearchPlaceIndexForText"): self.search_place_index_for_text,
            ("location", "PutGeofence"): self.put_geofence,
            ("location", "BatchUpdateDevicePosition"): self.batch_update_device_position,
        }

    async def geocode(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/location/latest/APIReference/API_geoplaces_Geocode.html"""
        found = [
            {"PlaceId": f"local-{number}", "PlaceType": "Locality", "Title": title, "Position": position}
            for number, title, position in self._found(asked.get("QueryText", ""))
        ]
        return {"PricingBucket": "Stored", "ResultItems": found[: asked.get("MaxResults") or 20]}

    async def search_place_index_for_text(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/location/previous/APIReference/API_SearchPlaceIndexForText.html

        Raises:
            AwsError: there is no such place index.
        """
        source = self._sources.get(asked["IndexName"])
        if source is None:
            raise _missing("place index", asked["IndexName"])
        found = [
            {"PlaceId": f"local-{number}", "Place": {"Label": title, "Geometry": {"Point": position}}}
            for number, title, position in self._found(asked["Text"])
        ]
        # AWS says the text again, which is a customer's.
        summary = {"Text": asked["Text"], "DataSource": source}
        return {"Results": found[: asked.get("MaxResults") or 50], "Summary": summary}

    def _found(self, words: Any) -> Iterator[tuple[int, str, list[float]]]:
        for number, (names, title, position) in enumerate(self._towns):
            if str(words).casefold() in names:
                yield number, title, position

    async def describe_key(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """
        Raises:
            AwsError: there is no such key.
        """
        name = asked["KeyName"]
        if name not in self._keys:
            raise _missing("key", name)
        at = "2026-01-01T00:00:00Z"
        return {
            "Key": f"v1.public.local-{name}",
            "KeyArn": f"{self._account}:api-key/{name}",
            "KeyName": name,
            "Restrictions": {"AllowActions": [], "AllowResources": []},
            **dict.fromkeys(("CreateTime", "ExpireTime", "UpdateTime"), at),
        }

    async def put_geofence(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """
        Raises:
            AwsError: there is no such collection, or the area is no circle.
        """
        areas = self._collections.get(asked["CollectionName"])
        if areas is None:
            raise _missing("geofence collection", asked["CollectionName"])
        circle = asked["Geometry"].get("Circle")
        if circle is None:
            raise AwsError("ValidationException", "Geometry must have a Circle: other forms are not emulated here")
        areas[asked["GeofenceId"]] = _Area(_point(circle["Center"]), float(circle["Radius"]))
        at = _now()
        return {"GeofenceId": asked["GeofenceId"], "CreateTime": at, "UpdateTime": at}

    async def batch_update_device_position(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take positions; what enters or leaves an area of the linked collection is told to the default bus.

        Raises:
            AwsError: there is no such tracker.
        """
        tracker = asked["TrackerName"]
        if tracker not in self._linked:
            raise _missing("tracker", tracker)
        collection = self._linked[tracker]
        for update in asked["Updates"]:
            position = _point(update["Position"])
            for area_id, area in self._collections.get(collection, {}).items():
                place = (collection, update["DeviceId"], area_id)
                if area.has(position) == (place in self._inside):
                    continue
                self._inside ^= {place}
                kind = "ENTER" if place in self._inside else "EXIT"
                await self._tell(tracker, collection, area_id, kind, update)
        return {"Errors": []}

    async def _tell(self, tracker: str, collection: str, area_id: str, kind: str, update: Mapping[str, Any]) -> None:
        """https://docs.aws.amazon.com/location/latest/developerguide/location-events.html"""
        sampled = update["SampleTime"]
        detail = {
            "EventType": kind,
            "GeofenceId": area_id,
            "DeviceId": update["DeviceId"],
            "SampleTime": sampled if isinstance(sampled, str) else _text(sampled),
            "Position": list(update["Position"]),
        }
        entry = {
            "Source": "aws.geo",
            "DetailType": "Location Geofence Event",
            "Detail": json.dumps(detail),
            "Resources": [f"{self._account}:geofence-collection/{collection}", f"{self._account}:tracker/{tracker}"],
        }
        await self._bus.put([entry])


def _towns(deployed: Deployed) -> Iterable[tuple[set[str], str, list[float]]]:
    """Names in small letters, title and position, from what a service that lists stores was given."""
    found: dict[str, tuple[set[str], str, list[float]]] = {}
    for task in deployed.of_type("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.outputs["containerDefinitions"]):
            for variable in container.get("environment") or []:
                if variable["name"] != STORES:
                    continue
                for name, one in json.loads(variable["value"]).items():
                    names = {one["city"].casefold(), one["postal_code"].casefold()}
                    position = [one["position"]["longitude"], one["position"]["latitude"]]
                    found[name] = (names, f"{one['city']}, {one['country']}", position)
    return found.values()


def _point(position: Any) -> tuple[float, float]:
    return float(position[0]), float(position[1])


def _missing(what: str, name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"there is no {what} {name}")


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: Any) -> str:
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(float(moment), UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
