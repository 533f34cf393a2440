"""Web ACL in front of CloudFront: managed rule groups, rate limits, countries, sizes, and the log of what they did."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Metric, Periods, alarm
from components.blocks.naming import in_stack
from settings.types import EDGE_REGION
from settings.web_acl import (
    AccountCreation,
    AccountTakeover,
    AntiDdos,
    BotControl,
    GeoRule,
    RateLimit,
    RuleGroup,
    WebAclSettings,
)

_Rule = aws.wafv2.WebAclRuleArgsDict
_Statement = aws.wafv2.WebAclRuleStatementArgsDict
_GroupConfig = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementManagedRuleGroupConfigArgsDict
_GroupScope = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementScopeDownStatementArgsDict

# Cheap and decisive rules first; what is charged per request last, so that it sees only what the others let through.
_PRIORITIES = {
    "anti-ddos": 0,
    "ip-reputation": 10,
    "geo": 20,
    "rate": 30,  # and one more for each further limit; there are at most ten
    "anonymous-ip": 50,
    "body-size": 60,
    "known-bad-inputs": 70,
    "sql-injection": 80,
    "common": 90,
    "bot-control": 100,
    "account-takeover": 110,
    "account-creation": 120,
}
_RESPONSES = {
    "refused": "Your request was refused. If you think that this is a mistake, please contact customer service.",
    "too-many": "Too many requests from your address. Please wait a few minutes and try again.",
    "too-large": "Your request is larger than the store takes.",
}
_REDACTED_HEADERS = ("authorization", "cookie")
_PROBE_USER_AGENT = "Amazon-Route53-Health-Check-Service"


class EdgeWebAcl(StoreComponent):
    """Web ACL of scope CLOUDFRONT, which AWS keeps in us-east-1, with its log and an alarm on bursts of refusals.

    Every rule has a mode: `count` lets requests pass and shows what `block` would stop.

    AWS charges extra from 1,500 capacity units (WCU) on, and takes 5,000
    (https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html). Common rules 700, known bad
    inputs 200, SQL injection 200, each of anonymous addresses, bots, account takeover, account creation and floods 50,
    IP reputation 25 (https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html); a limit
    for all 2, for a path 24 (rate 2, beginning of a path 2, two transformations of 10); countries and size of body 1
    each; the health check's exception 4 in each of two groups. Everything on with three paths makes 1,459.
    """

    TYPE = "webstore:edge:EdgeWebAcl"
    OUTPUTS = ("web_acl_arn",)
    web_acl_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: WebAclSettings,
        blocked_per_5_minutes: int,
        probe_path: str | None,
        edge_key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            blocked_per_5_minutes: limit of the alarm.
            probe_path: path that Route 53's health checkers ask for; they come from hosting providers and are bots.
            edge_key_arn: key in us-east-1 for the log.
        """
        super().__init__(name, opts)
        # With the stack's name: stacks of one account share the metrics of us-east-1.
        metric_name = in_stack(name, limit=128)
        acl = aws.wafv2.WebAcl(
            name,
            scope="CLOUDFRONT",
            description="Web store: in front of CloudFront",
            default_action={"allow": {}},
            rules=_rules(settings, probe_path),
            custom_response_bodies=[
                {"key": key, "content": text, "content_type": "TEXT_PLAIN"} for key, text in _RESPONSES.items()
            ],
            # 16 KiB is AWS's default and comes at no charge.
            association_config={
                "request_bodies": [{"cloudfront": {"default_size_inspection_limit": f"KB_{settings.max_body_kib}"}}]
            }
            if settings.max_body_kib > 16
            else None,
            # Samples are shown in the console, so they leave out what the log leaves out.
            data_protection_config={
                "data_protections": [
                    {
                        "action": "SUBSTITUTION",
                        "field": {"field_type": "SINGLE_HEADER", "field_keys": list(_REDACTED_HEADERS)},
                    }
                ]
            },
            visibility_config=_visibility(metric_name),
            region=EDGE_REGION,
            opts=self._inside,
        )
        self.web_acl_arn = acl.arn
        group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            # WAF takes only groups with this beginning
            # (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html).
            name=f"aws-waf-logs-{pulumi.get_project()}-{pulumi.get_stack()}",
            retention_in_days=settings.log_days,
            kms_key_id=edge_key_arn,
            region=EDGE_REGION,
            opts=self._inside,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-log",
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            redacted_fields=[{"single_header": {"name": header}} for header in _REDACTED_HEADERS],
            logging_filter=None
            if settings.log_allowed
            else {
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
            },
            region=EDGE_REGION,
            opts=self._inside,
        )
        alarm(
            f"{name}-blocked",
            metric=Metric(
                # https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
                namespace="AWS/WAFV2",
                name="BlockedRequests",
                dimensions={"WebACL": metric_name, "Rule": "ALL"},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=blocked_per_5_minutes,
            periods=Periods(breaching=1, evaluated=1),
            meaning="The web ACL blocks far more requests than usual: an attack, or a rule that stops customers.",
            todo="look in the web ACL's log for the rule and the paths; set it to count if customers are stopped.",
            region=EDGE_REGION,
            opts=self._inside,
        )
        self._publish()


def _rules(settings: WebAclSettings, probe_path: str | None) -> list[_Rule]:
    except_probe = _except_probe(probe_path) if probe_path is not None else None
    bots, logins, sign_ups, floods = (
        settings.bot_control,
        settings.account_takeover,
        settings.account_creation,
        settings.anti_ddos,
    )
    rules = [
        _group("anti-ddos", "AWSManagedRulesAntiDDoSRuleSet", floods, floods and _anti_ddos(floods)),
        _group("ip-reputation", "AWSManagedRulesAmazonIpReputationList", settings.ip_reputation),
        _geo(settings.geo),
        *(_rate_limit(limit, offset) for offset, limit in enumerate(settings.rate_limits)),
        _group("anonymous-ip", "AWSManagedRulesAnonymousIpList", settings.anonymous_ip, scope=except_probe),
        _body_size(settings.max_body_kib),
        _group("known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet", settings.known_bad_inputs),
        _group("sql-injection", "AWSManagedRulesSQLiRuleSet", settings.sql_injection),
        _group("common", "AWSManagedRulesCommonRuleSet", settings.common),
        _group("bot-control", "AWSManagedRulesBotControlRuleSet", bots, bots and _bot_control(bots), except_probe),
        _group("account-takeover", "AWSManagedRulesATPRuleSet", logins, logins and _account_takeover(logins)),
        _group("account-creation", "AWSManagedRulesACFPRuleSet", sign_ups, sign_ups and _account_creation(sign_ups)),
    ]
    return [rule for rule in rules if rule is not None]


def _visibility(metric_name: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgsDict:
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True, "metric_name": metric_name}


def _group(
    name: str,
    group: str,
    settings: RuleGroup | None,
    config: _GroupConfig | None = None,
    scope: _GroupScope | None = None,
) -> _Rule | None:
    if settings is None:
        return None
    return {
        "name": name,
        "priority": _PRIORITIES[name],
        "override_action": {"none": {}} if settings.mode == "block" else {"count": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group,
                "managed_rule_group_configs": [config] if config is not None else None,
                "rule_action_overrides": [
                    {"name": rule, "action_to_use": {"count": {}}} for rule in settings.count_only
                ]
                or None,
                "scope_down_statement": scope,
            }
        },
        "visibility_config": _visibility(name),
    }


