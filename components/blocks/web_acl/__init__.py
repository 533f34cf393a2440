"""AWS WAF web ACLs of both scopes, with rules, data protection and log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.web_acl.rules import RESPONSES, Clients, rules_of, visible
from settings.types import EDGE_REGION
from settings.web_acl import AnyWebAcl, ApiWebAclSettings, EdgeWebAclSettings, UserPoolWebAclSettings

__all__ = ["Clients", "RegionalWebAcl", "WebAcl", "WebAclArgs", "web_acl"]

_SECRET_HEADERS = ("authorization", "cookie", "x-api-key")
_WITHOUT_ALLOWED: aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgsDict = {
    "default_behavior": "DROP",
    "filters": [
        {
            "behavior": "KEEP",
            "requirement": "MEETS_ANY",
            "conditions": [
                {"action_condition": {"action": action}}
                for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT", "CAPTCHA", "CHALLENGE")
            ],
        }
    ],
}


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    settings: AnyWebAcl
    log_days: int
    """Retention of the log without `settings.log_days`."""
    clients: Clients = field(default_factory=Clients)
    redacted_headers: Sequence[str] = ()
    """Headers that samples and log omit, beside the usual headers with credentials."""


@dataclass(frozen=True, kw_only=True)
class WebAcl:
    """ARN and metric name of a web ACL."""

    arn: pulumi.Output[str]
    metric_name: str


def web_acl(
    name: str,
    args: WebAclArgs,
    *,
    scope: Literal["CLOUDFRONT", "REGIONAL"],
    description: str,
    key_arn: pulumi.Input[str],
    log: str,
    log_group_name: str,
    opts: pulumi.ResourceOptions,
) -> WebAcl:
    """A web ACL with its log, as children of the parent in `opts`.

    WAF samples requests. Data protection removes headers with credentials from samples and all other destinations; the
    log's own redaction stays in force if somebody edits the web ACL
    (https://docs.aws.amazon.com/waf/latest/APIReference/API_DataProtectionConfig.html).

    AWS charges extra above 1,500 capacity units (WCU), and accepts 5,000
    (https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html). Common rules 700, known bad
    inputs 200, SQL injection 200, each of anonymous addresses, bots, account takeover, account creation and floods 50,
    IP reputation 25 (https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html); a rate
    limit 2, for a path 24 (rate 2, start of the path 2, two transformations of 10), and 60 more if it counts by
    connection and header (30 for each custom key); countries and size of body 1 each; closed paths 23 (regular
    expression 3, two transformations); the exception of the API's paths 3; the exception of health checks 4 in each of
    two rules; that of uncounted addresses 1 in each rate limit. All rules with three paths have 1,485 WCU at the edge;
    the defaults have 1,187 at the API and fewer at load balancer and user pool.

    Args:
        key_arn: Key of the log group, in its Region.
        log: Logical name of the log's resources.
        log_group_name: Physical name; WAF requires the prefix `aws-waf-logs-`
            (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html).
    """
    settings = args.settings
    region = EDGE_REGION if scope == "CLOUDFRONT" else None
    headers = sorted({*_SECRET_HEADERS, *map(str.lower, args.redacted_headers)})
    uncounted = args.clients.uncounted_addresses
    own = (
        aws.wafv2.IpSet(
            f"{name}-uncounted",
            scope=scope,
            description="Addresses of tasks of the store, which no rate limit counts",
            ip_address_version="IPV4",
            addresses=[pulumi.Output.format("{0}/32", address) for address in uncounted],
            region=region,
            opts=opts,
        )
        if uncounted
        else None
    )
    # With the stack's name: stacks of one account share the metrics of their Region.
    metric_name = in_stack(name, limit=128)
    acl = aws.wafv2.WebAcl(
        name,
        scope=scope,
        description=description,
        default_action={"allow": {}},
        rules=rules_of(settings, args.clients, at_edge=scope == "CLOUDFRONT", uncounted_arn=own.arn if own else None),
        custom_response_bodies=[
            {"key": key, "content": text, "content_type": "TEXT_PLAIN"} for key, text in RESPONSES.items()
        ]
        if scope == "CLOUDFRONT"
        else None,
        association_config=_inspected(settings),
        data_protection_config={
            "data_protections": [
                {"action": "SUBSTITUTION", "field": {"field_type": "SINGLE_HEADER", "field_keys": headers}}
            ]
        },
        visibility_config=visible(metric_name),
        region=region,
        opts=opts,
    )
    group = aws.cloudwatch.LogGroup(
        log,
        name=log_group_name,
        retention_in_days=args.log_days if settings.log_days is None else settings.log_days,
        kms_key_id=key_arn,
        region=region,
        opts=opts,
    )
    aws.wafv2.WebAclLoggingConfiguration(
        log,
        resource_arn=acl.arn,
        log_destination_configs=[group.arn],
        redacted_fields=[{"single_header": {"name": header}} for header in headers],
        logging_filter=None if settings.log_allowed else _WITHOUT_ALLOWED,
        region=region,
        opts=opts,
    )
    return WebAcl(arn=acl.arn, metric_name=metric_name)


def _inspected(settings: AnyWebAcl) -> aws.wafv2.WebAclAssociationConfigArgsDict | None:
    """Size of the body that the rules inspect. 16 KiB are the default and free; load balancers have a fixed 8 KiB."""
    kib = settings.max_body_kib
    if kib is None or kib <= 16:
        return None
    limit = f"KB_{kib}"
    match settings:
        case EdgeWebAclSettings():
            return {"request_bodies": [{"cloudfront": {"default_size_inspection_limit": limit}}]}
        case ApiWebAclSettings():
            return {"request_bodies": [{"api_gateway": {"default_size_inspection_limit": limit}}]}
        case UserPoolWebAclSettings():
            return {"request_bodies": [{"cognito_user_pool": {"default_size_inspection_limit": limit}}]}


class RegionalWebAcl(StoreComponent):
    """Web ACL for load balancers, REST API stages and user pools, with its log group.

    Billed by web ACL, rule and requests (https://aws.amazon.com/waf/pricing/).
    """

    TYPE = "webstore:blocks:RegionalWebAcl"

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        acl = web_acl(
            name,
            args,
            scope="REGIONAL",
            description=f"Rules of {name}",
            key_arn=self.foundation.keys.logs_key_arn,
            log=name,
            log_group_name=in_stack(f"aws-waf-logs-{name}", limit=512),
            opts=self._inside,
        )
        self._arn = acl.arn
        self._publish()

    def protect_resource(self, label: str, resource_arn: pulumi.Input[str]) -> None:
        """Associate a load balancer, REST API stage or user pool with this web ACL."""
        aws.wafv2.WebAclAssociation(
            f"{self._name}-{label}",
            resource_arn=resource_arn,
            web_acl_arn=self._arn,
            # WAF disassociates by the resource alone, so that deleting the old association last takes the new one away
            # (https://docs.aws.amazon.com/waf/latest/APIReference/API_DisassociateWebACL.html).
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
