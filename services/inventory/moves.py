"""Items of the transactions that move stock: each holds only if nothing has changed since it was read, as far as that
matters. Two orders that both leave something of an article do not hinder each other.

A place that runs out, or has something again, is an event; every other movement is nobody's news.
"""

import time
from collections.abc import Mapping
from typing import Any

from functions.common.aws import table
from functions.common.stock import LOCATION, RESERVATION, Held, Place, changed

Move = dict[str, Any]


def order_key(order_id: str) -> dict[str, str]:
    """Key of what inventory keeps of an order."""
    return {"sku": f"ORDER#{order_id}", "item": "ORDER"}


def is_open(order_id: str) -> Move:
    """The order may still reserve."""
    return {
        "ConditionCheck": {
            "TableName": table("inventory"),
            "Key": order_key(order_id),
            "ConditionExpression": "#state = :open",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":open": "open"},
        }
    }


def hold(sku: str, order_id: str, pieces: Mapping[str, int], until: int) -> Move:
    """A reservation that is new."""
    item = {**_reservation(sku, order_id), "pieces": dict(pieces), "valid_until": until}
    return {"Put": {"TableName": table("inventory"), "Item": item, "ConditionExpression": "attribute_not_exists(sku)"}}


def prolong(sku: str, order_id: str, held: Held, until: int) -> Move:
    seen = _as_seen(sku, order_id, held)
    values = {**seen["ExpressionAttributeValues"], ":until": until}
    return {"Update": {**seen, "UpdateExpression": "SET valid_until = :until", "ExpressionAttributeValues": values}}


def let_go(sku: str, order_id: str, held: Held) -> Move:
    return {"Delete": _as_seen(sku, order_id, held)}


def take(sku: str, name: str, place: Place, count: int, at: str, order_id: str, *, sold: bool) -> list[Move]:
    """Pieces leave what can be sold at a place: into a reservation, or sold at once."""
    last = place.sellable == count
    into = "available = available - :count" if sold else "reserved = reserved + :count"
    move = _update(
        sku,
        name,
        f"SET {into}, sellable = sellable - :count",
        "sellable = :count" if last else "sellable > :count",
        {":count": count},
    )
    return [move, changed(sku, name, 0, at, order_id)] if last else [move]


def sell(sku: str, name: str, place: Place, count: int) -> Move:
    """Reserved pieces are sold. A recount may have found fewer than are reserved: then there are none left."""
    if place.available >= count:
        changes = "SET available = available - :count, reserved = reserved - :count"
        return _update(sku, name, changes, "available >= :count", {":count": count})
    return _update(
        sku,
        name,
        "SET available = :none, reserved = :left, sellable = :short",
        "available = :available AND reserved = :reserved",
        {
            ":none": 0,
            ":left": place.reserved - count,
            ":short": count - place.reserved,
            ":available": place.available,
            ":reserved": place.reserved,
        },
    )


def give_back(sku: str, name: str, place: Place, count: int, at: str, order_id: str, *, reserved: bool) -> list[Move]:
    """Pieces can be sold again that were reserved, or sold."""
    back = place.sellable <= 0 < place.sellable + count
    out_of = "reserved = reserved - :count" if reserved else "available = available + :count"
    move = _update(
        sku,
        name,
        f"SET {out_of}, sellable = sellable + :count",
        "sellable > :seen" if place.sellable > 0 else "sellable = :seen",
        {":count": count, ":seen": min(0, place.sellable)},
    )
    return [move, changed(sku, name, place.sellable + count, at, order_id, "back")] if back else [move]


def note(order_id: str, sku: str, pieces: Mapping[str, int]) -> Move:
    """The order has bought these pieces, once."""
    return _of_order(
        order_id,
        "SET sold.#sku = :pieces, expires_at = :forgotten",
        "#state <> :released AND attribute_not_exists(sold.#sku)",
        {"#sku": sku, "#state": "state"},
        {":pieces": dict(pieces), ":released": "released", ":forgotten": forgotten_at()},
    )


def forget(order_id: str, sku: str) -> Move:
    """The order has given back what it bought, once."""
    return _of_order(order_id, "REMOVE sold.#sku", "attribute_exists(sold.#sku)", {"#sku": sku}, {})


def forgotten_at() -> int:
    """Epoch second after which an order is not cancelled any more: 90 days from now."""
    return int(time.time()) + 90 * 24 * 3600


def _reservation(sku: str, order_id: str) -> dict[str, str]:
    return {"sku": sku, "item": f"{RESERVATION}{order_id}"}


def _as_seen(sku: str, order_id: str, held: Held) -> dict[str, Any]:
    return {
        "TableName": table("inventory"),
        "Key": _reservation(sku, order_id),
        "ConditionExpression": "valid_until = :seen",
        "ExpressionAttributeValues": {":seen": held.until},
    }


def _update(sku: str, name: str, changes: str, condition: str, values: Mapping[str, int]) -> Move:
    return {
        "Update": {
            "TableName": table("inventory"),
            "Key": {"sku": sku, "item": f"{LOCATION}{name}"},
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": dict(values),
        }
    }


def _of_order(order_id: str, changes: str, condition: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Move:
    return {
        "Update": {
            "TableName": table("inventory"),
            "Key": order_key(order_id),
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": dict(names),
            **({"ExpressionAttributeValues": dict(values)} if values else {}),
        }
    }
