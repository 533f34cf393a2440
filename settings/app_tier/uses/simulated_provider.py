"""The simulated payment provider of a test environment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from functions.common.names import PAYMENT_PROVIDER_KEY, PAYMENT_PROVIDER_URL, STORE_URL
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class SimulatedProviderUse(Use):
    """Calls it as it would a real one, by the store's own address; or serves it. Both have the key of the calls."""

    setting = "simulated_provider"
    owner = "simulated_provider"
    runtimes = frozenset({"fargate"})
    interface_endpoints = ("secretsmanager",)
    over_the_internet = "the simulated provider and the store call each other at the store's own address"

    way: Literal["call", "serve"]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.simulated_provider == "none" else (cls(service.simulated_provider),)

    def payment_problem(self) -> tuple[str, str] | None:
        if self.way == "call":
            return None
        return "must not be served inside the payment boundary: a provider is somebody else's", "`boundary: shared`"

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        variables = (
            {PAYMENT_PROVIDER_URL: owner.url_of("payment")} if self.way == "call" else {STORE_URL: owner.store_url}
        )
        return Access(variables=variables, secrets={PAYMENT_PROVIDER_KEY: owner.key})
