"""One product: what customers see of it, and what changes it."""

from datetime import datetime, timedelta
from typing import Any

from functions.common.aws import dynamodb, table
from functions.common.model import now, timestamp
from functions.common.outbox import TryAgainError
from functions.common.product import EVERYTHING, FACTS, Product
from functions.common.stock import Stock
from services.catalogue.answers import Attribute, ChangedProduct, ProductPage, Variant
from services.common.bodies import ProductChange
from services.common.problems import ProblemError, conflict, missing

_ATTEMPTS = 3
# Each variant is an item and an event, and a transaction has room for 100 items: the others are the product and its
# categories.
_VARIANTS = 30


def seen(product_id: str) -> ProductPage | None:
    """What customers see of a product; None if nothing of it is for sale."""
    product = Product.read(product_id, consistent=False)
    for_sale = sorted(
        (item for item in product.variants.values() if not item["withdrawn"]),
        key=lambda item: (item["price_minor"], item["sku"]),
    )
    if not for_sale:
        return None
    return ProductPage(
        product_id=product_id,
        name=product.about.get("name") or for_sale[0]["name"],
        description=product.about.get("description", ""),
        attributes=[Attribute(**attribute) for attribute in product.about.get("attributes", ())],
        variants=[Variant.of(item, _available(item["sku"])) for item in for_sale],
    )


def product_of(sku: str) -> str | None:
    """Product that an article is a variant of."""
    answer = dynamodb().query(
        TableName=table("products"),
        IndexName="by_sku",
        KeyConditionExpression="sku = :sku AND begins_with(#item, :variant)",
        ExpressionAttributeNames={"#item": "item"},
        ExpressionAttributeValues={":sku": sku, ":variant": "SKU#"},
        Limit=1,
    )
    return next((item["product_id"] for item in answer["Items"]), None)


def change(product_id: str, asked: ProductChange) -> ChangedProduct:
    """Change a product: its name, price and category in all of its variants.

    Raises:
        ProblemError: 404, no feed has told of the product; 400, a price without currency; 409, it cannot be sold with
            what is known of it, or has too many variants.
        TryAgainError: others changed it at every attempt.
    """
    if (asked.price_minor is None) != (asked.currency is None):
        raise ProblemError(400, "a price must come with its currency, and a currency with a price", kind="half-a-price")
    if asked.category == EVERYTHING:
        raise ProblemError(400, f"the category {EVERYTHING} lists all products", kind="reserved-category")
    for _ in range(_ATTEMPTS):
        product = Product.read(product_id)
        if not product.variants:
            raise missing("product")
        if product.change(_changed(product, asked), _about(asked), _after(product)):
            return _answer(product_id)
    raise TryAgainError


def restock(product_id: str) -> None:
    """Write whether anything of a product can be sold now, if that is new: searches filter by it.

    Raises:
        TryAgainError: others changed it at every attempt.
    """
    for _ in range(_ATTEMPTS):
        product = Product.read(product_id)
        for_sale = [sku for sku, item in product.variants.items() if not item["withdrawn"]]
        counted = [count for sku in for_sale if (count := _available(sku)) is not None]
        in_stock = any(count > 0 for count in counted)
        if not counted or product.about.get("in_stock") == in_stock:
            return
        # Written or not, another change of the stock may have been read before this one was written.
        product.stocked(in_stock)
    raise TryAgainError


def _after(product: Product) -> str:
    """A time after all changes of the product; the feed's clock may be ahead of this one."""
    latest = max(datetime.fromisoformat(item["changed_at"]) for item in product.variants.values())
    return timestamp(max(now(), latest + timedelta(microseconds=1)))


def _changed(product: Product, asked: ProductChange) -> dict[str, dict[str, Any]]:
    """Variants that are different now, as they are to be."""
    facts = {fact: getattr(asked, fact) for fact in FACTS if getattr(asked, fact) is not None}
    changed: dict[str, dict[str, Any]] = {}
    for sku, item in product.variants.items():
        withdrawn = item["withdrawn"] if asked.active is None else not asked.active
        after = {**item, **facts, "withdrawn": withdrawn}
        if not withdrawn and any(after.get(fact) is None for fact in FACTS):
            raise conflict("incomplete-product", f"must have {', '.join(FACTS)} to be sold: send what is not known")
        if after != item:
            changed[sku] = after
    if len(changed) > _VARIANTS:
        raise conflict("too-many-variants", f"at most {_VARIANTS} variants change at once: let the feed change them")
    return changed


def _about(asked: ProductChange) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if asked.name is not None:
        about["name"] = asked.name
    if asked.description is not None:
        about["description"] = asked.description
    if asked.attributes is not None:
        about["attributes"] = [attribute.model_dump() for attribute in asked.attributes]
    return about


def _answer(product_id: str) -> ChangedProduct:
    product = Product.read(product_id)
    for_sale = sorted(sku for sku, item in product.variants.items() if not item["withdrawn"])
    return ChangedProduct(
        product_id=product_id,
        active=bool(for_sale),
        name=product.about.get("name", ""),
        description=product.about.get("description", ""),
        attributes=[Attribute(**attribute) for attribute in product.about.get("attributes", ())],
        skus=for_sale,
    )


def _available(sku: str) -> int | None:
    stock = Stock.read(sku)
    return stock.available if stock.places else None