def _own(name: str, priority: int, statement: _Statement, *, mode: str, status: int, response: str) -> _Rule:
    block: aws.wafv2.WebAclRuleActionBlockArgsDict = {
        "custom_response": {"response_code": status, "custom_response_body_key": response}
    }
    return {
        "name": name,
        "priority": priority,
        "action": {"block": block} if mode == "block" else {"count": {}},
        "statement": statement,
        "visibility_config": _visibility(name),
    }


def _rate_limit(limit: RateLimit, offset: int) -> _Rule:
    return _own(
        f"rate-{limit.name}",
        _PRIORITIES["rate"] + offset,
        {
            "rate_based_statement": {
                "aggregate_key_type": "IP",
                "limit": limit.limit,
                "evaluation_window_sec": limit.window_seconds,
                "scope_down_statement": None
                if limit.path is None
                else {
                    "byte_match_statement": {
                        "search_string": limit.path,
                        "positional_constraint": "STARTS_WITH",
                        "field_to_match": {"uri_path": {}},
                        # So that `//login` and `/%6cogin` count as `/login`.
                        "text_transformations": [
                            {"priority": 0, "type": "URL_DECODE"},
                            {"priority": 1, "type": "NORMALIZE_PATH"},
                        ],
                    }
                },
            }
        },
        mode=limit.mode,
        status=429,
        response="too-many",
    )


