"""Paying an order: means of payment, and what a payment's status means to the customer."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.responses import Response

from services.web.models import Payment, read
from services.web.session import SessionData
from services.web.store_api import NotFoundError, RefusedError, path
from services.web.visit import Visit

SIMULATED = "STORE_SIMULATED_PAYMENTS"
"""Variable, `true` where payments go to the simulated provider: the page offers its test means instead of the
provider's fields."""
UNANSWERED = ""
"""In place of a payment's id: it was asked for, and no answer came."""
PATIENCE_SECONDS = 8
"""Longer than the service `payments` waits for scoring and provider; twice that ends before the 30 seconds that
CloudFront waits for a page."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")
_METHODS = ("card", "wallet", "direct_debit", "invoice")
_REMEMBERED = 5


@dataclass(frozen=True)
class Means:
    method: str
    token: str


TEST_MEANS: Mapping[str, Means] = {
    "approve": Means("card", "tok_approve"),
    "3ds": Means("card", "tok_3ds"),
    "decline": Means("card", "tok_decline"),
    "timeout": Means("card", "tok_timeout"),
    "twice": Means("card", "tok_webhook_twice"),
    "invoice": Means("invoice", "tok_approve"),
}
"""Of the simulated provider."""


def are_simulated() -> bool:
    return os.environ.get(SIMULATED) == "true"


def chosen(visit: Visit) -> Means | None:
    """The means of a form: a test means, or what the provider's fields gave the browser."""
    if are_simulated():
        return TEST_MEANS.get(visit.field("means"))
    method, token = visit.field("method"), visit.field("payment_token")
    return Means(method, token) if method in _METHODS and _TOKEN.fullmatch(token) else None


async def latest(visit: Visit, order_id: str) -> Payment | None:
    """The payment that this browser has begun for the order, if it has.

    Raises:
        ApiError, MustSignInError: as `Visit.call`.
    """
    payment_id = visit.session.data.payments.get(order_id)
    if not payment_id:
        return None
    try:
        return read(Payment, (await visit.call("GET", path("payments", payment_id))).body)
    except NotFoundError:
        return None


def unanswered(visit: Visit, order_id: str) -> Response:
    """Nobody knows whether the payment was begun; the order's page follows what becomes of it."""
    visit.session.change(lambda data: _remember(data, order_id, UNANSWERED))
    visit.session.say("note", visit.t("payment.uncertain"))
    return visit.go(path("orders", order_id))


def follow(visit: Visit, payment: Payment) -> Response:
    """Where the customer goes on, and what is said there."""
    order = path("orders", payment.order_id)
    visit.session.change(lambda data: _remember(data, payment.order_id, payment.payment_id))
    if payment.status == "requires_action":
        return visit.go(f"{order}/payment/confirmation")
    if payment.status == "declined":
        reason = visit.site.texts.get(f"payment.declined.{payment.decline_code}")
        visit.session.say("failed", reason or visit.t("payment.declined"))
        return visit.go(f"{order}/payment")
    if payment.status == "cancelled":
        visit.session.say("failed", visit.t("payment.cancelled"))
        return visit.go(order)
    if payment.status == "held":
        visit.session.say("note", visit.t("payment.held"))
    if payment.status in ("settled", "authorised"):
        # What was ordered leaves the cart; how much stays is seen when the cart is.
        visit.session.change(_count_again)
        visit.session.say("done", visit.t(f"payment.{payment.status}"))
    return visit.go(order)


def refused(visit: Visit, order_id: str, error: RefusedError) -> Response:
    """The payment was not begun: say why.

    Raises:
        RefusedError: for no reason that concerns the customer.
    """
    order = path("orders", order_id)
    kind = str(error.problem.get("type", "")).rpartition(":")[2]
    if kind == "amount-differs":
        visit.session.say("failed", visit.t("payment.amount_differs"))
        return visit.go(f"{order}/payment")
    if kind == "already-paid":
        visit.session.say("done", visit.t("payment.already_paid"))
        return visit.go(order)
    if kind in ("not-payable", "in-progress", "in-review"):
        visit.session.say("failed", visit.t(f"payment.{kind.replace('-', '_')}"))
        return visit.go(order)
    raise error


def _count_again(data: SessionData) -> None:
    data.cart_count = None


def _remember(data: SessionData, order_id: str, payment_id: str) -> None:
    others = {order: one for order, one in data.payments.items() if order != order_id}
    data.payments = {**dict(list(others.items())[-(_REMEMBERED - 1) :]), order_id: payment_id}
