"""Items of a product in its table: the product, its variants, and one item a category with the cheapest price in it."""

from dataclasses import dataclass
from typing import Any, Self

from functions.common.aws import dynamodb

Item = dict[str, Any]


@dataclass(frozen=True)
class Product:
    table_name: str
    product_id: str
    version: int
    """Version for optimistic locking: all variants share the category items."""
    variants: dict[str, Item]
    """By SKU, withdrawn ones included: they keep the time of their last change."""

    @classmethod
    def read(cls, table_name: str, product_id: str) -> Self:
        """The product as stored; without variants if it does not exist yet."""
        # `PRODUCT` and `SKU#` are last in the order of the sort key, after `CATEGORY#` and `EVENT#`.
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=table_name,
                KeyConditionExpression="product_id = :product_id AND #item >= :first",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":product_id": product_id, ":first": "PRODUCT"},
                ConsistentRead=True,
            )
        )
        items = [item for page in pages for item in page["Items"]]
        version = next((int(item.get("version", 0)) for item in items if item["item"] == "PRODUCT"), 0)
        variants = {item["sku"]: item for item in items if item["item"].startswith("SKU#")}
        return cls(table_name, product_id, version, variants)

    def knows(self, sku: str, at: str) -> bool:
        """Whether this change, or a later one, is already stored."""
        return sku in self.variants and self.variants[sku]["changed_at"] >= at

    def changes(self, sku: str, facts: Item | None, at: str) -> list[Item]:
        """Items of the transaction that gives a variant these facts; None withdraws it."""
        variant = {
            **(facts or {}),
            "product_id": self.product_id,
            "item": f"SKU#{sku}",
            "sku": sku,
            "withdrawn": facts is None,
            "changed_at": at,
        }
        before, after = _listings(self.variants), _listings({**self.variants, sku: variant})
        gone = [self._delete(category) for category in before.keys() - after.keys()]
        listed = [
            self._put({"item": f"CATEGORY#{category}", **listing})
            for category, listing in after.items()
            if before.get(category) != listing
        ]
        return [self._counted(facts), self._put(variant), *gone, *listed]

    def _counted(self, facts: Item | None) -> Item:
        names, values = {"#version": "version"}, {":seen": self.version, ":now": self.version + 1}
        changes = "SET #version = :now"
        if facts:
            names["#name"] = "name"
            values[":name"] = facts["name"]
            changes += ", #name = :name"
        return {
            "Update": {
                "TableName": self.table_name,
                "Key": {"product_id": self.product_id, "item": "PRODUCT"},
                "UpdateExpression": changes,
                "ConditionExpression": "attribute_not_exists(#version) OR #version = :seen",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }

    def _put(self, item: Item) -> Item:
        return {"Put": {"TableName": self.table_name, "Item": {"product_id": self.product_id, **item}}}

    def _delete(self, category: str) -> Item:
        key = {"product_id": self.product_id, "item": f"CATEGORY#{category}"}
        return {"Delete": {"TableName": self.table_name, "Key": key}}


def _listings(variants: dict[str, Item]) -> dict[str, Item]:
    """Category items: what category pages show of the product."""
    found: dict[str, Item] = {}
    for variant in sorted((item for item in variants.values() if not item["withdrawn"]), key=_price):
        shown = {key: variant[key] for key in ("sku", "name", "currency")}
        category = variant["category"]
        found.setdefault(category, {"category_id": category, "price": variant["price_minor"], **shown})
    return found


def _price(variant: Item) -> tuple[int, str]:
    return int(variant["price_minor"]), variant["sku"]
