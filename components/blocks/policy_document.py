"""IAM and resource policies from typed statements.

Policy packs can read a document in the first preview only if all its values are plain strings: prefer names and account
ids of the settings to outputs of resources.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

Condition = Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]]

# Actions that an identity policy may allow on all resources, and why; most have no resource-level permissions
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
    "ecr:GetAuthorizationToken": "the token is for the whole registry",
    "elasticloadbalancing:DescribeListeners": "listing has no resource",
    "elasticloadbalancing:DescribeRules": "listing has no resource",
    "elasticloadbalancing:DescribeTargetGroups": "listing has no resource",
    "elasticloadbalancing:DescribeTargetHealth": "listing has no resource",
    "logs:DescribeLogGroups": "listing has no resource",
    "personalize:PutEvents": "events name a tracker by its id, and the action has no resource",
    "ssmmessages:CreateControlChannel": "channels of command sessions have no names",
    "ssmmessages:CreateDataChannel": "channels of command sessions have no names",
    "ssmmessages:OpenControlChannel": "channels of command sessions have no names",
    "ssmmessages:OpenDataChannel": "channels of command sessions have no names",
    "xray:GetSamplingRules": "sampling rules belong to the account",
    "xray:GetSamplingTargets": "sampling rules belong to the account",
    "xray:PutTelemetryRecords": "traces have no resource",
    "xray:PutTraceSegments": "traces have no resource",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy.

    A statement of a resource policy has exactly one of `services`, `principals` and `anyone`, one of an identity policy
    none of them.

    Raises:
        ValueError: no action, an allowed action `*`, anyone allowed without a condition, more than one kind of
            principal, or an identity policy that allows an action on `*` that is not in `WITHOUT_RESOURCE`.
    """

    sid: str
    """Letters and digits, unique in its document."""
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    """ARNs; empty in trust policies only. In a key policy `*` is the key itself."""
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
            raise ValueError(f"statement id {self.sid!r} must consist of letters and digits")
        if not self.actions:
            raise ValueError(f"statement {self.sid} must name at least one action")
        if self.effect == "Allow" and "*" in self.actions:
            raise ValueError(f"statement {self.sid} must not allow every action: name the actions that are needed")
        if sum(map(bool, (self.services, self.principals, self.anyone))) > 1:
            raise ValueError(f"statement {self.sid} must have one of services, principals or anyone, not several")
        if self.effect == "Allow" and self.anyone and not self.conditions:
            raise ValueError(
                f"statement {self.sid} must not allow anyone without a condition: add one, or name the principals"
            )
        of_identity = not (self.services or self.principals or self.anyone)
        if self.effect == "Allow" and of_identity and "*" in self.resources:
            narrow = sorted(set(self.actions) - WITHOUT_RESOURCE.keys())
            if narrow:
                raise ValueError(
                    f"statement {self.sid} must not allow {', '.join(narrow)} on every resource: name the resources"
                )

    def to_dict(self) -> dict[str, Any]:
        """The statement in IAM's JSON form."""
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
        raise ValueError(
            f"a policy must have at least one statement, each with its own id, and has: {', '.join(ids) or 'none'}"
        )
    document = {"Version": "2012-10-17", "Statement": [statement.to_dict() for statement in statements]}
    return pulumi.Output.json_dumps(document)


def trust_policy(
    service: str, *, account_id: str | None = None, source_arn: pulumi.Input[str] | None = None
) -> pulumi.Output[str]:
    """Trust policy of a role that an AWS service assumes.

    `account_id` and `source_arn` (wildcards allowed) keep the service from using the role for other accounts' resources
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
    """Conditions on the account, or the resource (ARN, wildcards allowed), for which a service makes a request."""
    conditions: dict[str, Mapping[str, pulumi.Input[str]]] = {}
    if account_id is not None:
        conditions["StringEquals"] = {"aws:SourceAccount": account_id}
    if arn is not None:
        conditions["ArnLike"] = {"aws:SourceArn": arn}
    return conditions


def for_foreign_roles(
    role_arns: Sequence[str],
    *,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]] = (),
    conditions: Condition | None = None,
) -> Statement:
    """A statement of a resource or trust policy for roles of other accounts, which need not exist yet.

    AWS refuses a policy that names a role which is not there, and replaces the name by the role's unique id, so that a
    role that is made again has no access
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles). So
    the statement names the accounts, and the roles in a condition. `aws:PrincipalArn` is in every signed request
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn).
    """
    roots = dict.fromkeys(account_root(arn.split(":")[4], partition=arn.split(":")[1]) for arn in role_arns)
    return Statement(
        sid=sid,
        principals=list(roots),
        actions=actions,
        resources=resources,
        conditions={**(conditions or {}), "ArnEquals": {"aws:PrincipalArn": _one_or_list(role_arns)}},
    )


def deny_without_tls(action: str, *resources: pulumi.Input[str]) -> Statement:
    """Deny `action` (such as `s3:*`) over plain HTTP to every principal."""
    return Statement(
        sid="DenyWithoutTls",
        effect="Deny",
        actions=[action],
        resources=resources,
        anyone=True,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def account_root(account_id: str, *, partition: str = "aws") -> str:
    """Principal of a whole account, which delegates to the account's IAM policies."""
    return f"arn:{partition}:iam::{account_id}:root"


def _one_or_list(values: Sequence[Any]) -> Any:
    # AWS stores a single value without a list; a refresh finds no difference in the same form.
    return values[0] if len(values) == 1 else list(values)
