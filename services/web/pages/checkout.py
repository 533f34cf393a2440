"""Checkout: from the cart to an order that waits for its payment."""

import re
import secrets
from collections.abc import Iterable
from typing import Any

from fastapi.responses import Response

from functions.common.log import logger
from services.web import cart, customers
from services.web.models import Cart, DeliveryPrice, Order, Profile, Quote, read
from services.web.serving import Page
from services.web.session import Checkout, SessionData
from services.web.store_api import ApiDownError, ApiError, RefusedError, path
from services.web.visit import Visit

_DELIVERIES = ("standard", "express", "pickup")
_NEW = "new"
_NOTE_LENGTH = 500
_TOTAL = re.compile(r"[0-9]{1,9}")
_KEPT = (
    *("delivery", "location_id", "address", "name", "line_1", "line_2", "postal_code", "city", "region", "country"),
    *("note", "save"),
)
_PLACE = ("postal_code", "city", "region", "country")
"""Of an address what prices depend on."""


async def _checkout(visit: Visit) -> Response:
    return await _form(visit, {}, 200)


async def _form(visit: Visit, wrong: dict[str, str], status: int, quote: Quote | None = None) -> Response:
    """
    Args:
        quote: What the order would cost, if that is known; otherwise it is asked for.
    """
    differs = quote is not None
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
    if quote is None and not wrong:
        quote = await _quote(visit, shown, etag, values, profile)
    return await visit.page(
        "checkout.html",
        status,
        cart=shown,
        etag=etag,
        key=draft.key if draft else secrets.token_urlsafe(24),
        values=dict.fromkeys(_KEPT, "") | values,
        addresses=profile.addresses if profile else (),
        wrong=wrong,
        quote=quote,
        differs=differs,
        prices={one.delivery: one.price_minor for one in quote.deliveries} if quote else {},
    )


async def _quote(visit: Visit, shown: Cart, etag: str, values: dict[str, str], profile: Profile | None) -> Quote | None:
    """What the order would cost as the form is filled; None while that cannot be told."""
    body: dict[str, Any] = {"cart_id": shown.cart_id, "delivery": values.get("delivery")}
    if body["delivery"] != "pickup":
        saved = {one.address_id: one for one in (profile.addresses if profile else ())}
        choice = values.get("address", "")
        address = saved[choice].model_dump() if choice in saved else values
        place = {name: address[name] for name in _PLACE if address.get(name)}
        if not {"postal_code", "city", "country"} <= place.keys():
            return None
        body["ship_to"] = place
    try:
        return read(Quote, (await visit.call("POST", "/orders/quotes", body=body, if_match=etag)).body)
    except (ApiDownError, RefusedError) as error:
        # The order itself is refused with the reason.
        logger.info("checkout shows no quote", extra={"cause": type(error).__name__})
        return None


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
    if not _TOTAL.fullmatch(visit.field("total")):  # a form of an earlier release, which showed none
        return await _form(visit, {}, 200)
    try:
        reply = await visit.call(
            "POST",
            "/orders",
            body={"cart_id": visit.field("cart_id"), **request, "total_minor": int(visit.field("total"))},
            idempotency_key=draft.key,
            if_match=visit.field("etag") or None,
        )
    except ApiDownError as error:
        visit.session.say("failed", visit.t("checkout.uncertain" if error.uncertain else "checkout.down"))
        return visit.go("/checkout")
    except RefusedError as error:
        return await _refused(visit, error)
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


async def _refused(visit: Visit, error: RefusedError) -> Response:
    kind = str(error.problem.get("type", "")).rpartition(":")[2]
    if kind == "total-differs":  # no error of the customer's: a step of the checkout
        return await _form(visit, {}, 200, read(Quote, error.problem.get("quote")))
    if kind == "delivery-not-offered":
        return await _form(visit, {"delivery": _offered(visit, error.problem.get("deliveries") or ())}, 409)
    if kind == "address-refused":
        field = "postal_code" if visit.field("address") in ("", _NEW) else "address"
        return await _form(visit, {field: visit.t("wrong.place")}, 409)
    if kind == "cart-changed" and visit.session.data.checkout is not None:
        # The amount that payments wait for belongs to the key for good: what costs something else needs another one.
        begun = Checkout(key=secrets.token_urlsafe(24), fields=visit.session.data.checkout.fields)
        visit.session.change(lambda data: _drafted(data, begun))
    if kind == "key-reused":
        visit.session.change(lambda data: _drafted(data, None))
        visit.session.say("note", visit.t("checkout.already_ordered"))
        return visit.go("/orders")
    where = "/cart" if kind in ("out-of-stock", "empty-cart") else "/checkout"
    visit.session.say("failed", visit.site.texts.get(f"checkout.refused.{kind}") or visit.t("failed.refused"))
    return visit.go(where)


def _offered(visit: Visit, deliveries: Iterable[Any]) -> str:
    """What is delivered there instead."""
    others = [visit.t(f"delivery.{one.delivery}") for one in (read(DeliveryPrice, found) for found in deliveries)]
    if visit.field("delivery") == "pickup":
        return visit.t("wrong.no_pickup")
    if not others:
        return visit.t("wrong.not_delivered")
    return visit.t("wrong.delivery_not_offered", others=", ".join(others))


def _drafted(data: SessionData, draft: Checkout | None) -> None:
    data.checkout = draft


PAGES = (
    Page(path="/checkout", handler=_checkout, personal=True),
    Page(path="/checkout", handler=_order, method="POST", personal=True, back="/checkout"),
)
