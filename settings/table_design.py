"""Data model of the tables: keys, indexes, lifetimes, streams.

The one place of the data model: `components.data` makes the tables from it, and services keep to it. A table holds
items of several kinds, told apart by the sort key, so that what belongs together is read by one query and written by
one transaction. An index on an attribute that only some items carry holds those items alone.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.problems import Refusal, refuse

AttributeName = Annotated[
    str,
    form(r"^[a-z][a-z0-9_]{0,62}$", "small letters, digits and underscores, 63 at most, a letter first", "customer_id"),
]
IndexName = Annotated[
    str,
    form(r"^[a-z][a-z0-9_]{2,62}$", "small letters, digits and underscores, from 3 to 63", "by_customer"),
]


class KeyAttribute(Section):
    name: AttributeName
    """Name of the attribute in every item."""

    type: Literal["S", "N", "B"] = "S"
    """Text, number or bytes."""


class KeyDesign(Section):
    partition: KeyAttribute
    """Attribute whose value tells the partition."""

    sort: KeyAttribute | None = None
    """Attribute by which items of one partition are sorted; without it each partition has one item."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in (self.partition, self.sort) if part)


class IndexDesign(KeyDesign):
    projection: Literal["ALL", "KEYS_ONLY"] = "ALL"
    """Attributes of each item that the index copies."""


class AccessPattern(Section):
    """A query that reads no more items than it returns."""

    question: str = Field(min_length=1)
    """What is asked, in words."""

    index: IndexName | None = None
    """Index that answers it; without it the table itself does."""
    given: Annotated[tuple[AttributeName, ...], Field(min_length=1, max_length=2)]
    """Attributes that the query must be given, in the order of the key."""


class TableDesign(KeyDesign):
    data_class: Literal["customer", "payment"] = "customer"
    """Data class of the items: it decides which key encrypts them."""

    indexes: Annotated[dict[IndexName, IndexDesign], Field(max_length=20)] = Field(default={})
    """Global secondary indexes; the quota is 20
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html). New ones go to the end, and
    DynamoDB fills one after the other from the items that are there. A changed index is deleted and made anew: its
    queries fail until it is filled."""

    ttl_attribute: AttributeName | None = None
    """Attribute with the epoch second after which DynamoDB deletes an item, within days. For another attribute leave it
    out, update, and name the new one an hour later
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html)."""

    stream: bool = False
    """Stream of every change, with the item before and after, kept for 24 hours. Switched off and on again it is a new
    stream: events of an outbox that the old one still held are lost."""

    backup: bool = True
    """Recovery points are kept of it (section `backup`); off for data that nobody would restore."""

    patterns: tuple[AccessPattern, ...] = ()
    """Questions that the keys and indexes answer."""

    @section_rule
    def _consistent(self) -> Iterator[Refusal]:
        keys: dict[str | None, KeyDesign] = {None: self, **self.indexes}
        parts = {(part.name, part.type) for key in keys.values() for part in (key.partition, key.sort) if part}
        for name in sorted(name for name, count in Counter(name for name, _ in parts).items() if count > 1):
            yield refuse(
                f"must give key attribute `{name}` one type: an attribute has one in all keys",
                fix=f"write the same `type` wherever `{name}` is a key",
            )
        for position, pattern in enumerate(self.patterns):
            at = ("patterns", position)
            if pattern.index not in keys:
                yield refuse(
                    f"must be an index of the table: {', '.join(self.indexes) or 'there is none'}",
                    fix="name one of them, or leave it out for a query of the table itself",
                    at=(*at, "index"),
                )
                continue
            names = keys[pattern.index].names
            if pattern.given != names[: len(pattern.given)]:
                yield refuse(
                    f"must be the beginning of the key that answers it: {', '.join(names)}",
                    at=(*at, "given"),
                    write=list(names[: len(pattern.given)]),
                )


def _pattern(question: str, *given: str, index: str | None = None) -> AccessPattern:
    return AccessPattern(question=question, given=given, index=index)


_ID, _ITEM = KeyAttribute(name="id"), KeyAttribute(name="item")
# Only items `DUTY` carry duty_shard, from 0 to 3 by CRC-32 of the partition key, and duty_at (ISO 8601).
_BY_DUTY = IndexDesign(partition=KeyAttribute(name="duty_shard"), sort=KeyAttribute(name="duty_at"))

