"""Checkout: from the cart to an order that waits for its payment."""

import secrets
from typing import Any

from fastapi.responses import Response

from functions.common.log import logger
from services.web import cart, customers
from services.web.models import Order, Profile, read
from services.web.serving import Page
from services.web.session import Checkout, SessionData
from services.web.store_api import ApiDownError, ApiError, RefusedError, path
from services.web.visit import Visit

_DELIVERIES = ("standard", "express", "pickup")
_NEW = "new"
_NOTE_LENGTH = 500
_KEPT = (
    *("delivery", "location_id", "address", "name", "line_1", "line_2", "postal_code", "city", "region", "country"),
    *("note", "save"),
)


async def _checkout(visit: Visit) -> Response:
    return await _form(visit, {}, 200)


async def _form(visit: Visit, wrong: dict[str, str], status: int) -> Response:
    flags = await visit.site.flags.on()
    if "checkout-closed" in flags:
        return await visit.page("checkout_closed.html", reason=flags["checkout-closed"].text)
    shown, etag = await cart.view(visit)
    if not shown.can_be_ordered or etag is None:
        # Says on the page of the cart what is missing; visitors sign in first.
        await visit.token()
        return visit.go("/cart")
    draft = visit.session.data.checkout
    profile = await customers.profile(visit)
    values = dict(draft.fields) if draft else _first(profile)
    return await visit.page(
        "checkout.html",
        status,
        cart=shown,
        etag=etag,
        key=draft.key if draft else secrets.token_urlsafe(24),
        values=dict.fromkeys(_KEPT, "") | values,
        addresses=profile.addresses if profile else (),
        wrong=wrong,
    )


def _first(profile: Profile | None) -> dict[str, str]:
    """What an untouched form holds."""
    values = {"delivery": _DELIVERIES[0], "address": _NEW}
    if profile and profile.addresses:
        values["address"] = profile.addresses[0].address_id
    elif profile:
        values["name"] = f"{profile.given_name} {profile.family_name}".strip()
    return values


async def _order(visit: Visit) -> Response:
    await visit.token()
    draft = Checkout(
        key=visit.field("key")[:64] or secrets.token_urlsafe(24),
        fields={name: visit.field(name) for name in _KEPT},
    )
    visit.session.change(lambda data: _drafted(data, draft))
    request, wrong = await _request(visit)
    if wrong:
        return await _form(visit, wrong, 400)
    try:
        reply = await visit.call(
            "POST",
            "/orders",
            body={"cart_id": visit.field("cart_id"), **request},
            idempotency_key=draft.key,
            if_match=visit.field("etag") or None,
        )
    except ApiDownError as error:
        visit.session.say("failed", visit.t("checkout.uncertain" if error.uncertain else "checkout.down"))
        return visit.go("/checkout")
    except RefusedError as error:
        return _refused(visit, error)
    order = read(Order, reply.body)
    visit.session.change(lambda data: _drafted(data, None))
    if visit.field("save") and visit.field("address") == _NEW and "shipping_address" in request:
        await _save_address(visit, request["shipping_address"])
    return visit.go(f"{path('orders', order.order_id)}/payment")


async def _request(visit: Visit) -> tuple[dict[str, Any], dict[str, str]]:
    """The order's delivery, and by field what is wrong."""
    delivery, note = visit.field("delivery"), visit.field("note")
    request: dict[str, Any] = {"delivery": delivery, **({"note": note} if note else {})}
    wrong: dict[str, str] = {}
    if len(note) > _NOTE_LENGTH:
        wrong["note"] = visit.t("wrong.long", field=visit.t("checkout.note"), most=_NOTE_LENGTH)
    if delivery not in _DELIVERIES:
        wrong["delivery"] = visit.t("wrong.delivery")
    elif delivery == "pickup":
        request["location_id"] = visit.field("location_id")
        if request["location_id"] not in visit.site.texts.below("location"):
            wrong["location_id"] = visit.t("wrong.location")
    else:
        address, missing = await _address(visit)
        request["shipping_address"] = address
        wrong.update(missing)
    return request, wrong


async def _address(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    choice = visit.field("address")
    if choice in ("", _NEW):
        address, wrong = customers.address_of(visit)
        return customers.filled(address), wrong
    profile = await customers.profile(visit)
    for saved in profile.addresses if profile else ():
        if saved.address_id == choice:
            return customers.filled(saved.model_dump(exclude={"address_id"})), {}
    return {}, {"address": visit.t("wrong.address_gone")}


async def _save_address(visit: Visit, address: dict[str, str]) -> None:
    try:
        await visit.call("PUT", path("customers", "me", "addresses", secrets.token_hex(8)), body=address)
    except ApiError as error:
        # The order is made; the address can be entered again.
        logger.warning("address not saved", extra={"cause": type(error).__name__})
        visit.session.say("note", visit.t("checkout.address_not_saved"))


def _refused(visit: Visit, error: RefusedError) -> Response:
    kind = str(error.problem.get("type", "")).rpartition(":")[2]
    if kind == "key-reused":
        visit.session.change(lambda data: _drafted(data, None))
        visit.session.say("note", visit.t("checkout.already_ordered"))
        return visit.go("/orders")
    where = "/cart" if kind in ("out-of-stock", "empty-cart") else "/checkout"
    visit.session.say("failed", visit.site.texts.get(f"checkout.refused.{kind}") or visit.t("failed.refused"))
    return visit.go(where)


def _drafted(data: SessionData, draft: Checkout | None) -> None:
    data.checkout = draft


PAGES = (
    Page(path="/checkout", handler=_checkout, personal=True),
    Page(path="/checkout", handler=_order, method="POST", personal=True, back="/checkout"),
)
