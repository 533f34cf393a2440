"""Payments begin by a customer's request; dues are closed by the service `orders`."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from functions.common.aws import table
from functions.common.duty import owe
from functions.common.fraud.contract import Decision, Outcome
from functions.common.fraud.engine import current
from functions.common.model import now, timestamp
from functions.common.outbox import TryAgainError
from services.common.bodies import PaymentRequest
from services.common.identity import Customer
from services.common.problems import ProblemError, conflict, missing
from services.common.transactions import written
from services.payments.progress import DUTIES, LOOK_AGAIN, advance, give_back
from services.payments.provider import ChargeRequest, ProviderError, provider
from services.payments.records import Due, Payment
from services.payments.screening import screened

_ATTEMPTS = 3
_NAMESPACE = uuid.UUID("0b0c1f62-7f1e-4f57-9a53-4c1b0a0f0c55")


def pay(
    customer: Customer, request: PaymentRequest, key: str | None, client: str | None = None
) -> tuple[Payment, bool]:
    """
    Args:
        key: Idempotency key; without it the order and the token of the payment provider are the key.
        client: Address of the customer's device.

    Returns:
        The payment, and whether it is new.

    Raises:
        ProblemError: 404 or 409; nothing is paid then.
    """
    asked = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
    cause = f"key\n{key}" if key else f"token\n{request.order_id}\n{request.payment_token}"
    payment_id = str(uuid.uuid5(_NAMESPACE, f"{customer.customer_id}\n{cause}"))
    for _ in range(_ATTEMPTS):
        if known := Payment.read(payment_id):
            if known.item["asked"] != asked:
                raise conflict("key-reused", "this Idempotency-Key, or token, was used for another request")
            # The provider answers a repeated request with the charge that it has.
            is_unknown = known.status in ("processing", "pending")
            return _charge(payment_id, request) if is_unknown else known, False
        due = _payable(customer, request)
        decision = screened(payment_id, customer.customer_id, request, asked, due, client)
        payment = _new(payment_id, customer, request, asked, decision)
        if decision.outcome == "block":
            if written(payment):
                return Payment(payment_id, payment["Put"]["Item"]), True
        elif _begin(payment, due):
            if due.active:  # releases its hold on the customer's money
                DUTIES.attend(due.active)
            return _charge(payment_id, request), True
    raise TryAgainError


def _payable(customer: Customer, request: PaymentRequest) -> Due:
    due = Due.read(request.order_id)
    if due is None or due.customer_id != customer.customer_id:
        raise missing("order")
    if due.state in ("settled", "promised"):
        raise conflict("already-paid", "the order is paid")
    if due.state == "held":
        raise conflict("in-review", "a payment of the order is being reviewed")
    if due.state == "capturing":
        raise conflict("in-progress", "another payment of the order is being collected")
    if due.state == "closed" or due.payable_until <= now():
        raise conflict("not-payable", "the order was cancelled, or it is too late to pay it")
    if (due.amount_minor, due.currency) != (request.amount_minor, request.currency):
        costs = {"amount_minor": due.amount_minor, "currency": due.currency}
        raise conflict("amount-differs", "the order costs something else", due=costs)
    return due


def _new(
    payment_id: str, customer: Customer, request: PaymentRequest, asked: str, decision: Decision
) -> dict[str, Any]:
    """Item of a transaction that writes a payment. One that is blocked looks to the customer like any that is declined:
    whoever knew the rule could keep below it."""
    at = timestamp(now())
    engine = current()
    statuses: dict[Outcome, dict[str, Any]] = {
        "approve": {"status": "processing"},
        "review": {"status": "processing", "hold_hours": engine.hold_hours if engine else 0},
        "block": {"status": "declined", "decline_code": "declined"},
    }
    item = {
        "payment_id": payment_id,
        "item": "PAYMENT",
        "order_id": request.order_id,
        "customer_id": customer.customer_id,
        "created_at": at,
        "updated_at": at,
        "outcome": decision.outcome,
        **statuses[decision.outcome],
        "version": 1,
        "method": request.method,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "asked": asked,
    }
    put = {"TableName": table("payments"), "Item": item, "ConditionExpression": "attribute_not_exists(payment_id)"}
    return {"Put": put}


def _begin(payment: dict[str, Any], due: Due) -> bool:
    payment_id = payment["Put"]["Item"]["payment_id"]
    return written(
        payment,
        due.moved("open", active=payment_id),
        owe(table("payments"), {"payment_id": payment_id}, now() + LOOK_AGAIN),
    )


def _charge(payment_id: str, request: PaymentRequest) -> Payment:
    asked = ChargeRequest(
        reference=payment_id,
        order_id=request.order_id,
        token=request.payment_token,
        method=request.method,
        amount_minor=request.amount_minor,
        currency=request.currency,
        return_url=request.return_url,
    )
    try:
        return advance(payment_id, provider().authorise(asked))
    except ProviderError:
        return _unknown(payment_id)


def _unknown(payment_id: str) -> Payment:
    """State that the charge is unknown; the payment's duty asks the provider."""
    for _ in range(_ATTEMPTS):
        payment = Payment.read(payment_id)
        if payment is None:
            raise LookupError("no such payment")
        if payment.status != "processing":
            return payment
        written(payment.changed("pending"))
    raise TryAgainError


@dataclass(frozen=True)
class Closing:
    """Money of an order whose due is closed."""

    captured_minor: int = 0
    refunded_minor: int = 0
    done: bool = True
    """Whether the amounts are final."""

    def document(self) -> dict[str, Any]:
        return {"state": "closed", **vars(self)}


def close(order_id: str, *, unpaid_only: bool) -> Closing:
    """Close the due of an order: captured money is refunded, and none is captured afterwards.

    Args:
        unpaid_only: Do nothing if the money is captured, being captured, promised, or held for a review.

    Raises:
        ProblemError: 409 `paid`, with the payment if it is captured or promised, or 409 `held`; only with
            `unpaid_only`.
        TryAgainError: concurrent writers changed the due at every attempt.
    """
    for _ in range(_ATTEMPTS):
        due = Due.read(order_id)
        if due is None:
            return Closing()
        payment = Payment.read(due.active) if due.active else None
        if due.state == "closed":
            return _closing(payment)
        if unpaid_only and due.state != "open":
            raise _paid(due, payment)
        if _close(due, payment):
            if payment:
                DUTIES.attend(payment.payment_id)
            return _closing(Payment.read(payment.payment_id) if payment else None)
    raise TryAgainError


def _close(due: Due, payment: Payment | None) -> bool:
    if payment is None or (payment.is_final and due.state != "settled"):
        return written(due.moved("closed"))
    if due.state == "settled":
        return written(due.moved("closed"), *give_back(payment))
    return written(due.moved("closed"), owe(table("payments"), {"payment_id": payment.payment_id}, now()))


def _closing(payment: Payment | None) -> Closing:
    if payment is None:
        return Closing()
    return Closing(payment.captured_minor, payment.refunded_minor, payment.is_final)


def _paid(due: Due, payment: Payment | None) -> ProblemError:
    if due.state == "held" and payment is not None:
        return conflict("held", "a payment is being reviewed", held_until=payment.item["held_until"])
    becomes = {"settled": ("paid", "settled_at"), "promised": ("placed", "authorised_at")}.get(due.state)
    if payment is None or becomes is None:
        return conflict("paid", "a payment is being collected")
    status, time = becomes
    facts = {
        "payment_id": payment.payment_id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "at": payment.item[time],
        "becomes": status,
    }
    return conflict("paid", "the order is paid", payment=facts)
