"""Third parties that a service calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import OFF, PAYMENT_PROVIDER_URL, SHIPPING_URL, TAX_URL
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User

VARIABLES: Mapping[str, str] = {
    "payment": PAYMENT_PROVIDER_URL,
    "shipping": SHIPPING_URL,
    "tax": TAX_URL,
}
"""Kind of party to the variable with its address."""


@dataclass(frozen=True)
class ThirdPartyUse(Use):
    """The API of a third party; of one that is switched off the address is `OFF`."""

    setting = "third_parties"
    owner = "third_parties"
    over_the_internet = "third parties are on the internet"

    party: str

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return tuple(cls(party) for party in service.third_parties)

    def payment_problem(self) -> tuple[str, str] | None:
        return None  # `settings.relations.third_parties` knows the kind

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={VARIABLES[owner.parties[self.party].kind]: owner.url_of(self.party) or OFF})
