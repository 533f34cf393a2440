"""Section `location`: maps for the store's pages and apps, and where deliveries are, by Amazon Location Service."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.branches import Branch
from settings.form import form
from settings.legacy import LegacyEngine
from settings.problems import Refusal, refuse
from settings.types import Label, RoleArn

Day = Annotated[str, form(r"^\d{4}-\d{2}-\d{2}$", "a day, as year, month and day", "2027-11-30")]


class MapsKey(Section):
    """API key with which pages of the store draw maps in browsers. Whoever sees a page sees the key, so it is good for
    two actions on maps, on pages of the store's domain, until a day."""

    expires_on: Day
    """Day from whose beginning (UTC) AWS refuses the key. Move it on in time: the key keeps its value."""

    @section_rule
    def _a_day_of_the_calendar(self) -> Iterator[Refusal]:
        try:
            date.fromisoformat(self.expires_on)
        except ValueError:
            yield refuse("must be a day of the calendar", at=("expires_on",), fix="write one, such as 2027-11-30")


class Tracking(Section):
    """Positions of deliveries on their way, and the areas around their addresses that make them near."""

    couriers: tuple[RoleArn, ...] = Field(min_length=1, examples=[["arn:aws:iam::111111111111:role/courier-relay"]])
    """Roles of couriers' systems, of any account, that may assume the role that reports positions and sets areas. They
    need `sts:AssumeRole` in a policy of their own."""

    alarm_errors: int = Field(default=10, ge=1, le=1_000_000)
    """Reports of positions that AWS refuses within five minutes, above which an alarm goes off."""

    event_age_alarm_minutes: int = Field(default=15, ge=1, le=1440)
    """Alarm when the news that a delivery is near waits longer than this for the service that takes it."""

    @section_rule
    def _each_once(self) -> Iterator[Refusal]:
        for position, role in enumerate(self.couriers):
            if role in self.couriers[:position]:
                yield refuse(
                    "must name each role once; this is the second time",
                    at=("couriers", position),
                    edits={("couriers",): list(dict.fromkeys(self.couriers))},
                )


class Places(Section):
    """Search of the stores that are near to a place, by Geocode of Amazon Location. Each search is billed at the price
    of results that are stored, since positions are kept in the application tier's cache
    (https://docs.aws.amazon.com/location/latest/developerguide/places-intended-use.html)."""

    searches_per_minute: int = Field(default=60, ge=1, le=6000)
    """Most searches that each task of the service makes in a minute; above it stores are listed without distances. A
    place that was looked for in the last 30 days is none."""


class _AmazonLocation(Section):
    maps_key: MapsKey | None = None
    """Key of maps in browsers; null makes none."""

    places: Places | None = None
    """Search of stores near a place, for the service with the use `location`; with null stores are listed without
    distances."""

    tracking: Tracking | None = None
    """Tracker and geofences of deliveries; null makes none."""


class LocationV2(_AmazonLocation):
    """Amazon Location Service without map and place index resources, which it no longer needs. Billed by request and
    position (https://aws.amazon.com/location/pricing/); nothing is billed by the hour."""

    kind: Literal["location-v2"]


class LocationV1Legacy(LegacyEngine, _AmazonLocation):
    """A map and a place index as resources of the account, for a store whose pages or contracts hold to one provider of
    data. The key of maps draws the map by its name, which is the key's; it has no pictures, so the page of stores shows
    none. Billed by request and position, as its successor is."""

    SERVICE = "Amazon Location: places, maps and routes as resources"
    SUCCESSOR = "location-v2"

    kind: Literal["location-v1-legacy"]

    data_provider: Literal["Esri", "Here"] = "Here"
    """Who has the data of map and places. Another one makes both anew."""

    @section_rule
    def _deliveries_are_tracked_with_here(self) -> Iterator[Refusal]:
        if self.tracking and self.data_provider != "Here":
            yield refuse(
                "must be Here beside `tracking`: AWS allows no other provider where a business tracks its deliveries"
                " (https://docs.aws.amazon.com/location/latest/APIReference/API_CreatePlaceIndex.html)",
                at=("data_provider",),
                write="Here",
                fix="or take `tracking` out",
            )


class NoLocation(Section):
    """No maps, no positions. The tracker goes with the positions of the last 30 days, the key with its value."""

    kind: Literal["off"]


class LocationSettings(Section):
    engine: Annotated[LocationV2 | LocationV1Legacy | NoLocation, Field(discriminator="kind")] = LocationV2(
        kind="location-v2"
    )
    """What draws maps, finds places and follows deliveries; `{kind: "off"}` does none of it."""

    # A function has 4 KB of variables, a task's definition 64 KB.
    stores: dict[Label, Branch] = Field(default={}, max_length=40)
    """Stores that customers visit, by the ids that the inventory has for their stock. They are listed whatever the
    engine is."""
