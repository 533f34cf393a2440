"""Orders: list, one with its status, payment and cancellation."""

import secrets
from urllib.parse import urlencode

from fastapi.responses import Response

from services.web import payments
from services.web.models import Order, OrderPage, Payment, read
from services.web.serving import Page
from services.web.store_api import ApiDownError, ApiError, RefusedError, path
from services.web.visit import Visit

REASONS = ("changed-mind", "ordered-by-mistake", "too-late", "other")
"""Of `CancellationRequest`."""
_STEPS = ("placed", "paid", "accepted", "picked", "shipped", "delivered")
_STATES = {
    "requires_action": "asked",
    "processing": "checked",
    "pending": "checked",
    "authorised": "confirmed",
    "settled": "confirmed",
    "held": "held",
}


async def _orders(visit: Visit) -> Response:
    cursor = visit.query("cursor")
    reply = await visit.call("GET", "/orders", query={"cursor": cursor} if cursor else None)
    found = read(OrderPage, reply.body)
    more = urlencode({"cursor": found.cursor}) if found.cursor else None
    return await visit.page("orders.html", orders=found.orders, more=more)


async def _find(visit: Visit) -> Order:
    return read(Order, (await visit.call("GET", path("orders", visit.param("order_id")))).body)


async def _order(visit: Visit) -> Response:
    order = await _find(visit)
    state = await _state(visit, order)
    return await visit.page(
        "order.html",
        order=order,
        state=state,
        steps=_STEPS,
        reached=_STEPS.index(order.status) if order.status in _STEPS else -1,
        reasons=REASONS,
        # The page asks again while something is about to change.
        moving=state in ("asked", "checked", "confirmed")
        or (order.is_open and visit.session.data.payments.get(order.order_id) == payments.UNANSWERED),
    )


async def _state(visit: Visit, order: Order) -> str:
    """What an order that waits for payment waits for: `open`, or the bank, that has `asked` the customer, or money that
    is `checked` or about to be `confirmed`, or a review, for which it is `held`; `unknown` while payments do not
    answer."""
    if not order.is_open:
        return order.status
    try:
        payment = await payments.latest(visit, order.order_id)
    except ApiError:
        return "unknown"
    if payment is None or (order.in_review and payment.status == "declined"):
        return "held" if order.in_review else "open"
    return _STATES.get(payment.status, "open")


async def _payment(visit: Visit) -> Response:
    order = await _find(visit)
    if not order.is_open or await _state(visit, order) in ("confirmed", "held"):
        return visit.go(path("orders", order.order_id))
    return await visit.page(
        "payment.html",
        order=order,
        key=secrets.token_urlsafe(24),
        simulated=payments.are_simulated(),
        means=tuple(payments.TEST_MEANS),
    )


async def _pay(visit: Visit) -> Response:
    order_id = visit.param("order_id")
    means, amount = payments.chosen(visit), visit.field("amount_minor")
    if means is None or not (amount.isascii() and amount.isdigit()):
        visit.session.say("failed", visit.t("wrong.means"))
        return visit.go(f"{path('orders', order_id)}/payment")
    body = {
        "order_id": order_id,
        "method": means.method,
        "payment_token": means.token,
        "amount_minor": int(amount),
        "currency": visit.field("currency"),
        "return_url": f"{visit.site.config.store_url}{path('orders', order_id)}/payment/return",
    }
    try:
        reply = await visit.call(
            "POST",
            "/payments",
            body=body,
            idempotency_key=visit.field("key")[:64] or None,
            patience_seconds=payments.PATIENCE_SECONDS,
        )
    except ApiDownError:
        return payments.unanswered(visit, order_id)
    except RefusedError as error:
        return payments.refused(visit, order_id, error)
    return payments.follow(visit, read(Payment, reply.body))


async def _confirmation(visit: Visit) -> Response:
    """Leads on to the bank, by a page of its own: a form may not lead to other hosts."""
    order_id = visit.param("order_id")
    payment = await payments.latest(visit, order_id)
    if payment is None:
        return visit.go(path("orders", order_id))
    if payment.status != "requires_action" or payment.action_url is None:
        return payments.follow(visit, payment)
    return await visit.page("payment_confirmation.html", order_id=order_id, url=payment.action_url)


async def _return(visit: Visit) -> Response:
    order_id = visit.param("order_id")
    payment = await payments.latest(visit, order_id)
    if payment is None:
        return visit.go(path("orders", order_id))
    if payment.status == "requires_action":
        # The bank's word may come after the customer.
        return visit.go(path("orders", order_id))
    return payments.follow(visit, payment)


async def _cancel(visit: Visit) -> Response:
    order_id, reason = visit.param("order_id"), visit.field("reason")
    following = visit.go(path("orders", order_id))
    if reason not in REASONS:
        visit.session.say("failed", visit.t("wrong.reason"))
        return following
    try:
        await visit.call("POST", f"{path('orders', order_id)}/cancellation", body={"reason": reason})
    except RefusedError as error:
        if error.status != 409:
            raise
        visit.session.say("failed", visit.t("order.not_cancellable"))
    else:
        visit.session.say("done", visit.t("order.was_cancelled"))
    return following


_ORDER = "/orders/{order_id}"
PAGES = (
    Page(path="/orders", handler=_orders, personal=True),
    Page(path=_ORDER, handler=_order, personal=True),
    Page(path=f"{_ORDER}/payment", handler=_payment, personal=True),
    Page(path=f"{_ORDER}/payment", handler=_pay, method="POST", personal=True, back=_ORDER),
    Page(path=f"{_ORDER}/payment/confirmation", handler=_confirmation, personal=True),
    Page(path=f"{_ORDER}/payment/return", handler=_return, personal=True),
    Page(path=f"{_ORDER}/cancellation", handler=_cancel, method="POST", personal=True, back=_ORDER),
)
