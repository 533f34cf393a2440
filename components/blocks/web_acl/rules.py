"""Rules of a web ACL: managed groups, rate limits, countries and body size of its settings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from components.blocks.web_acl.groups import group_config
from settings.web_acl import AnyWebAcl, GeoRule, Mode, RateLimit, RuleGroup

_Rule = aws.wafv2.WebAclRuleArgsDict
_Statement = aws.wafv2.WebAclRuleStatementArgsDict
_Scope = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementScopeDownStatementArgsDict
_Rate = aws.wafv2.WebAclRuleStatementRateBasedStatementArgsDict
_Transformation = aws.wafv2.WebAclRuleStatementRegexMatchStatementTextTransformationArgsDict

# Cheap rules first, and rules billed per request last, so that they inspect only requests that the others allow.
_PRIORITIES = {
    "anti-ddos": 0,
    "closed-paths": 5,
    "ip-reputation": 10,
    "geo": 20,
    "rate": 30,  # and one more for each further limit; there are at most ten
    "anonymous-ip": 50,
    "body-size": 60,
    "known-bad-inputs": 70,
    "sql-injection": 80,
    "common": 90,
    "probe": 95,
    "bot-control": 100,
    "account-takeover": 110,
    "account-creation": 120,
}
RESPONSES = {
    "not-found": "There is no such page.",
    "refused": "Your request was refused. If you think that this is a mistake, please contact customer service.",
    "too-many": "Too many requests from your address. Please wait a few minutes and try again.",
    "too-large": "Your request is larger than the store takes.",
}
_PROBE_USER_AGENT = "Amazon-Route53-Health-Check-Service"
# Paths of the API as clients write them. A path that the edge or the origin would rewrite (`/api/../home`,
# `/api/%2e%2e/home`) is none of them, so that nobody passes Bot Control with the path of a page.
_API_PATHS = r"^/api(/[A-Za-z0-9_~-][A-Za-z0-9_.~%-]*)*/?$"
# `//utility` and `/%75tility` count as `/utility`.
_SPELLINGS: list[_Transformation] = [{"priority": 0, "type": "URL_DECODE"}, {"priority": 1, "type": "NORMALIZE_PATH"}]


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients of the resource, for rate limits and health checks."""

    header: str | None = None
    """Header with the client's address, for rate limits; None counts by the connection's address. Behind CloudFront
    every connection comes from CloudFront, and X-Forwarded-For does not help: WAF reads its first address, which the
    client can forge (https://docs.aws.amazon.com/waf/latest/APIReference/API_ForwardedIPConfig.html)."""
    reached_directly: bool = False
    """Clients also connect without CloudFront and can forge `header`: rate limits then count by header and connection,
    so that a forged header does not use up a customer's limit. Requests without the header are not counted."""
    probe_path: str | None = None
    """Path of Route 53's health checks, which managed groups would block as bots of hosting providers."""
    uncounted_addresses: Sequence[pulumi.Input[str]] = ()
    """Addresses that no rate limit counts: of the store's own tasks, which ask for all customers."""
    closed_paths: Sequence[str] = ()
    """Paths that nobody may request, with everything below them."""


def rules_of(
    settings: AnyWebAcl, clients: Clients, *, at_edge: bool, uncounted_arn: pulumi.Input[str] | None = None
) -> list[_Rule]:
    """Rules in the order of their evaluation.

    Args:
        at_edge: Answer with `RESPONSES`. Elsewhere the service answers with its own 403, since a custom response would
            take precedence over the API's JSON
            (https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html).
    """
    rules = _Rules(settings, clients, at_edge, uncounted_arn).all()
    return sorted(rules, key=lambda rule: cast("int", rule["priority"]))


