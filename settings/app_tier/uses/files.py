"""Files that the tiers share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class FilesUse(Use):
    """The shared files, mounted by EFS."""

    setting = "files"
    owner = "files"
    characters = 420
    runtimes = frozenset({"fargate"})
    denied_to_payments = ("elasticfilesystem:*",)
    clients = "files"

    way: Literal["read", "write"]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.files == "none" else (cls(service.files),)

    def admit(self, owner: Any, clients: Any) -> None:
        owner.admit(clients, purpose="Services that use files")

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        grant = owner.grant_write if self.way == "write" else lambda role: owner.grant_read(role, "app")
        return Access(volumes=[owner.volume("app")], grants=[grant])
