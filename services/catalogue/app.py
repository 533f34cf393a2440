"""The app `catalogue`: products and categories."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Response

from functions.common.model import Id, Model, Moment
from functions.common.product import categories
from services.catalogue import products, profiles, recommendations, shelves
from services.catalogue.answers import (
    BestSellers,
    Categories,
    Category,
    ChangedProduct,
    ProductPage,
    Recommendations,
    Shelf,
    Stores,
)
from services.catalogue.recommendations import Recommender
from services.catalogue.search import Asked, Search
from services.catalogue.stores import Locator
from services.common.app import make, reads
from services.common.bodies import Json, ProductChange, ProductView, Text128
from services.common.cache import shared
from services.common.cursors import CursorText
from services.common.identity import Customer, Scope
from services.common.inbox import Subscription
from services.common.paths import PathId, PathName
from services.common.problems import ProblemError, missing

# A stale page is as old as this at most, should an event that ends it be late.
_KEPT_SECONDS = 60
_CLIENTS_KEEP = "public, max-age=15"
_GENERATION = "catalogue:generation"

Price = Annotated[int | None, Query(ge=0, lt=10**13)]
"""In the currency's smallest unit."""

api = APIRouter()
search = Search()
locator = Locator()
recommender = Recommender()
Reader = Annotated[Customer, Depends(Scope("catalogue.read"))]


@api.get("/categories")
def all_categories(response: Response) -> Categories:
    response.headers["Cache-Control"] = _CLIENTS_KEEP
    names = shared().through(_listed("categories"), _KEPT_SECONDS, categories)
    return Categories(categories=[Category(category_id=name) for name in names])


@api.get("/products")
def all_products(
    response: Response,
    category: Annotated[Text128 | None, Query()] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    price_from: Price = None,
    price_to: Price = None,
    in_stock: Annotated[bool, Query()] = False,
    cursor: CursorText = None,
) -> Shelf:
    response.headers["Cache-Control"] = _CLIENTS_KEEP
    if q is not None:
        return search.find(Asked(q, category, price_from, price_to, in_stock), cursor)
    if in_stock or price_from is not None or price_to is not None:
        raise ProblemError(400, "price_from, price_to and in_stock filter a search: send q, too", kind="filter-alone")
    return _shelf(category, cursor)


@api.get("/categories/{category_id}/products")
def products_of_category(response: Response, category_id: PathName, cursor: CursorText = None) -> Shelf:
    response.headers["Cache-Control"] = _CLIENTS_KEEP
    return _shelf(category_id, cursor)


@api.get("/products/{product_id}")
def product(response: Response, product_id: PathId) -> ProductPage:
    found = shared().through(_product(product_id), _KEPT_SECONDS, lambda: _json(products.seen(product_id)))
    if found is None:
        raise missing("product")
    response.headers["Cache-Control"] = _CLIENTS_KEEP
    return ProductPage.model_validate(found)


@api.get("/stores")
def stores(response: Response, near: Annotated[Text128 | None, Query()] = None) -> Stores:
    # A place may be where somebody lives.
    response.headers["Cache-Control"] = _CLIENTS_KEEP if near is None else "no-store"
    return locator.list(near)


@api.get("/best-sellers")
def best_sellers(response: Response) -> BestSellers:
    response.headers["Cache-Control"] = _CLIENTS_KEEP
    return BestSellers(products=recommendations.best_sellers())


@api.get("/recommendations")
def recommended(customer: Reader, response: Response) -> Recommendations:
    response.headers["Cache-Control"] = "private, no-store"
    return recommender.for_customer(customer.customer_id)


@api.post("/views", status_code=204)
def view(customer: Reader, seen: Annotated[ProductView, Depends(Json(ProductView))]) -> None:
    recommender.seen(customer.customer_id, seen.product_id)


@api.put("/products/{product_id}")
def change_product(
    _machine: Annotated[Customer, Depends(Scope("catalogue.write"))],
    product_id: PathId,
    asked: Annotated[ProductChange, Depends(Json(ProductChange))],
) -> ChangedProduct:
    changed = products.change(product_id, asked)
    _forget(product_id)
    return changed


def _shelf(category: str | None, cursor: str | None) -> Shelf:
    key = _listed(f"shelf:{category}:{cursor}")
    found = shared().through(key, _KEPT_SECONDS, lambda: shelves.page(category, cursor).model_dump(mode="json"))
    return Shelf.model_validate(found)


def _product(product_id: str) -> str:
    return f"catalogue:product:{product_id}"


def _listed(what: str) -> str:
    """Key of something that any product may change: it ends with the generation that it was made in."""
    return f"catalogue:{what}:{shared().get(_GENERATION) or 0}"


def _json(page: ProductPage | None) -> Any:
    return page and page.model_dump(mode="json")


def _forget(product_id: str) -> None:
    shared().drop(_product(product_id))
    shared().count(_GENERATION)
    search.forget()


class _Changed(Model):
    sku: Id


def _catalogue_changed(changed: _Changed) -> None:
    product_id = products.product_of(changed.sku)
    if product_id is not None:
        _forget(product_id)
        products.restock(product_id)
        recommender.describe(product_id)


class _Consent(Model):
    profiling: bool


class _SignedUp(Model):
    customer_id: Id
    signed_up_at: Moment
    consent: _Consent


class _ConsentChanged(Model):
    customer_id: Id
    changed_at: Moment
    consents: _Consent


class _Erased(Model):
    customer_id: Id
    erased_at: Moment


class _Line(Model):
    sku: Id


class _Placed(Model):
    order_id: Id
    customer_id: Id
    placed_at: Moment
    lines: list[_Line]


def _signed_up(told: _SignedUp) -> None:
    _chosen(told.customer_id, told.signed_up_at, given=told.consent.profiling)


def _consent_changed(told: _ConsentChanged) -> None:
    _chosen(told.customer_id, told.changed_at, given=told.consents.profiling)


def _chosen(customer_id: str, at: datetime, *, given: bool) -> None:
    (profiles.agree if given else profiles.refuse)(customer_id, at)


def _erased(told: _Erased) -> None:
    profiles.refuse(told.customer_id, told.erased_at, erased=True)


def _placed(told: _Placed) -> None:
    found = {products.product_of(line.sku) for line in told.lines}
    ordered = {product_id for product_id in found if product_id is not None}
    if ordered:
        recommendations.bought(told.customer_id, told.order_id, told.placed_at, ordered)


def _stock_changed(changed: _Changed) -> None:
    product_id = products.product_of(changed.sku)
    if product_id is not None:
        shared().drop(_product(product_id))
        products.restock(product_id)


def app() -> FastAPI:
    return make(
        "catalogue",
        {"/api/catalogue": api},
        ready={"table products": reads("products", product_id="-", item="-"), "cache": shared().ping},
        subscriptions={
            "catalogue.changed": Subscription(_Changed, _catalogue_changed),
            "customer.consent-changed": Subscription(_ConsentChanged, _consent_changed),
            "customer.erased": Subscription(_Erased, _erased),
            "customer.signed-up": Subscription(_SignedUp, _signed_up),
            "inventory.changed": Subscription(_Changed, _stock_changed),
            "order.placed": Subscription(_Placed, _placed),
        },
    )
