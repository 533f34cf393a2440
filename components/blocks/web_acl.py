"""A regional AWS WAF web ACL: managed rule groups, a rate limit, and a redacted log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack

# Addresses of bad reputation, common attacks, known bad inputs (Log4j among them), SQL injection: 25, 700, 200 and 200,
# with the rate limit 1,127 of the 1,500 capacity units that a web ACL has at its basic price
# (https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html).
BASELINE_GROUPS = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
)
_SECRET_HEADERS = ("authorization", "cookie", "x-api-key")


@dataclass(frozen=True, kw_only=True)
class RegionalWebAclArgs:
    """What a web ACL checks."""

    logs_key_arn: pulumi.Input[str]
    """Key of the log group."""
    log_days: int
    requests_per_5_minutes: int
    """Limit for one client address."""
    mode: Literal["block", "count"] = "block"
    """`count` lets everything pass and only counts, for the first days of a rule set."""
    client_header: str | None = None
    """Header that holds the client's address, for the rate limit; without it the connection's. Behind CloudFront every
    connection comes from CloudFront, and X-Forwarded-For is no help: WAF reads its first address, which the client
    writes (https://docs.aws.amazon.com/waf/latest/APIReference/API_ForwardedIPConfig.html)."""
    reached_directly: bool = False
    """Others than CloudFront reach the resource, too, and write into `client_header` what they like: requests are
    counted by header and connection together, so that nobody uses up a customer's limit from elsewhere. Requests
    without the header are not counted."""
    groups: Sequence[str] = BASELINE_GROUPS
    counted_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Rules that only count, by managed group."""
    redacted_headers: Sequence[str] = ()
    """Headers, beside those that carry credentials by custom, that stay out of the log."""


class RegionalWebAcl(StoreComponent):
    """Web ACL for load balancers, REST API stages and user pools, with its log group.

    Cost: a monthly price for the ACL and for each rule, and one by requests (https://aws.amazon.com/waf/pricing/).
    """

    TYPE = "webstore:blocks:RegionalWebAcl"
    OUTPUTS = ("web_acl_arn", "log_group_name")
    web_acl_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: RegionalWebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        groups = [_managed(group, priority, args) for priority, group in enumerate(args.groups, start=1)]
        acl = aws.wafv2.WebAcl(
            name,
            scope="REGIONAL",
            description=f"Rules of {name}",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=[_rate_limit(args), *groups],
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=in_stack(name, limit=128), sampled_requests_enabled=False
            ),
            opts=self._inside,
        )
        log_group = aws.cloudwatch.LogGroup(
            name,
            # WAF delivers to groups of this prefix only
            # (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html).
            name=in_stack(f"aws-waf-logs-{name}", limit=512),
            kms_key_id=args.logs_key_arn,
            retention_in_days=args.log_days,
            opts=self._inside,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            name,
            resource_arn=acl.arn,
            log_destination_configs=[log_group.arn],
            redacted_fields=[
                aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                    single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(name=header)
                )
                for header in sorted({*_SECRET_HEADERS, *map(str.lower, args.redacted_headers)})
            ],
            opts=self._inside,
        )
        self.web_acl_arn = acl.arn
        self.log_group_name = log_group.name
        self._publish()

    def protect_resource(self, label: str, resource_arn: pulumi.Input[str]) -> None:
        """Put a load balancer, REST API stage or user pool behind this web ACL."""
        aws.wafv2.WebAclAssociation(
            f"{self._name}-{label}",
            resource_arn=resource_arn,
            web_acl_arn=self.web_acl_arn,
            opts=self._inside,
        )


def _managed(group: str, priority: int, args: RegionalWebAclArgs) -> aws.wafv2.WebAclRuleArgs:
    return aws.wafv2.WebAclRuleArgs(
        name=group,
        priority=priority,
        override_action=aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs())
        if args.mode == "block"
        else aws.wafv2.WebAclRuleOverrideActionArgs(count=aws.wafv2.WebAclRuleOverrideActionCountArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS",
                name=group,
                rule_action_overrides=[
                    aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
                        name=rule,
                        action_to_use=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
                            count=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
                        ),
                    )
                    for rule in sorted(args.counted_rules.get(group, ()))
                ]
                or None,
            )
        ),
        visibility_config=_visible(group),
    )


def _rate_limit(args: RegionalWebAclArgs) -> aws.wafv2.WebAclRuleArgs:
    return aws.wafv2.WebAclRuleArgs(
        name="rate-limit",
        priority=0,
        action=aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs())
        if args.mode == "block"
        else aws.wafv2.WebAclRuleActionArgs(count=aws.wafv2.WebAclRuleActionCountArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(rate_based_statement=_rate(args)),
        visibility_config=_visible("rate-limit"),
    )


def _rate(args: RegionalWebAclArgs) -> aws.wafv2.WebAclRuleStatementRateBasedStatementArgs:
    rate = aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
        limit=args.requests_per_5_minutes, evaluation_window_sec=300, aggregate_key_type="IP"
    )
    if args.client_header is not None and args.reached_directly:
        rate.aggregate_key_type = "CUSTOM_KEYS"
        rate.custom_keys = [
            aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyArgs(
                ip=aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyIpArgs()
            ),
            aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyArgs(
                header=aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyHeaderArgs(
                    name=args.client_header.lower(),
                    text_transformations=[
                        aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyHeaderTextTransformationArgs(
                            priority=0, type="NONE"
                        )
                    ],
                )
            ),
        ]
    elif args.client_header is not None:
        rate.aggregate_key_type = "FORWARDED_IP"
        rate.forwarded_ip_config = aws.wafv2.WebAclRuleStatementRateBasedStatementForwardedIpConfigArgs(
            header_name=args.client_header, fallback_behavior="MATCH"
        )
    return rate


def _visible(metric_name: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    # Samples show whole headers, session cookies among them, to everyone who may see WAF; the log has them redacted.
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=metric_name, sampled_requests_enabled=False
    )
