"""The cart: a visitor's is in the session, a customer's is the service's. A sign-in moves the first into the second."""

import asyncio

from functions.common.log import logger
from services.web import shelves
from services.web.models import Cart, CartLine, read
from services.web.session import Line, SessionData
from services.web.store_api import ApiError, NotFoundError, RefusedError, path
from services.web.visit import Visit

MOST_PIECES = 99
"""Of one article (`CartItem`)."""
_MOST_LINES = 40


class CannotError(Exception):
    """The cart does not take it; str() is the reason, for the customer."""


async def view(visit: Visit) -> tuple[Cart, str | None]:
    """The cart and its ETag, which a visitor's does not have.

    Raises:
        ApiError, MustSignInError: the cart, or the articles in it, cannot be read.
    """
    if visit.customer is None:
        return await _of_visitor(visit), None
    if visit.session.data.lines:
        await merge(visit)
    reply = await visit.call("GET", "/carts")
    return _seen(visit, read(Cart, reply.body)), reply.etag


async def add(visit: Visit, product_id: str, sku: str, quantity: int) -> str:
    """Put pieces into the cart, beside those that are in it.

    Returns:
        Name of the article.

    Raises:
        CannotError: the cart does not take them.
        ApiError, MustSignInError: as `Visit.call`.
    """
    if visit.customer:
        cart = await _change(visit, "POST", "/carts/items", {"sku": sku, "quantity": quantity})
        return next((line.name for line in cart.lines if line.sku == sku), "")
    product, _ = await shelves.product(visit.site.answers, product_id)
    variant = product.variant(sku)
    if variant is None:
        raise CannotError(visit.t("cart.gone"))
    held = next((line.quantity for line in visit.session.data.lines if line.sku == sku), 0)
    wanted = held + quantity
    if variant.available is not None and wanted > variant.available:
        raise CannotError(_short(visit, variant.name, variant.available))
    if wanted > MOST_PIECES:
        raise CannotError(visit.t("cart.too_many", most=MOST_PIECES))
    if not held and len(visit.session.data.lines) >= _MOST_LINES:
        raise CannotError(visit.t("cart.full", most=_MOST_LINES))
    if any(line.currency != variant.currency for line in visit.session.data.lines):
        raise CannotError(visit.t("cart.other_currency"))
    line = Line(sku=sku, product_id=product_id, quantity=quantity, currency=variant.currency)
    _keep(visit, line, add=True)
    return variant.name


async def put(visit: Visit, sku: str, quantity: int) -> None:
    """Set how many of an article are in the cart; errors as `add`."""
    if visit.customer:
        await _change(visit, "PUT", path("carts", "items", sku), {"sku": sku, "quantity": quantity})
        return
    line = next((line for line in visit.session.data.lines if line.sku == sku), None)
    if line is None:
        raise CannotError(visit.t("cart.gone"))
    _keep(visit, line.model_copy(update={"quantity": quantity}), add=False)


async def remove(visit: Visit, sku: str) -> None:
    """
    Raises:
        ApiError, MustSignInError: as `Visit.call`.
    """
    if visit.customer:
        await _change(visit, "DELETE", path("carts", "items", sku), None)
        return
    visit.session.change(lambda data: _without(data, sku))
    visit.must_keep = True


async def merge(visit: Visit) -> None:
    """Move the visitor's lines into the customer's cart. What the API does not take now stays in the session for the
    next time; what it refuses is told to the customer.

    Raises:
        MustSignInError: the sign-in is over.
    """
    if not visit.session.data.lines:
        return
    try:
        cart = read(Cart, (await visit.call("GET", "/carts")).body)
        held = {line.sku: line.quantity for line in cart.lines}
        for line in list(visit.session.data.lines):
            await _move(visit, line, held.get(line.sku, 0))
    except ApiError as error:
        logger.warning("cart not merged", extra={"cause": type(error).__name__})


