"""The application tier's cache."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class CacheUse(Use):
    """Transformed answers, kept in Valkey."""

    setting = "cache"
    owner = "data"
    characters = 320
    denied_to_payments = ("elasticache:Connect",)
    clients = "cache"

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.cache else ()

    def admit(self, owner: Any, clients: Any) -> None:
        owner.cache.admit(clients, purpose="Services that use cache")

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables=owner.cache.variables, grants=[owner.cache.grant_connect])
