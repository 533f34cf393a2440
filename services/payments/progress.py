"""Progress of a payment, by the state of its charge at the provider.

Money is captured in one place, after the active payment of a due has moved the due to `capturing`. If the due is closed
meanwhile, the money is refunded. Each step can be repeated at any time and by several tasks: due and payment are
written only if both are unchanged since they were read.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.common.aws import table
from functions.common.duty import owe, owe_nothing
from functions.common.fraud.engine import measure, note_decline
from functions.common.log import logger
from functions.common.model import now, timestamp
from functions.common.outbox import TryAgainError
from services.common.duties import Duties
from services.common.transactions import written
from services.common.webhooks import Notices
from services.payments.holding import SLOW_LOOK, accept, hold, refusal, refuse
from services.payments.provider import Charge, ProviderError, provider
from services.payments.records import Due, Payment, told

LOOK_AGAIN = timedelta(seconds=60)
"""Time after which a notice of the provider counts as lost."""
_ATTEMPTS = 5


def _look(payment_id: str) -> None:
    """Take a payment as far as its charge allows, now that the provider says that the charge has changed."""
    if Payment.read(payment_id) is None:
        logger.warning("notice of an unknown charge")
        return
    charge = provider().find(payment_id)
    if charge:
        advance(payment_id, charge)


NOTICES = Notices("payments", "payment_id", _look)


def _see_to(payment_id: str) -> datetime | None:
    if NOTICES.holds(payment_id):
        NOTICES.see_to(payment_id)
        return None
    payment = Payment.read(payment_id)
    if payment is None or payment.is_final:
        return None
    if payment.status == "held" and payment.held_until <= now():
        payment = _expire(payment)
    if not payment.owed_back:
        # A charge that has not reached the provider is voided, so that it cannot arrive later.
        payment = advance(payment_id, provider().find(payment_id) or provider().void(payment_id))
    if payment.owed_back:
        _refund(payment, payment.owed_back)
        return None
    if payment.is_final:
        return None
    if payment.status == "held":
        return min(payment.held_until, now() + SLOW_LOOK)
    return now() + (SLOW_LOOK if payment.status == "authorised" else LOOK_AGAIN)


DUTIES = Duties("payments", "payment_id", _see_to)


def advance(payment_id: str, charge: Charge) -> Payment:
    """Take a payment as far as its charge allows.

    Raises:
        ProviderError: the state of the charge is unknown; the payment's duty asks again.
        TryAgainError: concurrent writers changed due or payment at every attempt.
        LookupError: there is no such payment.
    """
    for _ in range(_ATTEMPTS):
        payment = Payment.read(payment_id)
        due = Due.read(payment.order_id) if payment else None
        if payment is None or due is None:
            raise LookupError("no such payment")
        if payment.is_final or payment.owed_back:
            return payment
        following = _STEPS[charge.status](payment, due, charge)
        if following is None:
            return payment
        charge = following
    raise TryAgainError


def _expire(payment: Payment) -> Payment:
    """Nobody has reviewed a held payment in time."""
    due = Due.read(payment.order_id)
    if due is not None and due.state == "held" and due.active == payment.payment_id:
        verdict = {"verdict": "expired", "at": timestamp(now())}
        if written(*refuse(payment, due, verdict)):
            measure(ReviewsExpired=1)
    return Payment.read(payment.payment_id) or payment


def give_back(payment: Payment, **facts: Any) -> list[dict[str, Any]]:
    """Items of a transaction that makes the refund of a payment due."""
    key, refund_id = {"payment_id": payment.payment_id}, f"{payment.payment_id}-1"
    refund = {**key, "item": f"REFUND#{refund_id}", "amount_minor": payment.amount_minor, "owed_at": timestamp(now())}
    return [
        payment.changed("settled", refund_id=refund_id, **facts),
        {"Put": {"TableName": table("payments"), "Item": refund}},
        owe(table("payments"), key, now()),
    ]


# Each step makes one write or one request to the provider. It returns the charge to continue with, or None to wait.


def _require_action(payment: Payment, due: Due, charge: Charge) -> Charge | None:
    if not _may_pay(payment, due):
        return provider().void(payment.payment_id)
    if payment.status == "requires_action":
        return None
    written(payment.changed("requires_action", action_url=charge.action_url))
    return charge


def _authorised(payment: Payment, due: Due, charge: Charge) -> Charge | None:
    mine = due.active == payment.payment_id
    if mine and due.state == "capturing":
        return provider().capture(payment.payment_id)
    if mine and due.state in ("held", "promised"):
        return None
    if not _may_pay(payment, due):
        return provider().void(payment.payment_id)
    if not payment.must_be_reviewed:
        written(*accept(payment, due))
    elif written(*hold(payment, due)):
        measure(ReviewsBegun=1)
    return charge


def _captured(payment: Payment, due: Due, charge: Charge) -> Charge | None:
    if due.active == payment.payment_id and due.state == "held":
        return None  # an invoice that is paid before its review has ended
    at = timestamp(now())
    if due.active == payment.payment_id and due.state in ("capturing", "promised"):
        written(
            due.moved("settled"),
            payment.changed("settled", settled_at=at),
            told(payment, "payment.settled", settled_at=at),
            owe_nothing(table("payments"), {"payment_id": payment.payment_id}),
        )
    else:
        written(*give_back(payment, settled_at=at))
    return charge


def _declined(payment: Payment, due: Due, charge: Charge) -> Charge:
    if written(*_let_go(payment, due), payment.changed("declined", decline_code=charge.decline_code or "declined")):
        note_decline(payment.payment_id)
    return charge


def _voided(payment: Payment, due: Due, charge: Charge) -> Charge:
    written(*_let_go(payment, due), payment.changed("cancelled"))
    return charge


_STEPS: Mapping[str, Callable[[Payment, Due, Charge], Charge | None]] = {
    "requires_action": _require_action,
    "authorised": _authorised,
    "captured": _captured,
    "declined": _declined,
    "voided": _voided,
}


def _may_pay(payment: Payment, due: Due) -> bool:
    return due.state == "open" and due.active == payment.payment_id


def _let_go(payment: Payment, due: Due) -> list[dict[str, Any]]:
    """Items of a transaction that opens the due for another payment, or ends the order whose payment was held: the time
    to pay it is over."""
    if due.active != payment.payment_id:
        return []
    if due.state == "held":
        return [due.moved("closed"), refusal(payment, "provider")]
    return [due.moved("open")] if due.state in ("capturing", "promised") else []


def _refund(payment: Payment, refund_id: str) -> None:
    charge = provider().refund(payment.payment_id, refund_id, payment.amount_minor)
    if charge.refunded_minor < payment.amount_minor:
        raise ProviderError
    done = {
        "TableName": table("payments"),
        "Key": {"payment_id": payment.payment_id, "item": f"REFUND#{refund_id}"},
        "UpdateExpression": "SET refunded_at = :at",
        "ExpressionAttributeValues": {":at": timestamp(now())},
    }
    if not written(payment.changed("refunded", refund_id=None), {"Update": done}):
        raise TryAgainError
