"""Rules inside web ACLs: that they stop requests, limit them, and are counted."""

import json
from collections.abc import Iterator
from typing import Any

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_number, read
from policies.rules.web_acls import ACL, is_laid_out, rules_of

_KINDS = ("wafv2/webAcl", "wafv2/webAclRule", "wafv2/webAclRuleGroupAssociation")


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
    text = subject.value("ruleJson")
    try:
        listed = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        listed = []
    for number, item in enumerate(as_list(listed)):
        yield f"ruleJson[{number}]", item


def _group(entry: Any) -> Any:
    for path in ("statement.managedrulegroupstatement.name", "managedrulegroup.name"):
        name = read(entry, path)
        if name is not MISSING:
            return name
    return MISSING


def _tamed(entry: Any) -> int:
    """How many rules of a managed group are overridden so that they stop nothing."""
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
    title="Baseline rule groups of web ACLs block",
    why="a group left in count lets every attack pass and only writes it down",
    fix="set override_action to none; to tame one rule of the group, override that rule alone",
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
        "tamed": Setting(
            3, {"type": "integer", "minimum": 0}, "Most rules of a group that are overridden to count or allow."
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
                yield Problem(path, f"{path}: override_action of {name} is count")
            tamed = _tamed(entry)
            if tamed > subject.config["tamed"]:
                yield Problem(path, f"{path}: {tamed} rules of {name} are overridden to count or allow")


def _rates(value: Any) -> Iterator[Any]:
    """Limits of rate-based statements anywhere in a structure of rules, as requests in five minutes.

    A rule that only counts limits nothing.
    """
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
    why="one machine can try passwords and cards, or exhaust the store, as fast as its line allows",
    fix="add a rule with a rate_based_statement whose limit is at most that of the profile",
    severity="medium",
    dev="advisory",
    kinds=(ACL,),
    paths=("rules[].statement.rateBasedStatement.limit", "ruleJson", "wafv2/webAclRule · statement"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html",
    settings={
        "requests": Setting(
            10000, {"type": "integer", "minimum": 10}, "Highest limit, in requests of one address in five minutes."
        )
    },
    limits="One rule with a limit low enough is enough, whatever it narrows down to.",
)
def rate_limit(subject: Subject) -> Iterator[Problem]:
    sources = rules_of(subject.stack, subject.resource)
    rates = [rate for source in sources for rate in _rates(source)]
    if any(rate is UNKNOWN or rate <= subject.config["requests"] for rate in rates):
        return
    if not all(map(is_laid_out, sources)):
        subject.defer("rules")
    elif rates:
        yield Problem("rules", f"rules: the lowest limit is {int(min(rates))} requests in five minutes")
    else:
        yield Problem("rules", "rules: none limits the rate of requests")


@rule(
    "wafv2-web-acl-metrics",
    control="WAF-11",
    pack="waf",
    title="Web ACLs and their rules have metrics",
    why="without numbers nobody sees that a rule blocks customers, or stops nothing",
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
