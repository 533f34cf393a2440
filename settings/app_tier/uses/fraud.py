"""Scoring of payments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Bounds, Use, User


@dataclass(frozen=True)
class FraudUse(Use):
    """Scores payments, where the environment has an engine for it; `settings.interface_endpoints` has its endpoints."""

    setting = "fraud"
    owner = "fraud"
    shared = False
    tables_in_bounds = 2
    characters = 2_700

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.fraud else ()

    def exists(self, owner: Any) -> bool:
        return owner.variables is not None

    def bounds(self, owner: Any) -> Bounds:
        return Bounds(table_arns=owner.table_arns, statements=owner.bounds)

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables=owner.variables, grants=[owner.grant_score])
