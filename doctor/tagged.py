"""What the stack has in the account already, by its tags."""

from doctor.account import Account
from doctor.program import Program


def owned_arns(account: Account, program: Program, region: str, *types: str) -> list[str]:
    """ARNs of resources of the tagging API's `types` that carry the stack's tags `application` and `environment`.

    Raises:
        UnseenError: as `Account.call`.
    """
    tags = program.settings.environment.tags
    filters = [{"Key": key, "Values": [tags[key]]} for key in ("application", "environment")]
    found = account.every(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        region=region,
        TagFilters=filters,
        ResourceTypeFilters=list(types),
    )
    return [entry["ResourceARN"].removesuffix(":*") for entry in found]


def owned(account: Account, program: Program, region: str, type_: str) -> int:
    """How many there are."""
    return len(owned_arns(account, program, region, type_))
