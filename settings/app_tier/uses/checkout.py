"""The store's own prices of delivery and rates of tax."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import CHECKOUT
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class CheckoutUse(Use):
    """Section `checkout` of the settings, as the service reads it."""

    setting = "checkout"
    owner = "checkout"

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.checkout else ()

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={CHECKOUT: owner.model_dump_json()})
