"""Section `data`: the store's tables, the accelerator in front of them, the application tier's cache."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.cache import CacheSettings, WeeklyWindow
from settings.node_types import DaxNodeType
from settings.problems import Refusal, refuse
from settings.table import TableSettings
from settings.table_design import (
    CARTS,
    CUSTOMERS,
    IDEMPOTENCY,
    INVENTORY,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    RECOMMENDATIONS,
    TableDesign,
)
from settings.types import Name

DESIGNS: dict[str, TableDesign] = {
    "products": PRODUCTS,
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "payments": PAYMENTS,
    "carts": CARTS,
    "idempotency": IDEMPOTENCY,
    "inventory": INVENTORY,
    "recommendations": RECOMMENDATIONS,
}
"""Tables that every store has, by their key in `data.tables`."""

TableName = Annotated[Name, Field(examples=["reviews"])]


class ExtraTable(TableSettings):
    """A table of a single service, declared wholly in the stack file."""

    design: TableDesign
    """Keys, indexes and access patterns."""


class TablesSettings(Section):
    """Keys, indexes and access patterns are the same in every environment: `settings/table_design.py`."""

    products: TableSettings = TableSettings()
    """Catalogue: products, their variants, and their places in categories."""
    customers: TableSettings = TableSettings()
    """Profiles, addresses and consents."""
    orders: TableSettings = TableSettings()
    """Orders, their lines, and their events on the way to the bus."""
    payments: TableSettings = TableSettings()
    """Payments, attempts and refunds, and their events on the way to the bus; under the key of payments."""
    carts: TableSettings = TableSettings()
    """Carts, emptied by time to live."""
    idempotency: TableSettings = TableSettings()
    """Answers to requests, for retries with the same idempotency key; emptied by time to live."""
    inventory: TableSettings = TableSettings()
    """Stock of each variant at each location."""
    recommendations: TableSettings = TableSettings()
    """Best sellers, and pseudonyms of customers who agreed to a profile; not in backups, lest a consent that was
    withdrawn comes back."""
    extra: dict[TableName, ExtraTable] = Field(default={})
    """Further tables, by name."""

    @section_rule
    def _names(self) -> Iterator[Refusal]:
        for name in sorted(self.extra.keys() & DESIGNS.keys()):
            yield refuse(
                f"must have another name: every store has a table `{name}`", fix="rename it", at=("extra", name)
            )

    @property
    def all(self) -> dict[str, tuple[TableSettings, TableDesign]]:
        """Every table by name, with what the stack file says of it and how it is built."""
        return {
            **{name: (getattr(self, name), design) for name, design in DESIGNS.items()},
            **{name: (table, table.design) for name, table in self.extra.items()},
        }


class DaxSettings(Section):
    """Reads from memory, within microseconds and without the table's capacity.

    An item may be as old as `item_ttl_seconds`, an answer to a query as `query_ttl_seconds`: writes go to the tables.
    It serves services of yours; the store's own read the tables ([decision](adr/0020-own-services-read-tables.md)).
    """

    engine: Literal["dax"]

    tables: Annotated[tuple[Literal["products", "inventory"], ...], Field(min_length=1)] = ("products",)
    """Tables that it may read. Every user of the accelerator can read all of them, so it must hold no customer data."""

    node_type: DaxNodeType = "dax.r5.large"
    """A change makes a new cluster, some 15 minutes after the old one is gone; services then read the tables."""

    nodes: int = Field(default=3, ge=1, le=11)
    """One writes, all read; AWS spreads them over the zones
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.concepts.cluster.html)."""

    item_ttl_seconds: int = Field(default=300, ge=1)
    """A change takes effect in each node when it restarts: `aws dax reboot-node`, one after the other."""

    query_ttl_seconds: int = Field(default=60, ge=1)
    """Likewise."""

    maintenance_window: WeeklyWindow = "sun:04:30-sun:05:30"
    """UTC, 60 minutes or more."""


class NoDax(Section):
    """Services read the tables."""

    engine: Literal["off"]


class DataSettings(Section):
    tables: TablesSettings = TablesSettings()

    dax: Annotated[DaxSettings | NoDax, Field(discriminator="engine")] = DaxSettings(engine="dax")
    """The accelerator in front of tables that are read much more than written; `{engine: "off"}` makes none."""

    cache: CacheSettings = CacheSettings()
    """Cache of the services; separate from the web tier's."""
