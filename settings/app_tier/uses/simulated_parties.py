"""Simulated third parties of a test environment, beside the simulated payment provider."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.third_parties import VARIABLES
from settings.app_tier.uses.use import Access, Use, User
from settings.third_parties import SimulatedParty


@dataclass(frozen=True)
class SimulatedPartyUse(Use):
    """Calls it as it would a real one, by the store's own address. It needs no key: it reckons, and keeps nothing."""

    setting = "simulated_parties"
    owner = "simulated_provider"
    over_the_internet = "simulated third parties are at the store's own address"

    kind: SimulatedParty

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return tuple(cls(kind) for kind in service.simulated_parties)

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={VARIABLES[self.kind]: owner.url_of(self.kind)})
