"""Accounts of customers in the user pool."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from functions.common.names import USER_POOL_ID
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class AccountsUse(Use):
    """Accounts of customers, deleted once the customer is erased."""

    setting = "accounts"
    owner = "identity"
    characters = 220
    # https://docs.aws.amazon.com/cognito/latest/developerguide/vpc-interface-endpoints.html
    over_the_internet = "the interface endpoint of Cognito serves no user pool with sign-in pages"

    way: Literal["delete"]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.accounts == "none" else (cls(service.accounts),)

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002
        return Access(variables={USER_POOL_ID: owner.user_pool_id}, grants=[owner.grant_delete_accounts])
