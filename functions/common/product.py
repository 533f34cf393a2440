"""Items of a product in table `products`: the product, its variants, and what lists show of it.

Under the `product_id` there are
    PRODUCT              name, description, attributes (list of name and value), version, in_stock (whether any variant
                         can be sold now; absent if nobody has counted)
    SKU#<sku>            a variant: sku, name, category, price_minor, currency, withdrawn, changed_at; a withdrawn one
                         keeps its time, and what it was
    CATEGORY#<category>  for each category that lists the product, and for `*`, which lists all: category_id, price (of
                         the cheapest variant there), sku, name, currency and category of that variant; the one of `*`
                         also description and in_stock of the product, and is its document in the search
and under the product `*` an item `NAME#<category>` for each category that there has been.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from functions.common.aws import dynamodb, table
from functions.common.outbox import event, event_id, write

Item = dict[str, Any]

EVENT = "catalogue.changed"
EVERYTHING = "*"
"""Category that lists all products; also the product that holds the names of categories. No feed may use the name."""
FACTS = ("name", "category", "price_minor", "currency")
"""What a variant must have to be sold."""
_NAME = "NAME#"
_STOCK = "in_stock"


@dataclass(frozen=True)
class Product:
    product_id: str
    version: int
    """Version for optimistic locking: all variants share the category items."""
    about: Item
    """Name, description and attributes, as far as they are known."""
    variants: dict[str, Item]
    """By SKU, withdrawn ones included."""

    @classmethod
    def read(cls, product_id: str, *, consistent: bool = True) -> Self:
        """The product as stored; without variants if it does not exist yet."""
        # `PRODUCT` and `SKU#` are last in the order of the sort key, after `CATEGORY#` and `EVENT#`.
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=table("products"),
                KeyConditionExpression="product_id = :product_id AND #item >= :first",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":product_id": product_id, ":first": "PRODUCT"},
                ConsistentRead=consistent,
            )
        )
        items = [item for page in pages for item in page["Items"]]
        about: Item = next((item for item in items if item["item"] == "PRODUCT"), {})
        variants = {item["sku"]: item for item in items if item["item"].startswith("SKU#")}
        known = {key: about[key] for key in ("name", "description", "attributes", _STOCK) if key in about}
        return cls(product_id, int(about.get("version", 0)), known, variants)

    def knows(self, sku: str, at: str) -> bool:
        """Whether this change of a variant, or a later one, is already stored."""
        return sku in self.variants and self.variants[sku]["changed_at"] >= at

    def change(self, variants: Mapping[str, Item], about: Mapping[str, Any], at: str) -> bool:
        """Write what is different, with an event for each variant.

        Args:
            variants: SKU to the variant's `FACTS` and `withdrawn`, as they are to be.
            about: What is new of name, description and attributes.

        Returns:
            Whether it was written; False if the product was changed since it was read.

        Raises:
            InvalidPayloadError: DynamoDB takes no such items.
        """
        changed = {
            sku: {
                **{fact: variant[fact] for fact in FACTS if variant.get(fact) is not None},
                "product_id": self.product_id,
                "item": f"SKU#{sku}",
                "sku": sku,
                "withdrawn": variant["withdrawn"],
                "changed_at": at,
            }
            for sku, variant in variants.items()
        }
        before = _listings(self.variants, self.about)
        after = _listings({**self.variants, **changed}, {**self.about, **about})
        self._name_categories(after.keys() - before.keys())
        gone = [self._delete(category) for category in before.keys() - after.keys()]
        listed = [
            self._put({"item": f"CATEGORY#{category}", **listing})
            for category, listing in after.items()
            if before.get(category) != listing
        ]
        events = [self._event(variant) for variant in changed.values()]
        return write(
            self._counted(about), *(self._put(variant) for variant in changed.values()), *gone, *listed, *events
        )

    def stocked(self, in_stock: bool) -> bool:
        """Write whether any of its variants can be sold now. No event tells of it: stock has its own.

        Returns:
            Whether it was written; False if the product was changed since it was read.
        """
        listed = _listings(self.variants, {**self.about, _STOCK: in_stock}).get(EVERYTHING)
        items = [self._put({"item": f"CATEGORY#{EVERYTHING}", **listed})] if listed else []
        return write(self._counted({_STOCK: in_stock}), *items)

    def _event(self, variant: Item) -> Item:
        sku, at = variant["sku"], variant["changed_at"]
        change = "withdrawn" if variant["withdrawn"] else "updated" if sku in self.variants else "created"
        detail = {
            "event_id": event_id(EVENT, sku, at),
            "sku": sku,
            "change": change,
            "changed_at": at,
            **({} if variant["withdrawn"] else {fact: variant[fact] for fact in FACTS}),
        }
        return event(table("products"), {"product_id": self.product_id}, EVENT, detail)

    def _counted(self, about: Mapping[str, Any]) -> Item:
        names, values = {"#version": "version"}, {":seen": self.version, ":now": self.version + 1}
        changes = "SET #version = :now"
        for position, (key, value) in enumerate(sorted(about.items())):
            names[f"#about{position}"], values[f":about{position}"] = key, value
            changes += f", #about{position} = :about{position}"
        return {
            "Update": {
                "TableName": table("products"),
                "Key": {"product_id": self.product_id, "item": "PRODUCT"},
                "UpdateExpression": changes,
                "ConditionExpression": "attribute_not_exists(#version) OR #version = :seen",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }

    def _put(self, item: Item) -> Item:
        return {"Put": {"TableName": table("products"), "Item": {"product_id": self.product_id, **item}}}

    def _delete(self, category: str) -> Item:
        key = {"product_id": self.product_id, "item": f"CATEGORY#{category}"}
        return {"Delete": {"TableName": table("products"), "Key": key}}

    def _name_categories(self, categories: set[str]) -> None:
        """Write names first, outside the transaction: products that come at once would hinder each other there."""
        for category in categories - {EVERYTHING}:
            item = {"product_id": EVERYTHING, "item": f"{_NAME}{category}", "category": category}
            dynamodb().put_item(TableName=table("products"), Item=item)


def categories() -> list[str]:
    """Names of all categories, in the order of the alphabet."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table("products"),
            KeyConditionExpression="product_id = :all AND begins_with(#item, :name)",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues={":all": EVERYTHING, ":name": _NAME},
        )
    )
    return [item["category"] for page in pages for item in page["Items"]]


def _listings(variants: Mapping[str, Item], about: Mapping[str, Any]) -> dict[str, Item]:
    """Category items: what category pages show of the product, and what it is found by."""
    found: dict[str, Item] = {}
    for variant in sorted((item for item in variants.values() if not item["withdrawn"]), key=_price):
        shown = {key: variant[key] for key in ("sku", "name", "currency", "category")}
        for category in (variant["category"], EVERYTHING):
            found.setdefault(category, {"category_id": category, "price": variant["price_minor"], **shown})
    if EVERYTHING in found:
        found[EVERYTHING] |= {key: about[key] for key in ("description", _STOCK) if key in about}
    return found


def _price(variant: Item) -> tuple[int, str]:
    return int(variant["price_minor"]), variant["sku"]