@dataclass(frozen=True)
class _Rules:
    settings: AnyWebAcl
    clients: Clients
    at_edge: bool
    uncounted_arn: pulumi.Input[str] | None

    def all(self) -> Iterator[_Rule]:
        settings, probe_path = self.settings, self.clients.probe_path
        scopes: dict[str, _Scope | None] = {"bot-control": _except(_api())}
        if probe_path is not None:
            scopes["anonymous-ip"] = _except(_probe(probe_path))
            if settings.bot_control is not None:
                yield self._admitted("probe", cast("_Statement", _probe(probe_path)))
        for key, group in settings.groups.items():
            name = key.replace("_", "-")
            yield self._group(name, group, scopes.get(name))
        if self.clients.closed_paths:
            yield self._closed(self.clients.closed_paths)
        for offset, limit in enumerate(settings.rate_limits):
            name, priority = f"rate-{limit.name}", _PRIORITIES["rate"] + offset
            yield self._own(
                name, _rate_limit(limit, self.clients, self.uncounted_arn), limit.mode, 429, "too-many", priority
            )
        if settings.geo is not None:
            yield self._own("geo", _geo(settings.geo), settings.geo.mode, 403, "refused")
        if settings.max_body_kib is not None:
            yield self._own("body-size", _larger_than(settings.max_body_kib), "block", 413, "too-large")

    def _blocks(self, mode: Mode) -> bool:
        return mode == self.settings.mode == "block"

    def _group(self, name: str, group: RuleGroup, scope: _Scope | None) -> _Rule:
        config = group_config(group, responses=self.at_edge)
        return {
            "name": name,
            "priority": _PRIORITIES[name],
            "override_action": {"none": {}} if self._blocks(group.mode) else {"count": {}},
            "statement": {
                "managed_rule_group_statement": {
                    "vendor_name": "AWS",
                    "name": group.GROUP,
                    "managed_rule_group_configs": None if config is None else [config],
                    "rule_action_overrides": [
                        {"name": rule, "action_to_use": {"count": {}}} for rule in group.count_only
                    ]
                    or None,
                    "scope_down_statement": scope,
                }
            },
            "visibility_config": visible(name),
        }

    def _own(
        self, name: str, statement: _Statement, mode: Mode, status: int, response: str, priority: int | None = None
    ) -> _Rule:
        return {
            "name": name,
            "priority": _PRIORITIES[name] if priority is None else priority,
            "action": {"block": self._response(status, response)} if self._blocks(mode) else {"count": {}},
            "statement": statement,
            "visibility_config": visible(name),
        }

    def _closed(self, paths: Sequence[str]) -> _Rule:
        """Blocks whatever the web ACL's mode is: a path is closed, or it is not."""
        return {
            "name": "closed-paths",
            "priority": _PRIORITIES["closed-paths"],
            "action": {"block": self._response(404, "not-found")},
            "statement": {
                "regex_match_statement": {
                    "regex_string": closed_pattern(paths),
                    "field_to_match": {"uri_path": {}},
                    "text_transformations": _SPELLINGS,
                }
            },
            "visibility_config": visible("closed-paths"),
        }

    def _admitted(self, name: str, statement: _Statement) -> _Rule:
        """Ends the evaluation: the groups before it have inspected the request, those after it do not."""
        return {
            "name": name,
            "priority": _PRIORITIES[name],
            "action": {"allow": {}},
            "statement": statement,
            "visibility_config": visible(name),
        }

    def _response(self, status: int, response: str) -> aws.wafv2.WebAclRuleActionBlockArgsDict:
        if not self.at_edge:
            return {}
        return {"custom_response": {"response_code": status, "custom_response_body_key": response}}


def visible(metric_name: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgsDict:
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True, "metric_name": metric_name}


def _rate_limit(limit: RateLimit, clients: Clients, uncounted_arn: pulumi.Input[str] | None) -> _Statement:
    rate: _Rate = {
        "aggregate_key_type": "IP",
        "limit": limit.limit,
        "evaluation_window_sec": limit.window_seconds,
    }
    if limit.path is not None or uncounted_arn is not None:
        rate["scope_down_statement"] = _counted(limit.path, uncounted_arn)
    if clients.header is not None and clients.reached_directly:
        as_it_is: aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyHeaderTextTransformationArgsDict
        as_it_is = {"priority": 0, "type": "NONE"}
        header = clients.header.lower()
        rate["aggregate_key_type"] = "CUSTOM_KEYS"
        rate["custom_keys"] = [{"ip": {}}, {"header": {"name": header, "text_transformations": [as_it_is]}}]
    elif clients.header is not None:
        rate["aggregate_key_type"] = "FORWARDED_IP"
        rate["forwarded_ip_config"] = {"header_name": clients.header, "fallback_behavior": "MATCH"}
    return {"rate_based_statement": rate}


def _counted(path: str | None, uncounted_arn: pulumi.Input[str] | None) -> Any:
    """Requests that a limit counts; `Any`, for no type checker gets to the end of these types in good time."""
    found: list[Any] = []
    if path is not None:
        start = {
            "search_string": path,
            "positional_constraint": "STARTS_WITH",
            "field_to_match": {"uri_path": {}},
            "text_transformations": _SPELLINGS,
        }
        found.append({"byte_match_statement": start})
    if uncounted_arn is not None:
        found.append({"not_statement": {"statement": {"ip_set_reference_statement": {"arn": uncounted_arn}}}})
    return found[0] if len(found) == 1 else {"and_statement": {"statements": found}}


def _geo(geo: GeoRule) -> _Statement:
    if geo.only:
        return {"not_statement": {"statement": {"geo_match_statement": {"country_codes": list(geo.only)}}}}
    return {"geo_match_statement": {"country_codes": list(geo.never)}}


def _larger_than(kib: int) -> _Statement:
    return {
        "size_constraint_statement": {
            "comparison_operator": "GT",
            "size": kib * 1024,
            # WAF inspects only the start of a large body; MATCH treats bodies above that limit as too large.
            "field_to_match": {"body": {"oversize_handling": "MATCH"}},
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def closed_pattern(paths: Sequence[str]) -> str:
    """Matches the paths and everything below them; `;` begins path parameters, which servers leave out of the path."""
    return f"^/({'|'.join(re.escape(path.strip('/')) for path in paths)})([/;]|$)"


def _except(scope: _Scope) -> _Scope:
    return {"not_statement": {"statement": scope}}


def _api() -> _Scope:
    """Matches the API's paths."""
    return {
        "regex_match_statement": {
            "regex_string": _API_PATHS,
            "field_to_match": {"uri_path": {}},
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _probe(path: str) -> _Scope:
    """Matches Route 53's health checks: exact path and user agent, so that bots gain nothing.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
    """
    as_it_is: list[aws.wafv2.WebAclRuleStatementByteMatchStatementTextTransformationArgsDict]
    as_it_is = [{"priority": 0, "type": "NONE"}]
    return {
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
