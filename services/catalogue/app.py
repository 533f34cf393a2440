"""The app `catalogue`: products and categories."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Response

from functions.common.model import Id, Model
from functions.common.product import categories
from services.catalogue import products, shelves
from services.catalogue.answers import Categories, Category, ChangedProduct, ProductPage, Shelf, Stores
from services.catalogue.search import Asked, Search
from services.catalogue.stores import Locator
from services.common.app import make, reads
from services.common.bodies import Json, ProductChange, Text128
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
            "inventory.changed": Subscription(_Changed, _stock_changed),
        },
    )
