"""A security group that is closed in both directions until a rule names the other end."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    vpc_id: pulumi.Input[str]
    description: str
    """Owner and admitted sources; a change replaces the group."""


class SecurityGroup(StoreComponent):
    """VPC security group without inline rules; every rule names its other end and its purpose.

    A rule between two groups is made on both: ingress on the target, egress on the source.
    Limit: 60 rules per direction and group
    (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups).
    """

    TYPE = "webstore:blocks:SecurityGroup"
    OUTPUTS = ("group_id",)
    group_id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        group = aws.ec2.SecurityGroup(
            name,
            vpc_id=args.vpc_id,
            description=args.description,
            revoke_rules_on_delete=True,
            tags={"Name": name},
            opts=self._inside,
        )
        self.group_id = group.id
        self._publish()

    def admit(self, source: "SecurityGroup", *, port: int, purpose: str) -> None:
        """Let members of `source` open TCP connections to `port` of this group's members."""
        self._ingress(source._name, port, purpose, referenced_security_group_id=source.group_id)
        source._egress(self._name, port, purpose, referenced_security_group_id=self.group_id)

    def admit_prefix_list(self, prefix_list_id: pulumi.Input[str], *, label: str, port: int, purpose: str) -> None:
        """Let addresses of an AWS-managed prefix list open TCP connections to `port`."""
        self._ingress(label, port, purpose, prefix_list_id=prefix_list_id)

    def reach_prefix_list(self, prefix_list_id: pulumi.Input[str], *, label: str, port: int, purpose: str) -> None:
        """Let members open TCP connections to `port` of the addresses of an AWS-managed prefix list."""
        self._egress(label, port, purpose, prefix_list_id=prefix_list_id)

    def reach_addresses(self, cidr_blocks: Sequence[str], *, label: str, port: int, purpose: str) -> None:
        """Let members open TCP connections to `port` of the addresses in these blocks, through the NAT gateways."""
        for block in cidr_blocks:
            self._egress(f"{label}-{block.replace('/', '-')}", port, purpose, cidr_ipv4=block)

    def reach_internet(self, *, port: int, purpose: str) -> None:
        """Let members open TCP connections to `port` anywhere, through the NAT gateways."""
        # Egress only: public registries and third parties have no fixed addresses.
        self._egress("internet", port, purpose, cidr_ipv4="0.0.0.0/0")

    def _ingress(
        self,
        source: str,
        port: int,
        purpose: str,
        *,
        referenced_security_group_id: pulumi.Input[str] | None = None,
        prefix_list_id: pulumi.Input[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{source}-{port}",
            security_group_id=self.group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=purpose,
            opts=self._inside,
            referenced_security_group_id=referenced_security_group_id,
            prefix_list_id=prefix_list_id,
        )

    def _egress(
        self,
        target: str,
        port: int,
        purpose: str,
        *,
        referenced_security_group_id: pulumi.Input[str] | None = None,
        prefix_list_id: pulumi.Input[str] | None = None,
        cidr_ipv4: pulumi.Input[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-{target}-{port}",
            security_group_id=self.group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=purpose,
            opts=self._inside,
            referenced_security_group_id=referenced_security_group_id,
            prefix_list_id=prefix_list_id,
            cidr_ipv4=cidr_ipv4,
        )
