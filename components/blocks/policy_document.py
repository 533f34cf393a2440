"""IAM and resource policies from typed statements.

What is known stays known: a document whose values are all plain strings can be read by policy packs in the first
preview, so prefer names and account ids from the settings over outputs of resources.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

Condition = Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]]

# Every action that an identity may be allowed on all resources, because IAM knows no resource for it
# (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
WITHOUT_RESOURCE: Mapping[str, str] = {
    "ec2:AssignPrivateIpAddresses": "Lambda joins a function to the VPC before its network interfaces exist",
    "ec2:CreateNetworkInterface": "Lambda joins a function to the VPC before its network interfaces exist",
    "ec2:DeleteNetworkInterface": "Lambda joins a function to the VPC; the function's own code is denied it",
    "ec2:DescribeNetworkInterfaces": "listing has no resource",
    "ec2:DescribeSecurityGroups": "listing has no resource",
    "ec2:DescribeSubnets": "listing has no resource",
    "ec2:DescribeVpcs": "listing has no resource",
    "ec2:UnassignPrivateIpAddresses": "Lambda joins a function to the VPC; the function's own code is denied it",
    "ecr:GetAuthorizationToken": "the token is for the registry as a whole",
    "elasticloadbalancing:DescribeListeners": "listing has no resource",
    "elasticloadbalancing:DescribeRules": "listing has no resource",
    "elasticloadbalancing:DescribeTargetGroups": "listing has no resource",
    "elasticloadbalancing:DescribeTargetHealth": "listing has no resource",
    "logs:DescribeLogGroups": "listing has no resource",
    "ssmmessages:CreateControlChannel": "channels of command sessions have no names",
    "ssmmessages:CreateDataChannel": "channels of command sessions have no names",
    "ssmmessages:OpenControlChannel": "channels of command sessions have no names",
    "ssmmessages:OpenDataChannel": "channels of command sessions have no names",
    "xray:GetSamplingRules": "sampling rules are the account's",
    "xray:GetSamplingTargets": "sampling rules are the account's",
    "xray:PutTelemetryRecords": "traces have no resource",
    "xray:PutTraceSegments": "traces have no resource",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy.

    Resource policies name who is meant by exactly one of `services`, `principals` or `anyone`; identity policies by
    none of them.

    Raises:
        ValueError: no action, an allowed `*` action, anyone allowed without a condition, more than one kind of
            principal, or an identity that may do on every resource what is not in `WITHOUT_RESOURCE`.
    """

    sid: str
    """Letters and digits, unique in its document."""
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    """ARNs; left out in trust policies only. In a key policy `*` means the key itself."""
    effect: Literal["Allow", "Deny"] = "Allow"
    services: Sequence[str] = ()
    """AWS services, such as `ecs-tasks.amazonaws.com`."""
    principals: Sequence[pulumi.Input[str]] = ()
    """ARNs of accounts, roles or users."""
    anyone: bool = False
    """Every principal: for denials, and for grants that a condition narrows."""
    conditions: Condition = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.sid.isascii() and self.sid.isalnum()):
            raise ValueError(f"statement id {self.sid!r}: AWS takes letters and digits only")
        if not self.actions:
            raise ValueError(f"statement {self.sid}: name at least one action")
        if self.effect == "Allow" and "*" in self.actions:
            raise ValueError(f"statement {self.sid}: allows every action; name those that are needed")
        if sum(map(bool, (self.services, self.principals, self.anyone))) > 1:
            raise ValueError(f"statement {self.sid}: give one of services, principals or anyone")
        if self.effect == "Allow" and self.anyone and not self.conditions:
            raise ValueError(f"statement {self.sid}: allows anyone without a condition; name the principals")
        of_identity = not (self.services or self.principals or self.anyone)
        if self.effect == "Allow" and of_identity and "*" in self.resources:
            narrow = sorted(set(self.actions) - WITHOUT_RESOURCE.keys())
            if narrow:
                raise ValueError(f"statement {self.sid}: {', '.join(narrow)} on every resource; name the resources")

    def to_dict(self) -> dict[str, Any]:
        """The statement in IAM's own words."""
        statement: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        if self.anyone:
            statement["Principal"] = "*"
        elif self.services:
            statement["Principal"] = {"Service": _one_or_list(self.services)}
        elif self.principals:
            statement["Principal"] = {"AWS": _one_or_list(self.principals)}
        statement["Action"] = _one_or_list(self.actions)
        if self.resources:
            statement["Resource"] = _one_or_list(self.resources)
        if self.conditions:
            statement["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return statement


def policy_document(*statements: Statement) -> pulumi.Output[str]:
    """The policy's JSON text.

    Raises:
        ValueError: no statement, or two statements with the same id.
    """
    ids = [statement.sid for statement in statements]
    if not ids or len(ids) != len(set(ids)):
        raise ValueError(f"a policy needs statements with ids of their own, these have: {', '.join(ids) or 'none'}")
    document = {"Version": "2012-10-17", "Statement": [statement.to_dict() for statement in statements]}
    return pulumi.Output.json_dumps(document)


def trust_policy(
    service: str, *, account_id: str | None = None, source_arn: pulumi.Input[str] | None = None
) -> pulumi.Output[str]:
    """Trust policy of a role that an AWS service assumes.

    `account_id` and `source_arn` (may hold wildcards) keep the service from using the role for somebody else's resource
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    """
    return policy_document(
        Statement(
            sid="AssumedByService",
            actions=["sts:AssumeRole"],
            services=[service],
            conditions=from_source(account_id=account_id, arn=source_arn),
        )
    )


def from_source(*, account_id: str | None = None, arn: pulumi.Input[str] | None = None) -> Condition:
    """Conditions that hold a service to requests for one account, or for one resource (ARN, may hold wildcards)."""
    conditions: dict[str, Mapping[str, pulumi.Input[str]]] = {}
    if account_id is not None:
        conditions["StringEquals"] = {"aws:SourceAccount": account_id}
    if arn is not None:
        conditions["ArnLike"] = {"aws:SourceArn": arn}
    return conditions


def deny_without_tls(action: str, *resources: pulumi.Input[str]) -> Statement:
    """Refuse `action` (such as `s3:*`) over plain HTTP, whoever asks."""
    return Statement(
        sid="DenyWithoutTls",
        effect="Deny",
        actions=[action],
        resources=resources,
        anyone=True,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def account_root(account_id: str) -> str:
    """Principal that stands for a whole account, whose IAM policies then decide."""
    return f"arn:aws:iam::{account_id}:root"


def _one_or_list(values: Sequence[Any]) -> Any:
    # AWS stores a single value without its list; the same spelling keeps refreshes free of differences.
    return values[0] if len(values) == 1 else list(values)