def _geo(geo: GeoRule | None) -> _Rule | None:
    if geo is None:
        return None
    return _own(
        "geo",
        _PRIORITIES["geo"],
        {"not_statement": {"statement": {"geo_match_statement": {"country_codes": list(geo.only)}}}}
        if geo.only
        else {"geo_match_statement": {"country_codes": list(geo.never)}},
        mode=geo.mode,
        status=403,
        response="refused",
    )


def _body_size(max_kib: int) -> _Rule:
    return _own(
        "body-size",
        _PRIORITIES["body-size"],
        {
            "size_constraint_statement": {
                "comparison_operator": "GT",
                "size": max_kib * 1024,
                # WAF sees no more than its limit of a body; MATCH counts the larger ones as too large.
                "field_to_match": {"body": {"oversize_handling": "MATCH"}},
                "text_transformations": [{"priority": 0, "type": "NONE"}],
            }
        },
        mode="block",
        status=413,
        response="too-large",
    )


def _except_probe(path: str) -> _GroupScope:
    """All but health checks: one page, and only for who says to be Route 53, or every bot could read that page.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
    """
    as_it_is: list[aws.wafv2.WebAclRuleStatementByteMatchStatementTextTransformationArgsDict]
    as_it_is = [{"priority": 0, "type": "NONE"}]
    return {
        "not_statement": {
            "statement": {
                "and_statement": {
                    "statements": [
                        {
                            "byte_match_statement": {
                                "search_string": path,
                                "positional_constraint": "EXACTLY",
                                "field_to_match": {"uri_path": {}},
                                "text_transformations": as_it_is,
                            }
                        },
                        {
                            "byte_match_statement": {
                                "search_string": _PROBE_USER_AGENT,
                                "positional_constraint": "STARTS_WITH",
                                "field_to_match": {"single_header": {"name": "user-agent"}},
                                "text_transformations": as_it_is,
                            }
                        },
                    ]
                }
            }
        }
    }


def _anti_ddos(settings: AntiDdos) -> _GroupConfig:
    return {
        "aws_managed_rules_anti_ddos_rule_set": {
            "sensitivity_to_block": settings.sensitivity,
            "client_side_action_config": {
                "challenge": {
                    "usage_of_action": "ENABLED",
                    "exempt_uri_regular_expressions": [{"regex_string": path} for path in settings.never_challenge],
                }
            },
        }
    }


def _bot_control(settings: BotControl) -> _GroupConfig:
    return {
        "aws_managed_rules_bot_control_rule_set": {
            "inspection_level": settings.level,
            "enable_machine_learning": True if settings.level == "TARGETED" else None,
        }
    }


def _account_takeover(settings: AccountTakeover) -> _GroupConfig:
    return {
        "aws_managed_rules_atp_rule_set": {
            "login_path": settings.login_path,
            "request_inspection": {
                "payload_type": settings.payload,
                "username_field": {"identifier": settings.username_field},
                "password_field": {"identifier": settings.password_field},
            },
            "response_inspection": {"status_code": {"success_codes": [200, 302], "failure_codes": [401, 403]}},
        }
    }


def _account_creation(settings: AccountCreation) -> _GroupConfig:
    return {
        "aws_managed_rules_acfp_rule_set": {
            "registration_page_path": settings.registration_page_path,
            "creation_path": settings.creation_path,
            "request_inspection": {
                "payload_type": settings.payload,
                "username_field": {"identifier": settings.username_field},
                "password_field": {"identifier": settings.password_field},
                "email_field": None if settings.email_field is None else {"identifier": settings.email_field},
            },
            "response_inspection": {"status_code": {"success_codes": [200, 201, 302], "failure_codes": [400, 409]}},
        }
    }
