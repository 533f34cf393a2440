"""Stores that customers visit: all of them, the nearest to a place first, each with a map of its surroundings.

Without Amazon Location, and when it fails, all are listed, without distances.
"""

import json
import math
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from functions.common import names
from functions.common.aws import location, places
from functions.common.log import cause, logger
from services.catalogue.answers import Store, Stores
from services.common.cache import shared
from services.common.settings import optional

_KEPT_SECONDS = 30 * 24 * 3600
_KEY_SECONDS = 3600
_PAUSE_SECONDS = 5
_MINUTE = 60
_EARTH_METRES = 6_371_000
# https://docs.aws.amazon.com/location/latest/APIReference/API_geomaps_GetStaticMap.html
_MAP = {"style": "Standard", "zoom": "15", "width": "480", "height": "240"}
Point = tuple[float, float]
"""Longitude and latitude, in this order as Amazon Location has them."""


class _UnavailableError(Exception):
    """Places cannot be looked for."""


class _BusyError(Exception):
    """As many as a minute may have were looked for."""


class Locator:
    """Stores by the variables of the process. After a call that failed none is made for seconds.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._down_until = float("-inf")
        self._minute, self._asked = -1, 0
        self._key: tuple[float, str] | None = None

    def list(self, near: str | None) -> Stores:
        """
        Args:
            near: A place, as a customer types it.
        """
        found: dict[str, Any] = json.loads(optional(names.STORES) or "{}")
        key = self._key_of_maps()
        stores = [(_point(one["position"]), _store(name, one, key)) for name, one in found.items()]
        in_order = [store for _, store in stores]
        if near is None or not stores:
            return Stores(stores=in_order, near="none")
        try:
            place = self._place(near, stores[0][0])
        except _UnavailableError:
            return Stores(stores=in_order, near="unavailable")
        except _BusyError:
            return Stores(stores=in_order, near="busy")
        if place is None:
            return Stores(stores=in_order, near="unknown")
        here = (place["position"][0], place["position"][1])
        away = [store.model_copy(update={"distance_m": round(_metres(here, point))}) for point, store in stores]
        nearest = sorted(away, key=lambda store: (store.distance_m, store.name))
        return Stores(stores=nearest, near="found", place=place["title"])

    def _place(self, near: str, bias: Point) -> dict[str, Any] | None:
        """Position and title of a place, kept by a hash of the words; None if there is no such place."""
        limit = optional(names.PLACES_LIMIT)
        if limit is None:
            raise _UnavailableError
        words = " ".join(near.casefold().split())
        name = f"catalogue:place:{sha256(words.encode()).hexdigest()[:32]}"
        kept = shared().get(name)
        if kept is None:
            kept = {"place": self._geocode(words, bias, int(limit))}
            shared().put(name, kept, _KEPT_SECONDS)
        return kept["place"]

    def _geocode(self, words: str, bias: Point, limit: int) -> dict[str, Any] | None:
        now = self._clock()
        if now < self._down_until:
            raise _UnavailableError
        minute = int(now // _MINUTE)
        self._asked = self._asked + 1 if minute == self._minute else 1
        self._minute = minute
        if self._asked > limit:
            raise _BusyError
        try:
            return _best(words, bias)
        except (BotoCoreError, ClientError) as error:
            self._down_until = now + _PAUSE_SECONDS
            logger.warning("places are not found", extra={"cause": cause(error)})
            raise _UnavailableError from error

    def _key_of_maps(self) -> str | None:
        """Value of the key; None without one, and while it cannot be read."""
        name, now = optional(names.MAPS_KEY), self._clock()
        if name is None:
            return None
        if self._key is not None and now < self._key[0]:
            return self._key[1]
        if now < self._down_until:
            return None
        try:
            value: str = location().describe_key(KeyName=name)["Key"]
        except (BotoCoreError, ClientError) as error:
            self._down_until = now + _PAUSE_SECONDS
            logger.warning("key of maps is not read", extra={"cause": cause(error)})
            return None
        self._key = (now + _KEY_SECONDS, value)
        return value


def _best(words: str, bias: Point) -> dict[str, Any] | None:
    """Title and position of the place that fits best; None if none has a position."""
    index = optional(names.PLACES_INDEX)
    if index is not None:
        found = (
            location()
            .search_place_index_for_text(
                IndexName=index, Text=words, MaxResults=1, BiasPosition=list(bias), Language="en"
            )
            .get("Results")
        )
        place = found[0]["Place"] if found else {}
        title, position = place.get("Label"), place.get("Geometry", {}).get("Point")
    else:
        answer = places().geocode(
            QueryText=words, MaxResults=1, BiasPosition=list(bias), IntendedUse="Storage", Language="en"
        )
        (best, *_) = answer.get("ResultItems") or [{}]
        title, position = best.get("Title"), best.get("Position")
    return {"title": title, "position": position} if position else None


def _store(store_id: str, one: dict[str, Any], key: str | None) -> Store:
    hours = one["opening_hours"]
    shown = {name: one[name] for name in ("name", "line_1", "postal_code", "city", "country", "services")}
    url = _map(_point(one["position"]), key) if key else None
    return Store(store_id=store_id, **shown, timezone=hours["timezone"], opening_hours=hours["days"], map_url=url)


def _map(point: Point, key: str) -> str:
    """Address of a picture, with the store in its middle."""
    center = f"{point[0]},{point[1]}"
    query = urlencode({**_MAP, "center": center, "compact-overlay": f"point:{center}", "key": key})
    return f"https://maps.geo.{location().meta.region_name}.amazonaws.com/v2/static/map?{query}"


def _point(position: dict[str, float]) -> Point:
    return position["longitude"], position["latitude"]


def _metres(one: Point, other: Point) -> float:
    """Great-circle distance, by the haversine formula."""
    (east_1, north_1), (east_2, north_2) = ([math.radians(degrees) for degrees in point] for point in (one, other))
    part = (
        math.sin((north_2 - north_1) / 2) ** 2
        + math.cos(north_1) * math.cos(north_2) * math.sin((east_2 - east_1) / 2) ** 2
    )
    return 2 * _EARTH_METRES * math.asin(math.sqrt(part))
