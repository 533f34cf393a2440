"""Calls of other services."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import function_variable
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class CallUse(Use):
    """Requests to another service: the proxies of Service Connect carry those to tasks, a function is invoked."""

    setting = "calls"
    owner = "services"
    characters = 220
    shared = False

    callee: str

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(callee) for callee in service.calls)

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        function = owner.get(self.callee)
        if function is None:
            return Access()
        return Access(
            variables={function_variable(self.callee): function.function_name}, grants=[function.grant_invoke]
        )
