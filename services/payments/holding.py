"""Transactions by which an authorised payment is accepted, held for review, or refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.common.aws import table
from functions.common.duty import owe
from functions.common.model import now, timestamp
from services.payments.records import WAITING, Due, Payment, told

Items = list[dict[str, Any]]
SLOW_LOOK = timedelta(hours=6)
"""Time after which the provider is asked for a charge that waits for people: an invoice, or a review."""


def hold(payment: Payment, due: Due) -> Items:
    """The payment waits for a review, and no other can pay the order meanwhile."""
    at = now()
    until = at + timedelta(hours=int(payment.item["hold_hours"]))
    times = {"held_at": timestamp(at), "held_until": timestamp(until)}
    return [
        due.moved("held"),
        payment.changed("held", review=WAITING, **times),
        told(payment, "payment.held", **times),
        owe(table("payments"), {"payment_id": payment.payment_id}, min(until, at + SLOW_LOOK)),
    ]


def accept(payment: Payment, due: Due, **facts: Any) -> Items:
    """The payment may be captured, or is promised.

    Args:
        facts: Attributes of the payment, such as the verdict of a review.
    """
    if payment.is_invoice:
        at = timestamp(now())
        return [
            due.moved("promised"),
            payment.changed("authorised", authorised_at=at, **facts),
            told(payment, "payment.authorised", authorised_at=at),
        ]
    return [due.moved("capturing"), payment.changed("pending", **facts)]


def refuse(payment: Payment, due: Due, verdict: Mapping[str, str]) -> Items:
    """Nothing will be captured, and the order ends."""
    return [
        due.moved("closed"),
        payment.changed("pending", verdict=dict(verdict)),
        refusal(payment, verdict["verdict"]),
        owe(table("payments"), {"payment_id": payment.payment_id}, now()),
    ]


def refusal(payment: Payment, cause: str) -> dict[str, Any]:
    """Event that tells the order of the end of its held payment."""
    return told(payment, "payment.refused", cause=cause, refused_at=timestamp(now()))
