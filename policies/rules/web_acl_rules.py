"""Rules inside web ACLs: that they stop requests, not only count them."""

import json
from collections.abc import Iterator
from typing import Any

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, read

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


@rule(
    "wafv2-web-acl-blocking",
    control="WAF-09",
    pack="waf",
    title="Baseline rule groups of web ACLs block",
    why="a group left in count lets every attack pass and only writes it down",
    fix="set override_action to none; to tame one rule of the group, override that rule alone",
    severity="high",
    dev="advisory",
    types=_KINDS,
    paths=("rules[].overrideAction", "ruleJson", "wafv2/webAclRuleGroupAssociation · overrideAction"),
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
        )
    },
    limits="Single rules of a group that are overridden to count are not judged.",
)
def blocking(subject: Subject) -> Iterator[Problem]:
    for path, raw in _rules(subject):
        entry = _lowered(raw)
        name = _group(entry)
        action = read(entry, "overrideaction")
        if UNKNOWN in (name, action):
            subject.defer(path)
        elif name in subject.config["groups"] and (
            action == "count" or read(action, "count") not in (MISSING, UNKNOWN)
        ):
            yield Problem(path, f"{path}: override_action of {name} is count")
