"""Stores that customers visit: where they are, when they are open, what they do."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings.base import Section
from settings.chat import OpeningHours
from settings.geography import CountryCode

Line = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class Position(Section):
    """A point by WGS 84, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    """North of the equator."""

    longitude: float = Field(ge=-180, le=180)
    """East of Greenwich."""


class Branch(Section):
    """A store that customers visit, as the page of stores shows it."""

    name: Line
    """Name of the store."""

    line_1: Line
    """Street and number."""

    postal_code: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    """Postal code."""

    city: Line
    """City."""

    country: CountryCode
    """Country, by its code of ISO 3166-1."""

    position: Position
    """Where it is, for maps and distances."""

    opening_hours: OpeningHours = OpeningHours()
    """When it is open."""

    services: tuple[Literal["pickup", "repairs", "returns"], ...] = ()
    """What it does beside selling: `pickup` hands over orders, under the store's id as their `location_id`."""
