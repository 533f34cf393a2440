"""The payment provider."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import PAYMENT_PROVIDER_URL
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class PaymentProviderUse(Use):
    """The provider's API, by the way that `network.payment_egress` leaves to payment services."""

    setting = "payment_provider"
    owner = "services"
    shared = False

    url: str

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.payment_provider is None else (cls(service.payment_provider),)

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={PAYMENT_PROVIDER_URL: self.url})
