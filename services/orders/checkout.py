"""The checkout: a customer's cart becomes an order that waits for its payment.

The checkout reserves stock and announces the due before it writes the order. The order's id follows from the request's
idempotency key. An interrupted checkout leaves a reservation and a due, which expire; its repetition continues with
them.
"""

import hashlib
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from functions.common.aws import table
from functions.common.duty import owe
from functions.common.log import logger
from functions.common.model import now, timestamp
from functions.common.order_status import PENDING, status_shard
from functions.common.outbox import write
from services.common.bodies import Address, OrderRequest, QuoteRequest, ShipTo
from services.common.calls import call
from services.common.idempotency import once
from services.common.identity import Customer
from services.common.problems import ProblemError, conflict, unavailable
from services.orders.order import Line, Order, has_bought
from services.orders.quote import Quote, quote

PAYABLE = timedelta(minutes=20)
"""Shorter than the 30 minutes for which inventory keeps a reservation."""
OVERDUE = timedelta(minutes=5)
"""Time for a payment that began before the due expired to end."""
_NAMESPACE = uuid.UUID("5c1f8f3c-0f0b-4b43-9d0e-2b8d9a0f6f31")


def check_out(customer: Customer, request: OrderRequest, key: str, cart_etag: str | None) -> tuple[Order, bool]:
    """
    Args:
        key: The request's idempotency key.
        cart_etag: The cart as the customer saw it, if known.

    Returns:
        The order, and whether it is new.

    Raises:
        ProblemError: 400, 409 or 503; nothing is ordered then.
    """
    _deliverable(request)
    order_id = str(uuid.uuid5(_NAMESPACE, f"{customer.customer_id}\n{key}"))
    is_new = False

    def place() -> dict[str, Any]:
        nonlocal is_new
        if Order.read(order_id) is None:
            is_new = _place(customer, order_id, request, cart_etag)
        return {"order_id": order_id}

    once("place-order", customer.customer_id, key, request, place)
    order = Order.read(order_id)
    if order is None:
        raise unavailable("the table of orders")
    return order, is_new


def price(customer: Customer, request: QuoteRequest, cart_etag: str | None) -> Quote:
    """What the customer's cart would cost.

    Raises:
        ProblemError: 400, 409 or 503.
    """
    if request.delivery != "pickup" and request.ship_to is None:
        raise ProblemError(400, "an order that is sent must have a ship_to")
    cart = _cart(customer, request.cart_id, cart_etag)
    return quote(_lines(cart), cart["currency"], request.delivery, request.ship_to)


def _deliverable(request: OrderRequest) -> None:
    if request.delivery == "pickup" and request.location_id is None:
        raise ProblemError(400, "an order that is picked up must have a location_id")
    if request.delivery != "pickup" and request.shipping_address is None:
        raise ProblemError(400, "an order that is sent must have a shipping_address")


def _place(customer: Customer, order_id: str, request: OrderRequest, cart_etag: str | None) -> bool:
    if request.voucher_codes:
        raise conflict("unknown-voucher", "the store has no such vouchers")
    cart = _cart(customer, request.cart_id, cart_etag)
    lines = _lines(cart)
    costs = quote(lines, cart["currency"], request.delivery, _ship_to(request.shipping_address))
    if request.total_minor not in (None, costs.total_minor):
        raise conflict("total-differs", "the order costs something else; show it again", quote=costs.document())
    lines = costs.taxed(lines)
    _reserve(order_id, lines)
    payable_until = timestamp(now() + PAYABLE)
    try:
        _announce(customer, order_id, request, costs, payable_until)
    except ProblemError:
        # A repetition, which begins when this request has lasted too long, may have written the order meanwhile.
        if Order.read(order_id) is None:
            _release(order_id)
        raise
    return _write(customer, order_id, request, cart, lines, costs, payable_until)


def _lines(cart: dict[str, Any]) -> list[Line]:
    return [
        Line(line["sku"], line["product_id"], line["name"], line["quantity"], line["unit_price_minor"])
        for line in cart["lines"]
    ]


def _ship_to(address: Address | None) -> ShipTo | None:
    if address is None:
        return None
    return ShipTo.model_validate(address.model_dump(include=set(ShipTo.model_fields)))


