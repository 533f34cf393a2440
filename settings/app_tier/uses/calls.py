"""Other services, called by Service Connect."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Use


@dataclass(frozen=True)
class CallUse(Use):
    """Requests to another service; the proxies of Service Connect carry them."""

    setting = "calls"
    owner = "services"
    runtimes = frozenset({"fargate"})
    shared = False

    callee: str

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(callee) for callee in service.calls)
