"""Deliveries on their way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class DeliveriesUse(Use):
    """Follows deliveries into and out of the areas around their addresses, where the environment tracks them."""

    setting = "deliveries"
    owner = "location"
    runtimes = frozenset({"lambda"})
    characters = 560

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.deliveries == "none" else (cls(),)

    def exists(self, owner: Any) -> bool:
        return owner.delivery_queue_arn is not None

    def access(self, owner: Any, user: User) -> Access:
        return Access(
            grants=[owner.grant_follow],
            sources=[
                lambda function, opts: function.consume(f"{user.name}-deliveries", owner.delivery_queue_arn, opts)
            ],
        )
