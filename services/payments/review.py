"""Reviews of held payments by staff."""

from typing import Any

from functions.common.aws import table
from functions.common.duty import owe
from functions.common.fraud import decisions
from functions.common.fraud.engine import current
from functions.common.model import now, timestamp
from functions.common.outbox import TryAgainError
from services.common.bodies import ReviewVerdict
from services.common.problems import conflict, missing
from services.common.transactions import written
from services.payments.holding import accept, refuse
from services.payments.progress import DUTIES
from services.payments.records import Due, Payment, waiting

_ATTEMPTS = 3
_MOST = 50
_SHOWN = ("payment_id", "order_id", "customer_id", "method", "currency", "created_at", "held_at", "held_until")


def listed() -> list[dict[str, Any]]:
    """Payments that wait longest, each with the reasons of its decision."""
    return [_document(payment) for payment in waiting(_MOST)]


def conclude(payment_id: str, given: ReviewVerdict, caller: str) -> dict[str, Any]:
    """Release or refuse a held payment; the same verdict again has no effect.

    Args:
        caller: ARN of the role that signed, with its session: kept beside the name that the reviewer gives.

    Raises:
        ProblemError: 404, or 409: it is not held, or there is another verdict.
        TryAgainError: concurrent writers changed due or payment at every attempt.
    """
    for _ in range(_ATTEMPTS):
        payment = Payment.read(payment_id)
        if payment is None:
            raise missing("payment")
        known = payment.item.get("verdict")
        if known and known["verdict"] == given.verdict:
            return _concluded(payment)
        due = Due.read(payment.order_id)
        if known or payment.status != "held" or due is None or due.state != "held":
            raise conflict("not-held", "the payment does not wait for a review", payment_status=payment.status)
        verdict = {**given.model_dump(), "caller": caller, "at": timestamp(now())}
        if given.verdict == "refuse":
            items = refuse(payment, due, verdict)
        else:
            at_once = owe(table("payments"), {"payment_id": payment_id}, now())
            items = [*accept(payment, due, verdict=verdict), at_once]
        if written(*items):
            DUTIES.attend(payment_id)
            return _concluded(Payment.read(payment_id) or payment)
    raise TryAgainError


def _document(payment: Payment) -> dict[str, Any]:
    decision = decisions.read(payment.payment_id) if current() else None
    return {
        **{name: payment.item[name] for name in _SHOWN},
        "amount_minor": payment.amount_minor,
        "decided_at": decision.decided_at if decision else None,
        "score": decision.score if decision else None,
        "reasons": [reason.model_dump(exclude_none=True) for reason in decision.reasons] if decision else [],
    }


def _concluded(payment: Payment) -> dict[str, Any]:
    verdict = payment.item["verdict"]
    return {"payment_id": payment.payment_id, "status": payment.status, "verdict": verdict["verdict"]}