PRODUCTS = TableDesign(
    partition=KeyAttribute(name="product_id"),
    # `PRODUCT`, `SKU#<sku>` for each variant, `CATEGORY#<category>` for each category that lists the product and for
    # `*`, which lists all, `EVENT#<id>` (outbox, with expires_at); under the product `*` the categories' names
    # (`functions.common.product`).
    sort=_ITEM,
    # Only items `CATEGORY#` carry category_id and price (in the currency's smallest unit), with what a list shows; they
    # and variants carry sku.
    indexes={
        "by_category": IndexDesign(
            partition=KeyAttribute(name="category_id"), sort=KeyAttribute(name="price", type="N")
        ),
        "by_sku": IndexDesign(partition=KeyAttribute(name="sku"), sort=_ITEM),
    },
    ttl_attribute="expires_at",
    stream=True,  # search and caches follow the catalogue
    patterns=(
        _pattern("a product with its variants and categories", "product_id"),
        _pattern("one product, or one variant of it", "product_id", "item"),
        _pattern(
            "products of a category, cheapest first or between two prices", "category_id", "price", index="by_category"
        ),
        _pattern("a variant by its article alone", "sku", "item", index="by_sku"),
    ),
)
CUSTOMERS = TableDesign(
    partition=KeyAttribute(name="customer_id"),
    # `PROFILE`, `ADDRESS#<id>`, `CONSENT#<purpose>`, `CHAT` (messages to the chat bot in a minute, with expires_at),
    # `EVENT#<id>` (outbox, with expires_at).
    sort=_ITEM,
    # Only the profile carries email, in lower case. An index cannot keep it unique: the user pool does.
    indexes={"by_email": IndexDesign(partition=KeyAttribute(name="email"))},
    ttl_attribute="expires_at",
    stream=True,
    patterns=(
        _pattern("everything about a customer", "customer_id"),
        _pattern("profile, one address, one consent, or the messages of a customer", "customer_id", "item"),
        _pattern("customer of an e-mail address", "email", index="by_email"),
    ),
)
ORDERS = TableDesign(
    partition=KeyAttribute(name="order_id"),
    # `ORDER`, `LINE#<number>`, `DUTY` (what is still owed, such as a refund: `functions.common.duty`), `EVENT#<id>`
    # (outbox, with expires_at): order and event are written in one transaction, and the stream hands new events
    # `EVENT#` to the bus. Under the id of a delivery, `DELIVERY#<order_id>` for each of its orders, with expires_at.
    sort=_ITEM,
    # Only items `ORDER` carry customer_id, status, status_shard, and the ISO 8601 times placed_at and updated_at.
    # `status_shard` is `<status>#<shard>`, the shard from 0 to 15 by CRC-32 of the order's id
    # (`functions.common.order_status.status_shard`): all new orders have one status, and a partition takes 1,000 writes
    # a second, so 16 of them take 16,000.
    indexes={
        "by_customer": IndexDesign(partition=KeyAttribute(name="customer_id"), sort=KeyAttribute(name="placed_at")),
        "by_status": IndexDesign(partition=KeyAttribute(name="status_shard"), sort=KeyAttribute(name="updated_at")),
        "by_duty": _BY_DUTY,
    },
    ttl_attribute="expires_at",
    stream=True,
    patterns=(
        _pattern("an order with its lines", "order_id"),
        _pattern(
            "orders of a customer, latest first or between two times", "customer_id", "placed_at", index="by_customer"
        ),
        _pattern(
            "orders in a shard of a status, those first that wait longest; a query for each shard finds all",
            "status_shard",
            "updated_at",
            index="by_status",
        ),
        _pattern("orders in a shard to which something is owed by now", "duty_shard", "duty_at", index="by_duty"),
        _pattern("outbox: events of an order that are not yet forgotten", "order_id", "item"),
        _pattern("orders of a delivery", "order_id", "item"),
    ),
)
PAYMENTS = TableDesign(
    data_class="payment",
    partition=KeyAttribute(name="payment_id"),
    # `PAYMENT`, `REFUND#<id>`, `DUTY`, `EVENT#<id>` (outbox, with expires_at), written as orders are; and `DUE` under
    # `DUE#<order>`: what is to be paid for an order; and `NOTICE` under `NOTICE#<hash>`, a notice of the provider, with
    # expires_at (`services.common.webhooks`). A card is known by the provider's token: its number and security
    # code never come here.
    sort=_ITEM,
    # Only items `PAYMENT` carry order_id and created_at (ISO 8601), and while they are held for a review held_at and
    # review, which is `waiting`.
    indexes={
        "by_order": IndexDesign(partition=KeyAttribute(name="order_id"), sort=KeyAttribute(name="created_at")),
        "by_duty": _BY_DUTY,
        "by_review": IndexDesign(partition=KeyAttribute(name="review"), sort=KeyAttribute(name="held_at")),
    },
    ttl_attribute="expires_at",
    stream=True,
    patterns=(
        _pattern("a payment with its refunds", "payment_id"),
        _pattern("one refund, or what is due for an order", "payment_id", "item"),
        _pattern("payments of an order, latest first", "order_id", "created_at", index="by_order"),
        _pattern("payments in a shard to which something is owed by now", "duty_shard", "duty_at", index="by_duty"),
        _pattern("payments that wait for a review, the longest waiting first", "review", "held_at", index="by_review"),
        _pattern("outbox: events of a payment that are not yet forgotten", "payment_id", "item"),
        _pattern("a notice of the provider that was taken", "payment_id", "item"),
    ),
)
CARTS = TableDesign(
    # Before the sign-in a cart is the session's.
    partition=KeyAttribute(name="customer_id"),
    # `CART`, `SKU#<sku>` for each line.
    sort=_ITEM,
    ttl_attribute="expires_at",
    stream=True,  # an expired cart is an abandoned one
    patterns=(
        _pattern("cart of a customer with its lines", "customer_id"),
        _pattern("one line of a cart", "customer_id", "item"),
    ),
)
IDEMPOTENCY = TableDesign(
    # Names of Powertools, which most handlers use
    # (https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/).
    partition=_ID,
    ttl_attribute="expiration",
    backup=False,  # answers of the last hours
    patterns=(_pattern("whether a request was answered before, and how", "id"),),
)
RECOMMENDATIONS = TableDesign(
    # `CUSTOMER#<id>`: whether the customer agreed to a profile, since when, and the pseudonym that Personalize knows.
    # `SOLD#<week>#<product>`: orders with a product in an ISO week, and `ORDER#<id>`: an order that was counted; both
    # with expires_at.
    partition=_ID,
    # Only items `SOLD#` carry week_shard, `<week>#<shard>` with a shard from 0 to 3 by CRC-32 of the product, and sold.
    indexes={
        "by_sold": IndexDesign(
            partition=KeyAttribute(name="week_shard"), sort=KeyAttribute(name="sold", type="N"), projection="ALL"
        )
    },
    ttl_attribute="expires_at",
    # Consents that were withdrawn must not come back with a restored table; best sellers are those of two weeks.
    backup=False,
    patterns=(
        _pattern("a customer's pseudonym, sales of a product in a week, or whether an order was counted", "id"),
        _pattern("best sellers of a week in a shard, best first", "week_shard", "sold", index="by_sold"),
    ),
)
INVENTORY = TableDesign(
    partition=KeyAttribute(name="sku"),
    # `LOCATION#<location>`, `RESERVATION#<order>` (`functions.common.stock`), `EVENT#<id>` (outbox, with expires_at);
    # and `ORDER` under `ORDER#<order>`, what an order reserves or has bought (`services.inventory.reservations`).
    sort=_ITEM,
    # Only items `LOCATION#` carry location_id.
    indexes={"by_location": IndexDesign(partition=KeyAttribute(name="location_id"), sort=KeyAttribute(name="sku"))},
    ttl_attribute="expires_at",
    stream=True,  # what runs out or comes back is news
    patterns=(
        _pattern("stock of a variant at all locations, or at one, with what is reserved of it", "sku", "item"),
        _pattern("what an order reserves or has bought", "sku"),
        _pattern("stock of a location", "location_id", index="by_location"),
    ),
)
