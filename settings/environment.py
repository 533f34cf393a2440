"""Section `environment`: name, account, Region and owner of the environment."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section
from settings.geography import RegionName
from settings.types import AccountId, RoleArn, TagValue, Word


class EnvironmentSettings(Section):
    name: Word
    """Environment: the stack's name or its beginning (`prod`, `prod-eu`); part of tags and of the output contract."""

    profile: Literal["dev", "staging", "prod"]
    """Guarantees to hold: `prod` demands three zones, a NAT gateway per zone, blocking WAF rules and protection."""

    account_id: AccountId
    """AWS account; a preview or an update in any other account is refused by the provider. Texts of all sections write
    it as `${account}`, and the Region as `${region}` (`$${` stands for `${`), so that both stand here alone."""

    region: RegionName
    """Home Region. Resources of CloudFront are in us-east-1 in any case. Nothing of a deployed store moves: another
    Region replaces tables, files, keys and the user pool by empty ones; a store elsewhere is a new stack."""

    assume_role_arn: RoleArn | None = None
    """Role in the account that Pulumi assumes; without it the caller's own credentials are used."""

    other_accounts: dict[AccountId, Annotated[str, Field(min_length=1, max_length=256)]] = Field(
        default={}, examples=[{"999999999999": "Registry of the platform team"}]
    )
    """Further accounts that ARNs and registries of the settings may name, such as one registry for all environments,
    each with what it is for. Fields for partners, like `owners` of feeds, take every account."""

    owner: TagValue
    """Team that answers for the environment (tag `owner`)."""

    cost_center: TagValue
    """Cost centre that pays for it (tag `cost-center`)."""

    protect: bool = True
    """Protect resources with customer data or media from deletion, in Pulumi (`protect`) and in AWS."""

    @property
    def tags(self) -> dict[str, str]:
        """Default tags of every taggable resource."""
        return {
            "application": "web-store",
            "environment": self.name,
            "owner": self.owner,
            "cost-center": self.cost_center,
        }
