"""Reservations: stock that orders hold until they are placed, for half an hour at most.

Each article is reserved, released and sold by a transaction of its own, since an order may have more articles than a
transaction has room for. The item `ORDER` under `ORDER#<order>` says how far they are together:
    state       `open`; `released` once the order has been cancelled; `placed` once all is sold
    lines       map of article to pieces
    sold        map of article to the pieces taken from each place, for what an order that is cancelled gives back
    expires_at  when DynamoDB forgets it
A step that a crash left half done is done to its end when the same message or request comes again.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from functions.common.aws import dynamodb, table
from functions.common.log import logger
from functions.common.model import now, timestamp
from functions.common.outbox import TryAgainError, write
from functions.common.stock import Stock
from services.inventory import moves

_HELD_SECONDS = 30 * 60
_ATTEMPTS = 12
_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5


class LinesDifferError(Exception):
    """The order has reserved other articles or pieces."""


class ClosedError(Exception):
    """The order has been placed or cancelled."""


class OutOfStockError(Exception):
    """
    Args:
        available: Article to pieces that can be sold, for those that the order asks too many of.
    """

    def __init__(self, available: dict[str, int]) -> None:
        super().__init__("out of stock")
        self.available = available


@dataclass(frozen=True)
class Order:
    """What inventory knows of an order."""

    order_id: str
    state: Literal["open", "released", "placed"]
    lines: dict[str, int]
    sold: dict[str, dict[str, int]]

    @classmethod
    def read(cls, order_id: str) -> Self | None:
        answer = dynamodb().get_item(TableName=table("inventory"), Key=moves.order_key(order_id), ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return None
        sold = {sku: {place: int(count) for place, count in at.items()} for sku, at in item["sold"].items()}
        return cls(order_id, item["state"], {sku: int(count) for sku, count in item["lines"].items()}, sold)


def reserve(order_id: str, lines: Mapping[str, int]) -> bool:
    """Hold stock for an order, or hold it for another half hour.

    Args:
        lines: Article to pieces.

    Returns:
        Whether anything was reserved; False if all was there.

    Raises:
        OutOfStockError: nothing is held.
        LinesDifferError: the order holds other stock.
        ClosedError: the order has been placed or cancelled.
        TryAgainError: others reserved the same articles at every attempt.
    """
    until = int(time.time()) + _HELD_SECONDS
    order = Order.read(order_id) or _opened(order_id, lines)
    if order.state != "open" or order.sold:
        raise ClosedError
    if order.lines != lines:
        raise LinesDifferError
    new = False
    for sku, count in sorted(lines.items()):
        taken = _until_done(lambda sku=sku, count=count: _reserve(order_id, sku, count, until))
        if taken is None:
            release(order_id)
            stocks = {sku: Stock.read(sku).available for sku in lines}
            # What was short a moment ago may be there by now; it is told as short all the same.
            short = {sku: stocks[sku] for sku, count in lines.items() if stocks[sku] < count}
            raise OutOfStockError(short or {sku: count - 1})
        new = new or taken
    return new


def release(order_id: str) -> None:
    """Give back what an order holds that is not placed; its articles can be reserved anew."""
    order = Order.read(order_id)
    if order is None or order.state == "placed" or order.sold:
        return
    for sku in order.lines:
        _until_done(lambda sku=sku: _release(sku, order_id))
    if order.state == "open":
        dynamodb().delete_item(
            TableName=table("inventory"),
            Key=moves.order_key(order_id),
            ConditionExpression="#state = :open",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":open": "open"},
        )


def settle(order_id: str, lines: Mapping[str, int]) -> None:
    """The order is placed: what it held is sold. What it does not hold any more is taken as far as stock allows."""
    order = Order.read(order_id) or _opened(order_id, lines)
    if order.state == "released":
        logger.warning("order was cancelled before it was placed", extra={"order_id": order_id})
        return
    for sku, count in lines.items():
        if sku not in order.sold:
            _until_done(lambda sku=sku, count=count: _sell(order_id, sku, count))
    _set_state(order_id, "placed", unless="released")


def cancel(order_id: str) -> None:
    """The order is cancelled: what it held or bought can be sold again."""
    _set_state(order_id, "released")  # first, so that nothing is reserved or sold for it any more
    order = Order.read(order_id)
    if order is None:
        return
    for sku in {*order.lines, *order.sold}:
        _until_done(lambda sku=sku: _release(sku, order_id))
    for sku, pieces in order.sold.items():
        _until_done(lambda sku=sku, pieces=pieces: _give_back(order_id, sku, pieces))


# One article. Each returns None or what it is asked for; a lost race is `_LOST`, and it is done again.

_LOST = object()


def _until_done(step: Callable[[], Any]) -> Any:
    """
    Raises:
        TryAgainError: others were faster at every attempt.
    """
    for attempt in range(_ATTEMPTS):
        try:
            done = step()
        except dynamodb().exceptions.TransactionCanceledException as error:
            if "TransactionConflict" not in {reason["Code"] for reason in error.response["CancellationReasons"]}:
                raise
            done = _LOST
        if done is not _LOST:
            return done
        longest = min(_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
        time.sleep(random.uniform(0, longest))
    raise TryAgainError


def _reserve(order_id: str, sku: str, count: int, until: int) -> Any:
    """True if it was reserved, False if it was there, None if there is not enough."""
    stock = Stock.read(sku)
    held = stock.held.get(order_id)
    if held:
        return False if write(moves.prolong(sku, order_id, held, until)) else _LOST
    pieces = _pieces(stock, count)
    if pieces is None:
        over = [order for order, held in stock.held.items() if held.over]
        for order in over:
            _release(sku, order)
        return _LOST if over else None
    at = timestamp(now())
    made = [
        move
        for place, taken in pieces.items()
        for move in moves.take(sku, place, stock.places[place], taken, at, order_id, sold=False)
    ]
    return True if write(moves.is_open(order_id), moves.hold(sku, order_id, pieces, until), *made) else _LOST


def _sell(order_id: str, sku: str, count: int) -> Any:
    stock, at = Stock.read(sku), timestamp(now())
    held = stock.held.get(order_id)
    if held:
        made = [moves.let_go(sku, order_id, held)]
        made += [moves.sell(sku, place, stock.places[place], taken) for place, taken in held.pieces.items()]
        pieces = held.pieces
    else:
        pieces = _pieces(stock, min(count, sum(max(0, place.sellable) for place in stock.places.values()))) or {}
        made = [
            move
            for place, taken in pieces.items()
            for move in moves.take(sku, place, stock.places[place], taken, at, order_id, sold=True)
        ]
    if sum(pieces.values()) < count:
        logger.error("sold more than there is", extra={"order_id": order_id, "sku": sku})
    return None if write(moves.note(order_id, sku, pieces), *made) else _LOST


def _release(sku: str, order_id: str) -> Any:
    stock, at = Stock.read(sku), timestamp(now())
    held = stock.held.get(order_id)
    if held is None:
        return None
    made = [
        move
        for place, pieces in held.pieces.items()
        for move in moves.give_back(sku, place, stock.places[place], pieces, at, order_id, reserved=True)
    ]
    return None if write(moves.let_go(sku, order_id, held), *made) else _LOST


def _give_back(order_id: str, sku: str, pieces: Mapping[str, int]) -> Any:
    order = Order.read(order_id)
    if order is None or sku not in order.sold:
        return None
    stock, at = Stock.read(sku), timestamp(now())
    made = [
        move
        for place, count in pieces.items()
        for move in moves.give_back(sku, place, stock.places[place], count, at, order_id, reserved=False)
    ]
    return None if write(moves.forget(order_id, sku), *made) else _LOST


def _opened(order_id: str, lines: Mapping[str, int]) -> Order:
    """The order, which holds nothing yet; as it is now if somebody else was faster.

    Raises:
        TryAgainError: it was there and is gone.
    """
    new = {"state": "open", "lines": dict(lines), "sold": {}, "expires_at": moves.forgotten_at()}
    item = {**moves.order_key(order_id), **new}
    try:
        dynamodb().put_item(TableName=table("inventory"), Item=item, ConditionExpression="attribute_not_exists(sku)")
    except dynamodb().exceptions.ConditionalCheckFailedException:
        order = Order.read(order_id)
        if order is None:
            raise TryAgainError from None
        return order
    return Order(order_id, "open", dict(lines), {})


def _set_state(order_id: str, state: str, *, unless: str = "") -> None:
    try:
        dynamodb().update_item(
            TableName=table("inventory"),
            Key=moves.order_key(order_id),
            UpdateExpression="SET #state = :state, #lines = if_not_exists(#lines, :none),"
            " sold = if_not_exists(sold, :none), expires_at = :forgotten",
            ConditionExpression="attribute_not_exists(#state) OR #state <> :unless",
            ExpressionAttributeNames={"#state": "state", "#lines": "lines"},
            ExpressionAttributeValues={
                ":state": state,
                ":unless": unless,
                ":none": {},
                ":forgotten": moves.forgotten_at(),
            },
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        logger.info("order was cancelled meanwhile", extra={"order_id": order_id})


def _pieces(stock: Stock, count: int) -> dict[str, int] | None:
    """From which places to take so many pieces, as few as possible; None if there are not enough."""
    pieces: dict[str, int] = {}
    for name, place in sorted(stock.places.items(), key=lambda named: (-named[1].sellable, named[0])):
        taken = min(count - sum(pieces.values()), place.sellable)
        if taken > 0:
            pieces[name] = taken
    return pieces if sum(pieces.values()) == count else None
