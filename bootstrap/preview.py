"""What a preview asks of AWS: the state, the caller, and the program's own looks at what runs."""

from collections.abc import Mapping, Sequence

LOOKS: Mapping[str, Sequence[str]] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": (
        "ec2:DescribeManagedPrefixLists",
        "ec2:GetManagedPrefixListEntries",
    ),
    # Asked by awsx, for an image that is built.
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": ("ecr:GetAuthorizationToken",),
    "aws:ecs/getService:getService": ("ecs:DescribeServices",),
    "aws:lb/getListenerRule:getListenerRule": (
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
    ),
    "aws:networkfirewall/getFirewall:getFirewall": ("network-firewall:DescribeFirewall",),
}
"""Function of the provider to the actions that it takes
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
They read configuration only. The AWS provider's own first call, `sts:GetCallerIdentity`, needs no permission."""


def actions() -> list[str]:
    """All of them, sorted."""
    return sorted({action for looked in LOOKS.values() for action in looked})
