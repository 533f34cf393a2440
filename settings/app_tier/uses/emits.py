"""Events that a service puts on the bus itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import BUS_NAME
from settings.app_tier.microservice import DIRECT, Microservice
from settings.app_tier.uses.use import Access, Use, User
from settings.data import TablesSettings


@dataclass(frozen=True)
class EmitUse(Use):
    """Events that the service puts on the bus itself; the others go by a table's outbox."""

    setting = "emits"
    owner = "events"
    interface_endpoints = ("events",)
    shared = False
    for_triggers = True

    events: tuple[str, ...]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        direct = tuple(sorted(event for event, way in service.emits.items() if way == DIRECT))
        return (cls(direct),) if direct else ()

    def policy_characters(self, tables: TablesSettings) -> int:  # noqa: ARG002
        return 420 * len(self.events)

    def access(self, owner: Any, user: User) -> Access:
        return Access(
            variables={BUS_NAME: owner.bus_name},
            grants=[lambda role: owner.grant_emit(role, user.domain, self.events)],
        )