async def _move(visit: Visit, line: Line, held: int) -> None:
    """Move one line, once: an earlier attempt whose answer was lost has moved it if the customer's cart holds more of
    the article by as many pieces.

    Args:
        held: Pieces in the customer's cart.
    """
    if line.before is None or held < line.before + line.quantity:
        visit.session.change(lambda data: _attempted(data, line.sku, held))
        try:
            await _change(visit, "POST", "/carts/items", {"sku": line.sku, "quantity": line.quantity})
        except CannotError as error:
            visit.session.say("note", visit.t("cart.not_merged", reason=str(error)))
    visit.session.change(lambda data: _without(data, line.sku))


async def _change(visit: Visit, method: str, target: str, body: dict[str, object] | None) -> Cart:
    try:
        reply = await visit.call(method, target, body=body)
    except NotFoundError as error:
        raise CannotError(visit.t("cart.gone")) from error
    except RefusedError as error:
        raise CannotError(_reason(visit, error)) from error
    return _seen(visit, read(Cart, reply.body))


def _reason(visit: Visit, error: RefusedError) -> str:
    kind = str(error.problem.get("type", "")).rpartition(":")[2]
    if kind == "out-of-stock":
        unavailable = error.problem.get("unavailable")
        first = unavailable[0] if isinstance(unavailable, list) and unavailable else {}
        available = first.get("available") if isinstance(first, dict) else None
        return _short(visit, "", available if isinstance(available, int) else 0)
    known = {
        "too-many": visit.t("cart.too_many", most=MOST_PIECES),
        "cart-full": visit.t("cart.full", most=_MOST_LINES),
        "other-currency": visit.t("cart.other_currency"),
        "cart-changed": visit.t("cart.changed"),
    }
    if error.status == 429:
        return visit.t("failed.busy")
    return known.get(kind) or visit.t("failed.refused")


def _short(visit: Visit, name: str, available: int) -> str:
    label = "cart.short" if available > 0 else "cart.sold_out"
    return visit.t(label, name=name or visit.t("cart.this_article"), available=available)


def _seen(visit: Visit, cart: Cart) -> Cart:
    if visit.session.data.cart_count != cart.pieces:
        visit.session.change(lambda data: _counted(data, cart.pieces))
    return cart


async def _of_visitor(visit: Visit) -> Cart:
    held = visit.session.data.lines
    lines = tuple(await asyncio.gather(*(_priced(visit, line) for line in held)))
    total = sum(line.line_total_minor for line in lines if not line.withdrawn)
    return Cart(cart_id=None, currency=held[0].currency if held else None, total_minor=total, lines=lines)


async def _priced(visit: Visit, line: Line) -> CartLine:
    facts = {"sku": line.sku, "product_id": line.product_id, "quantity": line.quantity}
    try:
        product, _ = await shelves.product(visit.site.answers, line.product_id)
        variant = product.variant(line.sku)
    except NotFoundError:
        variant = None
    if variant is None:
        return CartLine(**facts, name=line.sku, unit_price_minor=0, line_total_minor=0, withdrawn=True)
    price = variant.price_minor
    return CartLine(
        **facts,
        name=variant.name,
        unit_price_minor=price,
        line_total_minor=price * line.quantity,
        available=variant.available,
    )


def _keep(visit: Visit, line: Line, *, add: bool) -> None:
    def change(data: SessionData) -> None:
        held = next((one for one in data.lines if one.sku == line.sku), None)
        if held is None:
            data.lines.append(line.model_copy())
        else:
            held.quantity = min(MOST_PIECES, held.quantity + line.quantity if add else line.quantity)

    visit.session.change(change)
    visit.must_keep = True


def _without(data: SessionData, sku: str) -> None:
    data.lines = [line for line in data.lines if line.sku != sku]


def _attempted(data: SessionData, sku: str, held: int) -> None:
    for line in data.lines:
        if line.sku == sku:
            line.before = held


def _counted(data: SessionData, pieces: int) -> None:
    data.cart_count = pieces
