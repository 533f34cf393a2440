"""What customers are recommended."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class PersonalizationUse(Use):
    """Tells the engine of views and purchases, and asks it for recommendations, where the environment has one."""

    setting = "personalization"
    owner = "personalization"
    characters = 420
    over_the_internet = (
        "events and recommendations pass by the API of Personalize, endpoints of which would bill by the hour"
    )

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.personalization else ()

    def exists(self, owner: Any) -> bool:
        return owner.variables is not None

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables=owner.variables, grants=[owner.grant_recommend])
