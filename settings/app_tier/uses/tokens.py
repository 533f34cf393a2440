"""Tokens of customers and machines."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import TOKEN_ISSUER
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class TokenUse(Use):
    """Tokens that come with requests, verified with the user pool's keys; `settings.relations.tokens` has the way to
    them."""

    setting = "callers"
    owner = "identity"
    shared = False

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.verifies_tokens else ()

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={TOKEN_ISSUER: owner.issuer_url})
