"""Tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import table_variable
from settings.app_tier.microservice import Access as TableAccess
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User
from settings.data import TablesSettings


@dataclass(frozen=True)
class TableUse(Use):
    """Items of a table, reached by the gateway endpoint."""

    setting = "tables"
    owner = "data"
    shared = False
    for_triggers = True

    table: str
    way: TableAccess

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(table, way) for table, way in sorted(service.tables.items()))

    @property
    def path(self) -> tuple[str, ...]:
        return (self.setting, self.table)

    def payment_problem(self) -> tuple[str, str] | None:
        reads = "must be `read` or `write`: the bounds of payment roles allow reads by key and query only"
        return (reads, "read") if self.way == "scan" else None

    def policy_characters(self, tables: TablesSettings) -> int:
        if self.table not in tables.all:
            return 0
        return 800 + 110 * len(tables.all[self.table][1].indexes)

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        table = owner.table(self.table)
        grants = {"read": table.grant_read, "scan": table.grant_scan, "write": table.grant_read_write}
        return Access(variables={table_variable(self.table): table.table_name}, grants=[grants[self.way]])