def _announce(customer: Customer, order_id: str, request: OrderRequest, costs: Quote, payable_until: str) -> None:
    """Announce the due of the order to payments."""
    due = {
        "customer_id": customer.customer_id,
        "amount_minor": costs.total_minor,
        "currency": costs.currency,
        "payable_until": payable_until,
        "screening": _screening(customer, request),
    }
    answer = call("payments", "PUT", f"/internal/dues/{order_id}", json=due)
    if answer.status_code == HTTPStatus.CONFLICT:
        raise _changed()
    answer.raise_for_status()


def _screening(customer: Customer, request: OrderRequest) -> dict[str, Any]:
    """What payments score, without name and address."""
    sent_to, billed_to = request.shipping_address, request.billing_address
    found: dict[str, Any] = {
        "first_order": not has_bought(customer.customer_id),
        "countries": [address.country for address in (sent_to, billed_to) if address],
    }
    if sent_to:
        parts = (sent_to.country, sent_to.postal_code, sent_to.city, sent_to.line_1)
        plain = "\n".join("".join(filter(str.isalnum, part.casefold())) for part in parts)
        found["address"] = hashlib.sha256(plain.encode()).hexdigest()
    return found


def _release(order_id: str) -> None:
    try:
        call("inventory", "DELETE", f"/internal/reservations/{order_id}")
    except ProblemError:  # logged by `call`
        logger.warning("reservation runs out by itself", extra={"order_id": order_id})


def _cart(customer: Customer, cart_id: str, etag: str | None) -> dict[str, Any]:
    answer = call("carts", "GET", "/api/carts", token=customer.token)
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise ProblemError(answer.status_code, "a checkout needs an access token with the scope store/carts.read, too")
    cart = answer.raise_for_status().json()
    if not cart["lines"]:
        raise conflict("empty-cart", "there is nothing in the cart")
    if cart["cart_id"] != cart_id or (etag is not None and etag != answer.headers.get("ETag")):
        raise _changed()
    withdrawn = [{"sku": line["sku"], "available": 0} for line in cart["lines"] if line["withdrawn"]]
    if withdrawn:
        raise conflict("out-of-stock", "articles are not sold any more", unavailable=withdrawn)
    return cart


def _reserve(order_id: str, lines: list[Line]) -> None:
    body = {"order_id": order_id, "lines": [{"sku": line.sku, "quantity": line.quantity} for line in lines]}
    answer = call("inventory", "POST", "/internal/reservations", json=body, again=True)
    if answer.status_code != HTTPStatus.CONFLICT:
        answer.raise_for_status()
        return
    lacking = answer.json().get("unavailable")
    if lacking is None:  # an earlier attempt with this key reserved other lines
        raise _changed()
    raise conflict("out-of-stock", "there are not as many pieces of all articles", unavailable=lacking)


def _changed() -> ProblemError:
    return conflict(
        "cart-changed", "the cart, or a price in it, has changed; show it again, and order with another Idempotency-Key"
    )


def _write(
    customer: Customer,
    order_id: str,
    request: OrderRequest,
    cart: dict[str, Any],
    lines: list[Line],
    costs: Quote,
    payable_until: str,
) -> bool:
    at, key = timestamp(now()), {"order_id": order_id}
    order = {
        **key,
        "item": "ORDER",
        "customer_id": customer.customer_id,
        "status": PENDING,
        "status_shard": status_shard(PENDING, order_id),
        "placed_at": at,
        "updated_at": at,
        "payment_due_at": payable_until,
        "currency": costs.currency,
        "line_count": len(lines),
        "cart_version": cart["version"],
        **request.model_dump(exclude={"voucher_codes", "total_minor"}, exclude_none=True),
        **costs.amounts,
    }
    items = [{**key, "item": f"LINE#{number:03}", **line.facts} for number, line in enumerate(lines, 1)]
    head = {"TableName": table("orders"), "Item": order, "ConditionExpression": "attribute_not_exists(order_id)"}
    look_again = owe(table("orders"), key, now() + PAYABLE + OVERDUE)
    return write({"Put": head}, look_again, *({"Put": {"TableName": table("orders"), "Item": item}} for item in items))
