"""The index of products."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class SearchUse(Use):
    """Finds products by words, where the environment has an engine for it."""

    setting = "search"
    owner = "search"
    characters = 240
    denied_to_payments = ("aoss:APIAccessAll", "es:ESHttp*")
    clients = "search"

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.search == "none" else (cls(),)

    def exists(self, owner: Any) -> bool:
        return owner.engine is not None

    def admit(self, owner: Any, clients: Any) -> None:
        owner.admit(clients, purpose="Services that use search")

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables=owner.variables, grants=[owner.grant_read])
