"""AWS WAF: web ACLs."""

from collections.abc import Iterator
from typing import Any

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_number, as_text, leaves, read, show
from policies.rules.helpers.web_acls import (
    ACL,
    ASSOCIATION,
    is_laid_out,
    managed_groups,
    rules_in_json,
    rules_of,
    unreadable_json,
)

_KINDS = ("wafv2/webAcl", "wafv2/webAclRule", "wafv2/webAclRuleGroupAssociation")
_LOG_PREFIX = "aws-waf-logs-"
_EDGE_REGION = "us-east-1"


@rule(
    "wafv2-web-acl-baseline",
    control="WAF-07",
    pack="waf",
    title="Web ACLs contain the baseline managed rule groups",
    why="without rules every request passes; the baseline blocks known exploits, SQL injection and bad addresses",
    fix="add rules with managed_rule_group_statement (vendor_name AWS) for the groups that are missing",
    severity="high",
    dev="mandatory",
    kinds=(ACL,),
    paths=("rules[].statement.managedRuleGroupStatement.name", "ruleJson", "wafv2/webAclRule · statement"),
    stack_kinds=("*",),
    references=(
        "fsbp:WAF.10",
        "checkov:CKV_AWS_175",
        "checkov:CKV_AWS_192",
        "checkov:CKV2_AWS_47",
        "prowler:wafv2_webacl_with_rules",
    ),
    settings={
        "groups": Setting(
            [
                "AWSManagedRulesCommonRuleSet",
                "AWSManagedRulesKnownBadInputsRuleSet",
                "AWSManagedRulesSQLiRuleSet",
                "AWSManagedRulesAmazonIpReputationList",
            ],
            {"type": "array", "items": {"type": "string"}},
            "AWS managed rule groups that every web ACL must contain.",
        )
    },
)
def baseline(subject: Subject) -> Iterator[Problem]:
    yield from unreadable_json(subject.resource)
    held, complete = managed_groups(subject, subject.resource)
    missing = [group for group in subject.config["groups"] if group not in held]
    if missing and not complete:
        subject.defer("rules")
    elif missing:
        yield Problem("rules", f"rules must contain {', '.join(missing)}")


