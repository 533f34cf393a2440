"""Data: the store's tables, the accelerator in front of them, the application tier's cache."""

import pulumi

from components.base import StoreComponent
from components.blocks.cache import Cache, CacheArgs
from components.blocks.dax import Dax, DaxArgs
from components.blocks.naming import in_stack
from components.blocks.table import Index, Key, Table, TableArgs
from components.foundation import Foundation
from components.network import Network
from settings.data import DataSettings, DaxSettings
from settings.table import TableSettings
from settings.table_design import KeyDesign, TableDesign


class Data(StoreComponent):
    """Point 7 of the guidance: the stores of all services of the application tier.

    `settings/table_design.py` has the keys and access patterns of each table. A role gets access by a grant
    (`data.orders.grant_read_write`, `data.table(name).grant_read`, `data.dax.grant_read`, `data.cache.grant_connect`),
    a security group by `admit` of accelerator and cache.
    Nodes of accelerator and cache are billed by the hour, whatever the traffic.
    """

    TYPE = "webstore:data:Data"
    DASHBOARD = "data"
    OUTPUTS = ("dax_endpoint", "backup_table_arns")
    products: Table
    customers: Table
    orders: Table
    payments: Table
    carts: Table
    idempotency: Table
    inventory: Table
    dax: Dax | None
    """Accelerator in front of `data.dax.tables`; None if `data.dax.engine` is off."""
    dax_endpoint: pulumi.Output[str] | None
    cache: Cache
    """Cached answers of the services."""
    backup_table_arns: list[pulumi.Output[str]]
    """Tables with recovery points in AWS Backup."""

    def __init__(
        self,
        name: str,
        *,
        settings: DataSettings,
        foundation: Foundation,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._key_arns = {"customer": foundation.keys.customer_key_arn, "payment": foundation.keys.payment_key_arn}
        self._tables = {label: self._table(label, *table) for label, table in settings.tables.all.items()}
        self.backup_table_arns = [
            self._tables[label].table_arn for label, (_, design) in settings.tables.all.items() if design.backup
        ]
        self.products = self.table("products")
        self.customers = self.table("customers")
        self.orders = self.table("orders")
        self.payments = self.table("payments")
        self.carts = self.table("carts")
        self.idempotency = self.table("idempotency")
        self.inventory = self.table("inventory")
        self.dax = None
        if isinstance(settings.dax, DaxSettings):
            self.dax = Dax(
                f"{name}-dax",
                DaxArgs(
                    settings=settings.dax,
                    tables=[self.table(label) for label in settings.dax.tables],
                    vpc_id=network.vpc_id,
                    subnet_ids=network.data_subnet_ids,
                ),
                opts=self._inside,
            )
        self.dax_endpoint = self.dax.endpoint if self.dax else None
        self.cache = Cache(
            f"{name}-cache",
            CacheArgs(
                settings=settings.cache,
                vpc_id=network.vpc_id,
                subnet_ids=network.data_subnet_ids,
                key_arn=foundation.keys.customer_key_arn,
                user_name=in_stack(f"{name}-cache", limit=40),
            ),
            opts=self._inside,
        )
        self._publish()

    def table(self, name: str) -> Table:
        """
        Args:
            name: As in `data.tables`.

        Raises:
            ValueError: `data.tables` has no such table.
        """
        if name not in self._tables:
            raise ValueError(f"table {name} must be declared in data.tables, which has {', '.join(self._tables)}")
        return self._tables[name]

    def _table(self, label: str, settings: TableSettings, design: TableDesign) -> Table:
        return Table(
            f"{self._name}-{label}",
            TableArgs(
                key=_key(design),
                indexes={index: Index(key=_key(of), projection=of.projection) for index, of in design.indexes.items()},
                ttl_attribute=design.ttl_attribute,
                stream_view="NEW_AND_OLD_IMAGES" if design.stream or settings.replica_key_arns else None,
                watched_operations=("GetItem", "PutItem"),
                settings=settings,
                key_arn=self._key_arns[design.data_class],
            ),
            opts=self._inside,
        )


def _key(design: KeyDesign) -> Key:
    sort = design.sort
    return Key(partition=(design.partition.name, design.partition.type), sort=(sort.name, sort.type) if sort else None)
