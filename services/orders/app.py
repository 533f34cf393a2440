"""Service `orders`."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Response

from functions.common.model import Id, Model, now
from functions.common.order_status import NoSuchStepError, UnknownOrderError, move
from functions.common.outbox import TryAgainError
from services.common import cursors
from services.common.app import make, reads
from services.common.bodies import CancellationRequest, Json, OrderRequest, OrderStatusChange, QuoteRequest
from services.common.chores import Chore
from services.common.cursors import CursorText
from services.common.idempotency import idempotency_key
from services.common.identity import Customer, Machine, Scope
from services.common.inbox import Subscription
from services.common.paths import PathId
from services.common.problems import conflict, missing
from services.orders import checkout, deliveries, duties
from services.orders.order import POSITION, Order, of_customer
from services.orders.placing import Payment, hold, refuse, take
from services.orders.rates import rates

_SWEEP_SECONDS = 15

routes = APIRouter()
Reader = Annotated[Customer, Depends(Scope("orders.read"))]
Writer = Annotated[Customer, Depends(Scope("orders.write"))]
Request = Annotated[OrderRequest, Depends(Json(OrderRequest))]
Quoted = Annotated[QuoteRequest, Depends(Json(QuoteRequest))]
Cancellation = Annotated[CancellationRequest, Depends(Json(CancellationRequest))]
StatusChange = Annotated[OrderStatusChange, Depends(Json(OrderStatusChange))]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=64)]


@routes.get("")
def listed(customer: Reader, cursor: CursorText = None) -> dict[str, Any]:
    before = None if cursor is None else dict(zip(POSITION, cursors.decode(cursor, str, str), strict=True))
    orders, last = of_customer(customer.customer_id, before)
    return {"orders": orders, "cursor": cursors.encode(*(last[name] for name in POSITION)) if last else None}


@routes.post("", status_code=201)
def order(
    customer: Writer,
    key: Annotated[str, Depends(idempotency_key)],
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    placed, is_new = checkout.check_out(customer, request, key, if_match)
    if not is_new:
        response.status_code = 200
    return placed.document()


@routes.post("/quotes")
def quote(customer: Reader, request: Quoted, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    response.headers["Cache-Control"] = "private, no-store"
    return checkout.price(customer, request, if_match).document()


@routes.get("/{order_id}")
def read(order_id: PathId, customer: Reader) -> dict[str, Any]:
    return _own(order_id, customer).document()


@routes.post("/{order_id}/cancellation")
def cancel(order_id: PathId, customer: Writer, cancellation: Cancellation) -> dict[str, Any]:
    current = _own(order_id, customer)
    if current.status != "cancelled":
        # The writer of the last status may have a fast clock.
        after = datetime.fromisoformat(current.item.get("status_changed_at", current.item["updated_at"]))
        at = max(now(), after + timedelta(microseconds=1))
        try:
            cancelled = move(order_id, "cancelled", at, facts={"reason": cancellation.reason, "ended_by": "customer"})
        except NoSuchStepError:
            raise conflict("not-cancellable", "the order is on its way, or has ended") from None
        if not cancelled:
            raise TryAgainError
        duties.DUTIES.attend(order_id)
    return _own(order_id, customer).document()


@routes.put("/{order_id}/status", dependencies=[Depends(Machine())])
def change_status(order_id: PathId, change: StatusChange) -> dict[str, Any]:
    facts = {"carrier": change.carrier, "reason": change.reason or None, "delivery_id": change.delivery_id}
    try:
        changed = move(order_id, change.status, change.changed_at, change.tracking_number, facts)
    except UnknownOrderError:
        raise missing("order") from None
    except NoSuchStepError as error:
        raise conflict("no-such-step", str(error)) from None
    return {"order_id": order_id, "status": change.status, "changed": changed}


def _own(order_id: str, customer: Customer) -> Order:
    found = Order.read(order_id)
    if found is None or not (customer.machine or found.customer_id == customer.customer_id):
        raise missing("order")
    return found


class _Settled(Model):
    payment_id: Id
    order_id: Id
    amount_minor: int
    currency: str
    settled_at: str


class _Authorised(Model):
    payment_id: Id
    order_id: Id
    amount_minor: int
    currency: str
    authorised_at: str


class _Held(Model):
    order_id: Id
    held_until: str


class _Refused(Model):
    order_id: Id


class _Erased(Model):
    customer_id: Id


def _take_settled(told: _Settled) -> None:
    take(Payment(told.payment_id, told.order_id, told.amount_minor, told.currency, told.settled_at, "paid"))


def _take_authorised(told: _Authorised) -> None:
    take(Payment(told.payment_id, told.order_id, told.amount_minor, told.currency, told.authorised_at, "placed"))


def _take_refused(told: _Refused) -> None:
    if refuse(told.order_id):
        duties.DUTIES.attend(told.order_id)


def app() -> FastAPI:
    return make(
        "orders",
        {"/api/orders": routes},
        ready={
            "table orders": reads("orders", order_id="-", item="ORDER"),
            "table idempotency": reads("idempotency", id="-"),
            "rates": rates,
        },
        subscriptions={
            "payment.settled": Subscription(_Settled, _take_settled),
            "payment.authorised": Subscription(_Authorised, _take_authorised),
            "payment.held": Subscription(_Held, lambda told: hold(told.order_id, told.held_until)),
            "payment.refused": Subscription(_Refused, _take_refused),
            "delivery.moved": Subscription(deliveries.Moved, deliveries.follow),
            "customer.erased": Subscription(_Erased, lambda erased: duties.forget_contact(erased.customer_id)),
        },
        chores=[Chore("duties", _SWEEP_SECONDS, duties.DUTIES.sweep)],
    )
