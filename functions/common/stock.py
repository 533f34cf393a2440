"""Stock of an article in table `inventory`: what can be sold at each place.

Under the article's `sku` there is an item `LOCATION#<location>` for each place, with
    location_id  the place
    available    pieces as counted there, less those sold since
    reserved     those of them that open reservations hold; 0 where it is absent
    sellable     available - reserved: what can be sold. A recount may make it negative; nothing else does
    changed_at   when it was counted
and an item `RESERVATION#<order>` for each open reservation of the service `inventory`, with
    pieces       map of place to pieces
    valid_until  epoch second from which the pieces can be sold to others. Not the table's TTL: an item that DynamoDB
                 deletes gives no stock back
"""

import time
from dataclasses import dataclass
from typing import Any, Self

from functions.common.aws import dynamodb, table
from functions.common.outbox import TryAgainError, event, event_id, write

EVENT = "inventory.changed"
LOCATION = "LOCATION#"
RESERVATION = "RESERVATION#"
_ATTEMPTS = 3


@dataclass(frozen=True)
class Place:
    """Stock at a place."""

    available: int
    reserved: int

    @property
    def sellable(self) -> int:
        return self.available - self.reserved


@dataclass(frozen=True)
class Held:
    """A reservation of the article."""

    pieces: dict[str, int]
    until: int

    @property
    def total(self) -> int:
        return sum(self.pieces.values())

    @property
    def over(self) -> bool:
        return self.until <= time.time()


@dataclass(frozen=True)
class Stock:
    sku: str
    places: dict[str, Place]
    """By location."""
    held: dict[str, Held]
    """By order."""

    @classmethod
    def read(cls, sku: str) -> Self:
        """The article's stock; without places if it was never counted."""
        # The last in the order of the sort key, after `EVENT#`.
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=table("inventory"),
                KeyConditionExpression="sku = :sku AND #item >= :first",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":sku": sku, ":first": LOCATION},
                ConsistentRead=True,
            )
        )
        places: dict[str, Place] = {}
        held: dict[str, Held] = {}
        for item in (item for page in pages for item in page["Items"]):
            if item["item"].startswith(LOCATION):
                places[item["location_id"]] = _place(item)
            elif item["item"].startswith(RESERVATION):
                pieces = {location: int(count) for location, count in item["pieces"].items()}
                held[item["item"].removeprefix(RESERVATION)] = Held(pieces, int(item["valid_until"]))
        return cls(sku, places, held)

    def at(self, location_id: str) -> int:
        """Pieces that can be sold at a place, those of reservations that are over included."""
        over = sum(held.pieces.get(location_id, 0) for held in self.held.values() if held.over)
        return max(0, self.places[location_id].sellable + over)

    @property
    def available(self) -> int:
        """Pieces that can be sold."""
        return sum(self.at(location_id) for location_id in self.places)


def changed(sku: str, location_id: str, sellable: int, at: str, *cause: str) -> dict[str, Any]:
    """Item of a transaction: the event that a place has other stock.

    Args:
        cause: Tells the event's id from those of other changes at that time.
    """
    detail = {
        "event_id": event_id(EVENT, sku, location_id, at, *cause),
        "sku": sku,
        "location_id": location_id,
        "available": max(0, sellable),
        "changed_at": at,
    }
    return event(table("inventory"), {"sku": sku}, EVENT, detail)


def count(sku: str, location_id: str, available: int, at: str) -> bool:
    """Write what was counted at a place, with its event; reservations stay.

    Args:
        at: Time of the count, as `functions.common.model.timestamp` writes it.

    Returns:
        Whether it was written; False if this count or a later one is there.

    Raises:
        TryAgainError: reservations changed the item at every attempt.
    """
    name, key = table("inventory"), {"sku": sku, "item": f"{LOCATION}{location_id}"}
    for _ in range(_ATTEMPTS):
        item: dict[str, Any] = dynamodb().get_item(TableName=name, Key=key, ConsistentRead=True).get("Item", {})
        if item.get("changed_at", "") >= at:
            return False
        reserved = _place(item).reserved
        update = {
            "TableName": name,
            "Key": key,
            # Updates the item instead of replacing it: other writers keep attributes in it.
            "UpdateExpression": "SET location_id = :location, available = :available, reserved = :reserved,"
            " sellable = :sellable, changed_at = :at",
            "ConditionExpression": "(attribute_not_exists(changed_at) OR changed_at < :at)"
            " AND (attribute_not_exists(reserved) OR reserved = :reserved)",
            "ExpressionAttributeValues": {
                ":location": location_id,
                ":available": available,
                ":reserved": reserved,
                ":sellable": available - reserved,
                ":at": at,
            },
        }
        if write({"Update": update}, changed(sku, location_id, available - reserved, at)):
            return True
    raise TryAgainError


def _place(item: dict[str, Any]) -> Place:
    return Place(int(item.get("available", 0)), int(item.get("reserved", 0)))
