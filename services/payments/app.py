"""Service `payments`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Response

from functions.common.fraud.engine import prepare
from functions.common.model import Id, Model, Moment, timestamp
from functions.common.names import CLIENT_HEADER
from services.common.app import make, reads
from services.common.bodies import (
    Currency,
    InternalBody,
    Json,
    Minor,
    PaymentRequest,
    ProviderNotice,
    ReviewVerdict,
    Text64,
)
from services.common.chores import Chore
from services.common.identity import Customer, Machine, Scope
from services.common.inbox import Subscription
from services.common.paths import PathId
from services.common.problems import conflict, missing
from services.payments import notices, pay, review
from services.payments.progress import DUTIES
from services.payments.records import Payment, announce
from services.payments.screening import Screening, forget

_SWEEP_SECONDS = 15

routes, internal = APIRouter(), APIRouter()
Reader = Annotated[Customer, Depends(Scope("payments.read"))]
Writer = Annotated[Customer, Depends(Scope("payments.write"))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class DueRequest(InternalBody):
    """Amount due for an order, and the time until which it can be paid."""

    customer_id: Text64
    amount_minor: Minor
    currency: Currency
    payable_until: Moment
    screening: Screening | None = None
    """For the scoring of its payments."""


class _Erased(Model):
    customer_id: Id


@routes.post("", status_code=201)
def start(
    customer: Writer,
    request: Annotated[PaymentRequest, Depends(Json(PaymentRequest))],
    response: Response,
    key: Key = None,
    client: Annotated[str | None, Header(alias=CLIENT_HEADER)] = None,
) -> dict[str, Any]:
    payment, is_new = pay.pay(customer, request, key, client)
    if not is_new:
        response.status_code = 200
    return payment.document()


@routes.post("/notices", status_code=204, dependencies=[Depends(notices.signed)])
def take_notice(notice: Annotated[ProviderNotice, Depends(Json(ProviderNotice))]) -> None:
    notices.take(notice)


@routes.get("/reviews", dependencies=[Depends(Machine())])
def list_reviews() -> dict[str, Any]:
    return {"reviews": review.listed()}


@routes.put("/reviews/{payment_id}")
def conclude(
    payment_id: PathId,
    verdict: Annotated[ReviewVerdict, Depends(Json(ReviewVerdict))],
    caller: Annotated[str, Depends(Machine())],
) -> dict[str, Any]:
    return review.conclude(payment_id, verdict, caller)


@routes.get("/{payment_id}")
def read(payment_id: PathId, customer: Reader) -> dict[str, Any]:
    payment = Payment.read(payment_id)
    if payment is None or payment.customer_id != customer.customer_id:
        raise missing("payment")
    return payment.document()


@internal.put("/dues/{order_id}")
def put_due(
    order_id: PathId, due: Annotated[DueRequest, Depends(Json(DueRequest))], response: Response
) -> dict[str, Any]:
    screening = due.screening.kept() if due.screening else {}
    until = timestamp(due.payable_until)
    is_new = announce(order_id, due.customer_id, due.amount_minor, due.currency, until, screening)
    if is_new is None:
        raise conflict("due-differs", "something else is due for this order, or nothing any more")
    if is_new:
        response.status_code = 201
    return {"state": "open"}


@internal.delete("/dues/{order_id}")
def close_due(order_id: PathId, unpaid_only: bool = False) -> dict[str, Any]:
    return pay.close(order_id, unpaid_only=unpaid_only).document()


def app() -> FastAPI:
    prepare()
    return make(
        "payments",
        {"/api/payments": routes, "/internal": internal},
        ready={"table payments": reads("payments", payment_id="-", item="PAYMENT")},
        subscriptions={"customer.erased": Subscription(_Erased, lambda erased: forget(erased.customer_id))},
        chores=[Chore("duties", _SWEEP_SECONDS, DUTIES.sweep)],
    )
