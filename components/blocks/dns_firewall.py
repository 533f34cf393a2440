"""Route 53 Resolver DNS Firewall: the names that a VPC may ask its resolver for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, from_source, policy_document
from components.blocks.ready import once_ready
from components.metric import Metric

# AWS takes 101 to 9,899 for groups of an account's own
# (https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html).
_GROUP_PRIORITY = 101
_ALLOW, _REST = 100, 200


@dataclass(frozen=True, kw_only=True)
class DnsFirewallArgs:
    vpc_id: pulumi.Input[str]
    domains: Sequence[str]
    """Names that are answered; `*.` before one stands for all below."""
    mode: Literal["block", "alert"]
    """What happens to other names: they do not exist, or are answered and logged."""
    fail_open: bool
    """Names are answered while the firewall itself does not answer."""
    log_days: int
    protected: bool
    """AWS refuses to take the firewall off the VPC."""


class DnsFirewall(StoreComponent):
    """Rule group of a VPC that answers listed names only, a log of all queries, and an alarm on other names.

    It holds the whole VPC: AWS associates rule groups with VPCs, rules match names and not who asks, and neither
    security groups, network ACLs nor Network Firewall see queries to the VPC's own resolver
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html,
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html).
    Billed by listed names, 0.0005 USD a month each, and by queries (https://aws.amazon.com/route53/pricing/).
    """

    TYPE = "webstore:blocks:DnsFirewall"

    def __init__(self, name: str, args: DnsFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        group = aws.route53.ResolverFirewallRuleGroup(name, tags={"Name": name}, opts=self._inside)
        allowed = self._rule(
            group,
            "allowed",
            sorted(args.domains),
            priority=_ALLOW,
            action="ALLOW",
            # An alias of a listed name leads where its owner says, and changes without notice.
            redirection="TRUST_REDIRECTION_DOMAIN",
        )
        rest = self._rule(
            group,
            "rest",
            ["*"],
            priority=_REST,
            action=args.mode.upper(),
            redirection="INSPECT_REDIRECTION_DOMAIN",
        )
        aws.route53.ResolverFirewallConfig(
            name,
            resource_id=args.vpc_id,
            firewall_fail_open="ENABLED" if args.fail_open else "DISABLED",
            opts=self._inside,
        )
        self._log()
        aws.route53.ResolverFirewallRuleGroupAssociation(
            name,
            firewall_rule_group_id=once_ready(group.id, *allowed, *rest),
            vpc_id=args.vpc_id,
            priority=_GROUP_PRIORITY,
            mutation_protection="ENABLED" if args.protected else "DISABLED",
            tags={"Name": name},
            opts=self._inside,
        )
        self._watch(group, rest[0])
        self._publish()

    def _rule(
        self,
        group: aws.route53.ResolverFirewallRuleGroup,
        label: str,
        domains: Sequence[str],
        *,
        priority: int,
        action: str,
        redirection: str,
    ) -> tuple[aws.route53.ResolverFirewallDomainList, aws.route53.ResolverFirewallRule]:
        name = f"{self._name}-{label}"
        listed = aws.route53.ResolverFirewallDomainList(name, domains=domains, tags={"Name": name}, opts=self._inside)
        rule = aws.route53.ResolverFirewallRule(
            name,
            firewall_rule_group_id=group.id,
            firewall_domain_list_id=listed.id,
            firewall_domain_redirection_action=redirection,
            priority=priority,
            action=action,
            block_response="NXDOMAIN" if action == "BLOCK" else None,
            opts=self._inside,
        )
        return listed, rule

    def _log(self) -> None:
        """Queries with who asked, and what the firewall did."""
        account_id, region = self.foundation.account_id, self.foundation.region
        log_name = f"/aws/vendedlogs/{in_stack(f'{pulumi.get_project()}-{self._name}', limit=200)}"
        # Without it AWS creates a policy that no stack removes
        # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html).
        permission = aws.cloudwatch.LogResourcePolicy(
            self._name,
            policy_name=in_stack(f"{pulumi.get_project()}-{self._name}", limit=128),
            policy_document=policy_document(
                Statement(
                    sid="AWSLogDeliveryWrite",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    services=["delivery.logs.amazonaws.com"],
                    resources=[f"arn:aws:logs:{region}:{account_id}:log-group:{log_name}:log-stream:*"],
                    conditions=from_source(account_id=account_id, arn=f"arn:aws:logs:{region}:{account_id}:*"),
                )
            ),
            opts=self._inside,
        )
        group = aws.cloudwatch.LogGroup(
            self._name,
            name=log_name,
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._args.log_days,
            opts=self._inside,
        )
        config = aws.route53.ResolverQueryLogConfig(
            self._name,
            destination_arn=once_ready(group.arn, permission),
            tags={"Name": self._name},
            opts=self._inside,
        )
        aws.route53.ResolverQueryLogConfigAssociation(
            self._name,
            resolver_query_log_config_id=config.id,
            resource_id=self._args.vpc_id,
            opts=self._inside,
        )

    def _watch(
        self, group: aws.route53.ResolverFirewallRuleGroup, rest: aws.route53.ResolverFirewallDomainList
    ) -> None:
        done = "refuses" if self._args.mode == "block" else "answers and logs"
        alarm(
            f"{self._name}-others",
            # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-resolver-dns-firewall-with-cloudwatch.html
            metric=Metric(
                namespace="AWS/Route53Resolver",
                name="FirewallRuleQueryVolume",
                dimensions={"FirewallRuleGroupId": group.id, "FirewallDomainListId": rest.id},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=0,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"The DNS firewall {done} names that are not on its list: an attack, data that leaves in names, or"
            " a name that is missing in the list.",
            todo="find who asked for which name in the query log, then list the name in"
            " `network.payment_egress.dns.further_domains` if a service needs it, or stop the task that asks.",
            opts=self._inside,
        )
