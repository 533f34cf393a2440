"""The app `inventory`: stock for customers, reservations for the service `orders`."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Response

from functions.common.model import Id, Model
from functions.common.stock import Stock
from services.common.app import make, reads
from services.common.bodies import Json, Reservation, ReservationLine
from services.common.identity import Customer, Scope
from services.common.inbox import Subscription
from services.common.paths import PathId
from services.common.problems import conflict, missing
from services.inventory import reservations
from services.inventory.answers import ArticleStock, PlaceStock, Stocks

api, internal = APIRouter(), APIRouter()


@api.get("/stock/{sku}")
def stock(_customer: Annotated[Customer, Depends(Scope("inventory.read"))], sku: PathId) -> ArticleStock:
    found = Stock.read(sku)
    if not found.places:
        raise missing("article")
    places = [PlaceStock(location_id=name, available=found.at(name)) for name in sorted(found.places)]
    return ArticleStock(sku=sku, available=found.available, locations=places)


@internal.get("/stock")
def stocks(sku: Annotated[list[Id], Query(min_length=1, max_length=100)]) -> Stocks:
    found = [Stock.read(one) for one in dict.fromkeys(sku)]
    return Stocks(stock={one.sku: one.available for one in found if one.places})


@internal.post("/reservations", status_code=201)
def reserve(asked: Annotated[Reservation, Depends(Json(Reservation))], response: Response) -> dict[str, str]:
    try:
        new = reservations.reserve(asked.order_id, _summed(asked.lines))
    except reservations.OutOfStockError as error:
        short = [{"sku": sku, "available": available} for sku, available in error.available.items()]
        raise conflict("out-of-stock", "there is not enough of some articles", unavailable=short) from None
    except reservations.LinesDifferError:
        raise conflict("reservation-differs", "the order has reserved other articles or pieces") from None
    except reservations.ClosedError:
        raise conflict("reservation-closed", "the order has been placed or cancelled") from None
    if not new:
        response.status_code = 200
    return {}


@internal.delete("/reservations/{order_id}", status_code=204)
def release(order_id: PathId) -> None:
    reservations.release(order_id)


class _Line(Model):
    sku: Id
    quantity: int


class _Placed(Model):
    order_id: Id
    lines: list[_Line]


class _StatusChanged(Model):
    order_id: Id
    status: str


def _settle(placed: _Placed) -> None:
    reservations.settle(placed.order_id, _summed(placed.lines))


def _follow(changed: _StatusChanged) -> None:
    if changed.status == "cancelled":
        reservations.cancel(changed.order_id)


def _summed(lines: "list[ReservationLine] | list[_Line]") -> dict[str, int]:
    """Article to pieces; an article may stand in several lines."""
    pieces: dict[str, int] = {}
    for line in lines:
        pieces[line.sku] = pieces.get(line.sku, 0) + line.quantity
    return pieces


def app() -> FastAPI:
    return make(
        "inventory",
        {"/api/inventory": api, "/internal": internal},
        ready={"table inventory": reads("inventory", sku="-", item="-")},
        subscriptions={
            "order.placed": Subscription(_Placed, _settle),
            "order.status-changed": Subscription(_StatusChanged, _follow),
        },
    )
