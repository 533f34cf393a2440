"""The cart."""

import re

from fastapi.responses import Response

from services.web import cart
from services.web.serving import Page
from services.web.visit import Visit, own_path

_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PRODUCT = re.compile(r"[^\x00-\x1f]{1,64}")
_QUANTITY = re.compile(r"[0-9]{1,2}")


async def _cart(visit: Visit) -> Response:
    shown, _ = await cart.view(visit)
    return await visit.page("cart.html", cart=shown, waiting=len(visit.session.data.lines) if visit.customer else 0)


async def _add(visit: Visit) -> Response:
    product_id, sku = visit.field("product_id"), visit.field("sku")
    quantity = _quantity(visit)
    following = own_path(visit.field("back"), "/cart")
    if not _SKU.fullmatch(sku) or not _PRODUCT.fullmatch(product_id) or not quantity:
        visit.session.say("failed", visit.t("wrong.quantity", most=cart.MOST_PIECES))
        return visit.go(following)
    try:
        name = await cart.add(visit, product_id, sku, quantity)
    except cart.CannotError as error:
        visit.session.say("failed", str(error))
    else:
        visit.session.say("done", visit.t("cart.added", name=name))
    return visit.go(following)


async def _change(visit: Visit) -> Response:
    quantity = _quantity(visit)
    try:
        if quantity is None:
            visit.session.say("failed", visit.t("wrong.quantity", most=cart.MOST_PIECES))
        elif quantity == 0:
            return await _remove(visit)
        else:
            await cart.put(visit, visit.param("sku"), quantity)
            visit.session.say("done", visit.t("cart.updated"))
    except cart.CannotError as error:
        visit.session.say("failed", str(error))
    return visit.go("/cart")


async def _remove(visit: Visit) -> Response:
    await cart.remove(visit, visit.param("sku"))
    visit.session.say("done", visit.t("cart.removed"))
    return visit.go("/cart")


def _quantity(visit: Visit) -> int | None:
    text = visit.field("quantity")
    return int(text) if _QUANTITY.fullmatch(text) else None


PAGES = (
    Page(path="/cart", handler=_cart, personal=True),
    Page(path="/cart/items", handler=_add, method="POST", personal=True, back="/cart"),
    Page(path="/cart/items/{sku}", handler=_change, method="POST", personal=True, back="/cart"),
    Page(path="/cart/items/{sku}/removal", handler=_remove, method="POST", personal=True, back="/cart"),
)
