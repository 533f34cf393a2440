"""The accelerator in front of tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import DAX_ENDPOINT
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class DaxUse(Use):
    """Reads through the accelerator, where the environment has one."""

    setting = "dax"
    owner = "data"
    characters = 240
    denied_to_payments = ("dax:*",)
    clients = "dax"

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.dax else ()

    def exists(self, owner: Any) -> bool:
        return owner.dax is not None

    def admit(self, owner: Any, clients: Any) -> None:
        owner.dax.admit(clients, purpose="Services that use dax")

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={DAX_ENDPOINT: owner.dax.endpoint}, grants=[owner.dax.grant_read])
