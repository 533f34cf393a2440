"""The chat bot."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class ChatUse(Use):
    """Talks to the chat bot in the names of customers, where the environment has one;
    `settings.interface_endpoints` has its endpoint."""

    setting = "chat"
    owner = "chat"
    characters = 160

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.chat else ()

    def exists(self, owner: Any) -> bool:
        return owner.variables is not None

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables=owner.variables, grants=[owner.grant_ask])
