"""Stores that customers visit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class LocationUse(Use):
    """Lists the stores that customers visit, where the environment has some."""

    setting = "location"
    owner = "location"
    characters = 420
    over_the_internet = "places are found by the API of Amazon Location, an endpoint of which would bill by the hour"

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.location == "none" else (cls(),)

    def exists(self, owner: Any) -> bool:
        return owner.variables is not None

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables=owner.variables, grants=[owner.grant_find] if owner.asks else [])
