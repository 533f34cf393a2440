"""Service `carts`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Response

from functions.common.model import Id, Model
from services.carts import articles, cart, stock
from services.carts.cart import Cart, Line, Ordered
from services.carts.view import View
from services.common.app import make, reads
from services.common.bodies import CartItem, Json
from services.common.cache import shared
from services.common.identity import Customer, Scope
from services.common.inbox import Subscription
from services.common.paths import PathId
from services.common.problems import ProblemError, conflict, missing

_PIECES_MAX = 99

routes = APIRouter()
Reader = Annotated[Customer, Depends(Scope("carts.read"))]
Writer = Annotated[Customer, Depends(Scope("carts.write"))]
Item = Annotated[CartItem, Depends(Json(CartItem))]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=64)]


@routes.get("")
def read(customer: Reader, response: Response) -> dict[str, Any]:
    return _answer(Cart.read(customer.customer_id), response)


@routes.post("/items", status_code=201)
def add(customer: Writer, item: Item, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    """Add pieces to a line."""
    return _put(customer, item, if_match, response, add=True)


@routes.put("/items/{sku}")
def put(sku: PathId, customer: Writer, item: Item, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    if item.sku != sku:
        raise ProblemError(400, "the body must be of the article that the path names")
    return _put(customer, item, if_match, response, add=False)


@routes.delete("/items/{sku}")
def remove(sku: PathId, customer: Writer, response: Response, if_match: IfMatch = None) -> dict[str, Any]:
    def edit(current: Cart) -> Cart:
        _seen(current, if_match)
        return current.without(sku)

    return _answer(cart.change(customer.customer_id, edit), response)


def _put(customer: Customer, item: CartItem, if_match: str | None, response: Response, *, add: bool) -> dict[str, Any]:
    article = articles.article(item.sku)
    if article is None:
        raise missing("article")
    available = stock.available([item.sku])

    def edit(current: Cart) -> Cart:
        _seen(current, if_match)
        there = current.lines.get(item.sku)
        before = there if add else None
        quantity = item.quantity + (before.quantity if before else 0)
        set_at = before.set_at if before else current.version + 1
        _fits(current, article, quantity)
        if available is not None and available[item.sku] < quantity:
            lacking = [{"sku": item.sku, "available": available[item.sku]}]
            raise conflict("out-of-stock", "there are not as many pieces", unavailable=lacking)
        price = article.price_minor
        line = Line(item.sku, article.product_id, article.name, quantity, price, article.currency, set_at)
        return current.with_line(line)

    return _answer(cart.change(customer.customer_id, edit), response)


def _fits(current: Cart, article: articles.Article, quantity: int) -> None:
    others = [line for sku, line in current.lines.items() if sku != article.sku]
    if quantity > _PIECES_MAX:
        raise conflict("too-many", f"a cart takes at most {_PIECES_MAX} pieces of an article", maximum=_PIECES_MAX)
    if len(others) >= cart.LINES_MAX:
        raise conflict("cart-full", f"a cart takes at most {cart.LINES_MAX} articles", maximum=cart.LINES_MAX)
    if any(line.currency != article.currency for line in others):
        raise conflict("other-currency", "all articles of a cart have the same currency")


def _seen(current: Cart, if_match: str | None) -> None:
    if if_match is not None and if_match != View.of(current).etag:
        raise conflict("cart-changed", "the cart, or a price in it, has changed; read it again")


def _answer(current: Cart, response: Response) -> dict[str, Any]:
    view = View.of(current)
    response.headers["ETag"] = view.etag
    response.headers["Cache-Control"] = "private, no-store"
    return view.document()


class _Changed(Model):
    sku: Id


class _OrderedLine(Model):
    sku: Id
    quantity: int


class _Placed(Model):
    order_id: Id
    customer_id: Id
    cart_id: Id | None = None
    cart_version: int | None = None
    lines: list[_OrderedLine]


class _Erased(Model):
    customer_id: Id


def _forget_price(changed: _Changed) -> None:
    """A cart takes the new price when it is next read."""
    articles.forget(changed.sku)


def _empty(placed: _Placed) -> None:
    pieces = {line.sku: line.quantity for line in placed.lines}
    ordered = Ordered(placed.order_id, placed.cart_id, placed.cart_version, pieces)
    cart.change(placed.customer_id, lambda current: current.after_order(ordered))


def app() -> FastAPI:
    return make(
        "carts",
        {"/api/carts": routes},
        ready={
            "table carts": reads("carts", customer_id="-", item="CART"),
            "table products": reads("products", product_id="-", item="PRODUCT"),
            "cache": shared().ping,
        },
        subscriptions={
            "catalogue.changed": Subscription(_Changed, _forget_price),
            "order.placed": Subscription(_Placed, _empty),
            "customer.erased": Subscription(_Erased, lambda erased: cart.delete(erased.customer_id)),
        },
    )
