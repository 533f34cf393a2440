"""The queue of orders for the order management system."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from functions.common.names import ORDERS_QUEUE_URL
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class OrdersUse(Use):
    """Sends orders, or takes them in the place of the order management system."""

    setting = "orders"
    owner = "orders"
    interface_endpoints = ("sqs",)
    characters = 540

    way: Literal["send", "take"]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.orders == "none" else (cls(service.orders),)

    def access(self, owner: Any, user: User) -> Access:
        access = Access(variables={ORDERS_QUEUE_URL: owner.queue_url})
        if self.way == "send":
            access.grants.append(owner.grant_send)
            return access
        if not owner.taken:
            return access
        access.grants.append(owner.grant_receive)
        access.sources.append(lambda function, opts: function.consume(f"{user.name}-orders", owner.queue_arn, opts))
        return access
