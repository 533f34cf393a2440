"""Section `location`: maps for the store's pages and apps, and where deliveries are, by Amazon Location Service."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.problems import Refusal, refuse
from settings.types import RoleArn

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

    @section_rule
    def _each_once(self) -> Iterator[Refusal]:
        for position, role in enumerate(self.couriers):
            if role in self.couriers[:position]:
                yield refuse(
                    "must name each role once; this is the second time",
                    at=("couriers", position),
                    edits={("couriers",): list(dict.fromkeys(self.couriers))},
                )


class LocationV2(Section):
    """Amazon Location Service without map and place index resources, which it no longer needs. Billed by request and
    position (https://aws.amazon.com/location/pricing/); nothing is billed by the hour."""

    kind: Literal["location-v2"]

    maps_key: MapsKey | None = None
    """Key of maps in browsers; null makes none."""

    tracking: Tracking | None = None
    """Tracker and geofences of deliveries; null makes none."""


class NoLocation(Section):
    """No maps, no positions. The tracker goes with the positions of the last 30 days, the key with its value."""

    kind: Literal["off"]


class LocationSettings(Section):
    engine: Annotated[LocationV2 | NoLocation, Field(discriminator="kind")] = LocationV2(kind="location-v2")
    """What draws maps and follows deliveries; `{kind: "off"}` does neither."""
