"""Answers of the service."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from functions.common.product import FACTS


class Listing(BaseModel):
    """A product on a shelf, by the cheapest of its articles there."""

    product_id: str
    sku: str
    name: str
    category_id: str
    price_minor: int
    currency: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> "Listing":
        shown = {key: item[key] for key in ("product_id", "sku", "name", "currency")}
        return cls(**shown, category_id=item["category"], price_minor=int(item["price"]))


class CategoryCount(BaseModel):
    category_id: str
    products: int


class Found(BaseModel):
    """What a search found in all; each count leaves its own filter out, so that it tells what another choice finds."""

    source: Literal["search", "table"]
    """`table`: the engine is off or down, so words are looked for in names and categories as they are written."""
    total: int
    categories: list[CategoryCount]
    """Most products first."""
    in_stock: int
    cheapest_minor: int | None
    dearest_minor: int | None
    did_you_mean: str | None
    """The words as the store writes them, if it has them in another spelling only."""


class Shelf(BaseModel):
    products: list[Listing]
    cursor: str | None
    """Where the list goes on; null at its end."""
    search: Found | None = None
    """Of a search; null for lists."""


class BestSellers(BaseModel):
    products: list[Listing]
    """Those that most orders of two weeks had, the best first."""


class Recommendations(BaseModel):
    source: Literal["personalize", "best-sellers"]
    """`best-sellers`: the customer did not agree to a profile, there is no recommender, or it is down."""
    products: list[Listing]


class Category(BaseModel):
    category_id: str


class Categories(BaseModel):
    categories: list[Category]


class Attribute(BaseModel):
    name: str
    value: str


class Variant(BaseModel):
    sku: str
    name: str
    category_id: str
    price_minor: int
    currency: str
    available: int | None
    """Pieces that can be sold now; null if nobody has counted any."""

    @classmethod
    def of(cls, item: dict[str, Any], available: int | None) -> "Variant":
        shown = {fact: item[fact] for fact in FACTS if fact not in ("category", "price_minor")}
        price = int(item["price_minor"])
        return cls(**shown, sku=item["sku"], category_id=item["category"], price_minor=price, available=available)


class ProductPage(BaseModel):
    product_id: str
    name: str
    description: str
    attributes: list[Attribute]
    variants: list[Variant]
    """Cheapest first."""


class ChangedProduct(BaseModel):
    """What a change has made of a product."""

    product_id: str
    active: bool
    """Whether customers can buy anything of it."""
    name: str
    description: str
    attributes: list[Attribute]
    skus: list[str] = Field(description="Articles that are for sale.")


class Store(BaseModel):
    """A store that customers visit."""

    store_id: str
    name: str
    line_1: str
    postal_code: str
    city: str
    country: str
    timezone: str
    opening_hours: dict[str, str]
    """Day of the week to its hours; on other days it is closed."""
    services: list[str]
    distance_m: int | None = None
    """Metres from the place that was asked for, as the crow flies."""
    map_url: str | None = None
    """Picture of a map of its surroundings; null where there are no maps."""


class Stores(BaseModel):
    stores: list[Store]
    """The nearest first, or as the store lists them."""
    near: Literal["none", "found", "unknown", "unavailable", "busy"]
    """What became of the place that was asked for: `none` was, it is `unknown`, or places cannot be looked for:
    `unavailable`, or `busy` for a minute."""
    place: str | None = None
    """The place that was found, in the words of the map's data."""