def _lowered(value: Any) -> Any:
    """Keys of nested objects in lower case: JSON rules spell them `OverrideAction`, inline ones `overrideAction`."""
    if isinstance(value, dict):
        return {str(key).lower(): _lowered(item) for key, item in value.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def _rules(subject: Subject) -> Iterator[tuple[str, Any]]:
    if subject.resource.kind != _KINDS[0]:
        yield "overrideAction", subject.resource.props
        return
    yield from subject.blocks("rules")
    subject.value("ruleJson")
    for number, item in enumerate(as_list(rules_in_json(subject.resource))):
        yield f"ruleJson[{number}]", item


def _group(entry: Any) -> Any:
    for path in ("statement.managedrulegroupstatement.name", "managedrulegroup.name"):
        name = read(entry, path)
        if name is not MISSING:
            return name
    return MISSING


def _overridden(entry: Any) -> int:
    """How many rules of a managed group are overridden to an action that blocks nothing."""
    found = 0
    for group in ("statement.managedrulegroupstatement", "managedrulegroup"):
        for override in as_list(read(entry, f"{group}.ruleactionoverrides")):
            actions = (read(override, f"actiontouse.{action}") for action in ("count", "allow"))
            found += any(action not in (MISSING, UNKNOWN) for action in actions)
        found += sum(isinstance(item, dict) for item in as_list(read(entry, f"{group}.excludedrules")))
    return found


@rule(
    "wafv2-web-acl-blocking",
    control="WAF-09",
    pack="waf",
    title="Baseline rule groups of web ACLs block requests",
    why="a rule group that only counts lets every attack pass",
    fix="set override_action to none; to relax one rule of the group, override the action of that rule only",
    severity="high",
    dev="advisory",
    kinds=_KINDS,
    paths=(
        "rules[].overrideAction",
        "rules[].statement.managedRuleGroupStatement.ruleActionOverrides",
        "ruleJson",
        "wafv2/webAclRuleGroupAssociation · overrideAction",
    ),
    references=("checkov:CKV_AWS_342",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-rule-group-override-options.html",
    settings={
        "groups": Setting(
            [
                "AWSManagedRulesCommonRuleSet",
                "AWSManagedRulesKnownBadInputsRuleSet",
                "AWSManagedRulesSQLiRuleSet",
                "AWSManagedRulesAmazonIpReputationList",
            ],
            {"type": "array", "items": {"type": "string"}},
            "AWS managed rule groups that must block.",
        ),
        "max_overridden": Setting(
            3, {"type": "integer", "minimum": 0}, "How many rules of a group may be overridden to count or allow."
        ),
    },
)
def blocking(subject: Subject) -> Iterator[Problem]:
    for path, raw in _rules(subject):
        entry = _lowered(raw)
        name = _group(entry)
        action = read(entry, "overrideaction")
        if UNKNOWN in (name, action):
            subject.defer(path)
        elif name in subject.config["groups"]:
            if action == "count" or read(action, "count") not in (MISSING, UNKNOWN):
                yield Problem(path, f"{path}: override_action of {name} must be none: count blocks nothing")
            overridden, most = _overridden(entry), int(subject.config["max_overridden"])
            if overridden > most:
                yield Problem(path, f"{path}: at most {most} rules of {name} may count or allow; {overridden} do")


@rule(
    "wafv2-web-acl-logging",
    control="WAF-10",
    pack="waf",
    title="Web ACLs have logs without credentials",
    why="logs must explain blocked and counted requests, and must not store sessions",
    fix="add a wafv2.WebAclLoggingConfiguration for the ACL with a destination named aws-waf-logs-..., redacting the"
    " headers authorization and cookie",
    severity="medium",
    dev="advisory",
    kinds=(ACL, "wafv2/webAclLoggingConfiguration"),
    paths=(
        "wafv2/webAclLoggingConfiguration · resourceArn",
        "wafv2/webAclLoggingConfiguration · logDestinationConfigs",
        "wafv2/webAclLoggingConfiguration · redactedFields[].singleHeader.name",
    ),
    stack_kinds=("*",),
    references=("fsbp:WAF.11", "checkov:CKV2_AWS_31", "aws-config:WAFV2_LOGGING_ENABLED"),
    settings={
        "redacted_headers": Setting(
            ["authorization", "cookie"],
            {"type": "array", "items": {"type": "string"}},
            "Headers that must be redacted.",
        )
    },
)
def logging(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == ACL:
        if not stack.pointing_at(resource, "wafv2/webAclLoggingConfiguration", "resourceArn"):
            yield Problem("loggingConfiguration", "must have a wafv2.WebAclLoggingConfiguration; none references it")
        return
    headers = [
        value.lower() if isinstance(value, str) else value
        for path, value in leaves({"redactedFields": subject.value("redactedFields")})
        if value is UNKNOWN or path.lower().endswith("singleheader.name")
    ]
    exposed = [header for header in subject.config["redacted_headers"] if header.lower() not in headers]
    if exposed and UNKNOWN in headers:
        subject.defer("redactedFields")
    elif exposed:
        yield Problem(
            "redactedFields", f"redactedFields (redacted_fields) must include the header {', '.join(exposed)}"
        )
    kinds = ("cloudwatch/logGroup", "s3/bucket", "kinesis/firehoseDeliveryStream")
    names: list[Any] = [
        value.split(":::")[-1].split(":log-group:")[-1].split("deliverystream/")[-1]
        for value in subject.items("logDestinationConfigs")
        if isinstance(value, str)
    ]
    if not names:
        names = [
            as_text(read(target.props, key))
            for target in stack.referred(resource, "logDestinationConfigs", *kinds).resources
            for key in ("name", "bucket", "namePrefix", "bucketPrefix")
        ]
    for name in names:
        if isinstance(name, str) and not name.startswith(_LOG_PREFIX):
            yield Problem(
                "logDestinationConfigs",
                f"logDestinationConfigs (log_destination_configs) names {show('name', name)}: the name must begin with"
                f" {_LOG_PREFIX}",
            )


@rule(
    "wafv2-web-acl-metrics",
    control="WAF-11",
    pack="waf",
    title="Web ACLs and their rules have metrics",
    why="only metrics show that a rule blocks customers, or blocks nothing",
    fix="set visibility_config.cloudwatch_metrics_enabled to true on the ACL and each rule",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=(ACL,),
    paths=("visibilityConfig.cloudwatchMetricsEnabled", "rules[].visibilityConfig.cloudwatchMetricsEnabled"),
    references=("fsbp:WAF.12",),
)
def metrics(subject: Subject) -> Iterator[Problem]:
    path = "visibilityConfig.cloudwatchMetricsEnabled"
    if subject.flag(path) in (False, MISSING):
        yield subject.problem(path, "must be true")
    for place, block in _rules(subject):
        entry = _lowered(block)
        if as_flag(read(entry, path.lower())) is False:
            yield Problem(place, f"{place}: visibility_config.cloudwatch_metrics_enabled must be true")


def _rates(value: Any) -> Iterator[Any]:
    """Limits of rate-based statements anywhere in a structure of rules, as requests in five minutes.

    A rule with action count has no limit."""
    if isinstance(value, dict):
        action = next((item for key, item in value.items() if key.lower() == "action"), MISSING)
        if read(_lowered(action), "count") not in (MISSING, UNKNOWN):
            return
        for key, item in value.items():
            if key.lower() == "ratebasedstatement":
                block = _lowered(item)
                limit = as_number(read(block, "limit"))
                window = as_number(read(block, "evaluationwindowsec"))
                seconds = window if isinstance(window, float) and window else 300.0
                yield limit * 300 / seconds if isinstance(limit, float) else UNKNOWN
            else:
                yield from _rates(item)
    elif isinstance(value, list):
        for item in value:
            yield from _rates(item)


@rule(
    "wafv2-web-acl-rate-limit",
    control="WAF-08",
    pack="waf",
    title="Web ACLs limit the rate of requests from one address",
    why="one client could try passwords and cards, or overload the store, without a limit",
    fix="add a rule with a rate_based_statement whose limit is at most that of the profile",
    severity="medium",
    dev="advisory",
    kinds=(ACL,),
    paths=("rules[].statement.rateBasedStatement.limit", "ruleJson", "wafv2/webAclRule · statement"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html",
    settings={
        "requests": Setting(
            10000, {"type": "integer", "minimum": 10}, "Maximum requests of one address in five minutes."
        )
    },
    limits="One rule with such a limit is enough, whatever its scope-down statement.",
)
def rate_limit(subject: Subject) -> Iterator[Problem]:
    yield from unreadable_json(subject.resource)
    sources = rules_of(subject.stack, subject.resource)
    rates, most = [rate for source in sources for rate in _rates(source)], int(subject.config["requests"])
    if any(rate is UNKNOWN or rate <= most for rate in rates):
        return
    if not all(map(is_laid_out, sources)):
        subject.defer("rules")
    elif rates:
        yield Problem(
            "rules", f"rules: a limit must be at most {most} in five minutes; the lowest is {int(min(rates))}"
        )
    else:
        yield Problem("rules", f"rules: one must limit the rate to {most} requests in five minutes")


@rule(
    "wafv2-web-acl-scope",
    control="WAF-02",
    pack="waf",
    title="Web ACLs have the scope and Region of the resource that they protect",
    why="AWS rejects a web ACL of the wrong scope or Region, or silently does not attach it",
    fix="for CloudFront use scope CLOUDFRONT and region us-east-1; for load balancers, APIs and user pools use scope"
    " REGIONAL in their own Region",
    severity="high",
    dev="mandatory",
    kinds=(ACL,),
    paths=(
        "scope",
        "region",
        "cloudfront/distribution · webAclId",
        "wafv2/webAclAssociation · resourceArn",
        "lb/loadBalancer · region",
        "apigateway/stage · region",
        "cognito/userPool · region",
    ),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html",
)
def scope(subject: Subject) -> Iterator[Problem]:
    acl, stack = subject.resource, subject.stack
    scope, region = subject.text("scope"), acl.region
    if scope == "CLOUDFRONT" and isinstance(region, str) and region != _EDGE_REGION:
        yield Problem("region", f"region is {region}; must be {_EDGE_REGION} for scope CLOUDFRONT")
    if scope == "REGIONAL":
        for user in stack.pointing_at(acl, "cloudfront/distribution", "webAclId", sure=True):
            yield subject.problem("scope", f"must be CLOUDFRONT for distribution {user.name}")
    for user in stack.pointing_at(acl, ASSOCIATION, "webAclArn", sure=True):
        if scope == "CLOUDFRONT":
            yield subject.problem("scope", f"must be REGIONAL for association {user.name}")
            continue
        for kind in ("lb/loadBalancer", "apigateway/stage", "cognito/userPool"):
            for target in stack.referred(user, "resourceArn", kind).resources:
                if isinstance(region, str) and isinstance(target.region, str) and region != target.region:
                    yield Problem("region", f"region is {region}; must be {target.region}, the Region of {target.name}")
