"""AWS WAF: web ACLs."""

import json

from tests.policies.cases.helpers.distributions import distribution
from tests.policies.cases.helpers.load_balancers import balancer
from tests.policies.cases.helpers.web_acls import GROUPS, acl, association, group_rule
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def rate(limit, **more):
    return {"name": "rate", "statement": {"rateBasedStatement": {"limit": limit, **more}}, "action": {"block": {}}}


def measured(on=True, rule=True):
    visible = {"visibilityConfig": {"cloudwatchMetricsEnabled": on}}
    return acl(rules=[{"name": "one", "visibilityConfig": {"cloudwatchMetricsEnabled": rule}}], **visible)


_JSON_RATE = json.dumps([{"Name": "rate", "Statement": {"RateBasedStatement": {"Limit": 2000}}}])
_GROUP = {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"}}


def overriding_acl(action, **group):
    statement = {"managedRuleGroupStatement": {**_GROUP["managedRuleGroupStatement"], **group}}
    rules = [{"name": "common", "statement": statement, "overrideAction": action}]
    return res("wafv2/webAcl:WebAcl", CULPRIT, {"rules": rules})


def overriding(action, count):
    return overriding_acl(
        {"none": {}},
        ruleActionOverrides=[{"name": f"rule-{number}", "actionToUse": {action: {}}} for number in range(count)],
    )


def json_acl(action):
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
    rules = [{"Name": "common", "Statement": statement, "OverrideAction": {action: {}}}]
    return res("wafv2/webAcl:WebAcl", CULPRIT, {"ruleJson": json.dumps(rules)})


def attached(action):
    return res(
        "wafv2/webAclRuleGroupAssociation:WebAclRuleGroupAssociation",
        CULPRIT,
        {"managedRuleGroup": {"name": "AWSManagedRulesCommonRuleSet"}, "overrideAction": action},
    )


def logging(acl_, name="logging", **props):
    headers = [{"singleHeader": {"name": header}} for header in ("authorization", "cookie")]
    return res(
        "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        name,
        {
            "resourceArn": UNKNOWN,
            "logDestinationConfigs": ["arn:aws:logs:us-east-1:111111111111:log-group:aws-waf-logs-edge"],
            "redactedFields": headers,
            **props,
        },
        refers={"resourceArn": [acl_]},
    )


_EDGE_ACL = acl("edge-acl", scope="CLOUDFRONT", region="us-east-1")

CASES = {
    "wafv2-web-acl-baseline": Cases(
        good={
            "inline rules": [acl()],
            "JSON": [
                acl(
                    groups=(),
                    ruleJson=json.dumps(
                        [
                            {
                                "Name": name,
                                "Statement": {
                                    "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": f"AWSManagedRules{name}"}
                                },
                            }
                            for name in GROUPS
                        ]
                    ),
                )
            ],
            "a rule of its own": [
                acl(groups=GROUPS[1:]),
                res(
                    "wafv2/webAclRule:WebAclRule",
                    "common",
                    {"webAclArn": UNKNOWN, **group_rule(GROUPS[0])},
                    refers={"webAclArn": [acl()]},
                ),
            ],
            "an attached group": [
                acl(groups=GROUPS[1:]),
                res(
                    "wafv2/webAclRuleGroupAssociation:WebAclRuleGroupAssociation",
                    "common",
                    {
                        "webAclArn": UNKNOWN,
                        "managedRuleGroup": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"},
                    },
                    refers={"webAclArn": [acl()]},
                ),
            ],
        },
        bad={
            "no rules": [acl(groups=())],
            "one group missing": [acl(groups=GROUPS[:3])],
            "group of another vendor": [
                acl(
                    rules=[
                        *(group_rule(name) for name in GROUPS[:3]),
                        {
                            "statement": {
                                "managedRuleGroupStatement": {
                                    "name": "AWSManagedRulesAmazonIpReputationList",
                                    "vendorName": "Fortinet",
                                }
                            }
                        },
                    ]
                )
            ],
            "a text that is no JSON": [acl(groups=(), ruleJson="[{")],
        },
        config=[
            ({"groups": ["AWSManagedRulesLinuxRuleSet"]}, [acl()], True),
            ({"groups": []}, [acl(groups=())], False),
        ],
    ),
    "wafv2-web-acl-blocking": Cases(
        good={
            "blocks": [overriding_acl({"none": {}})],
            "not known": [overriding_acl(UNKNOWN)],
            "JSON": [json_acl("None")],
            "attached": [attached("none")],
            "one rule overridden": [overriding("count", 1)],
            "rules that block": [overriding("block", 8)],
            "a group of one's own": [
                res(
                    "wafv2/webAcl:WebAcl",
                    CULPRIT,
                    {"rules": [{"statement": {"ruleGroupReferenceStatement": {}}, "overrideAction": {"count": {}}}]},
                )
            ],
        },
        bad={
            "counts": [overriding_acl({"count": {}})],
            "JSON": [json_acl("Count")],
            "attached": [attached("count")],
            "many rules count": [overriding("count", 8)],
            "many rules allow": [overriding("allow", 4)],
            "many rules left out": [
                overriding_acl({"none": {}}, excludedRules=[{"name": f"rule-{n}"} for n in range(4)])
            ],
            "a rule of its own": [
                res("wafv2/webAclRule:WebAclRule", CULPRIT, {"statement": _GROUP, "overrideAction": {"count": {}}})
            ],
        },
        config=[
            ({"groups": []}, [overriding_acl({"count": {}})], False),
            ({"max_overridden": 0}, [overriding("count", 1)], True),
        ],
    ),
    "wafv2-web-acl-logging": Cases(
        good={
            "logging": [acl(), logging(acl())],
            "to a group of this program": [
                acl(),
                res("cloudwatch/logGroup:LogGroup", "logs", {"name": "aws-waf-logs-edge"}),
                res(
                    "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
                    "logging",
                    logging(acl()).props | {"logDestinationConfigs": [UNKNOWN], "resourceArn": UNKNOWN},
                    refers={
                        "resourceArn": [acl()],
                        "logDestinationConfigs": ["urn:pulumi:test::project::aws:cloudwatch/logGroup:LogGroup::logs"],
                    },
                ),
            ],
        },
        bad={
            "none": [acl()],
            "session header kept": [
                acl("acl"),
                logging(acl("acl"), CULPRIT, redactedFields=[{"singleHeader": {"name": "Authorization"}}]),
            ],
            "nothing redacted": [acl("acl"), logging(acl("acl"), CULPRIT, redactedFields=None)],
            "bad name of the destination": [
                acl("acl"),
                logging(
                    acl("acl"), CULPRIT, logDestinationConfigs=["arn:aws:logs:us-east-1:1:log-group:edge-waf-logs:*"]
                ),
            ],
        },
        config=[({"redacted_headers": ["x-token"]}, [acl(), logging(acl())], True)],
    ),
    "wafv2-web-acl-metrics": Cases(
        good={"on": [measured()]},
        bad={"off": [measured(on=False)], "not set": [acl()], "off for a rule": [measured(rule=False)]},
    ),
    "wafv2-web-acl-rate-limit": Cases(
        good={
            "limit": [acl(rules=[rate(2000)])],
            "in a minute": [acl(rules=[rate(1000, evaluationWindowSec=60)])],
            "JSON": [acl(groups=(), ruleJson=_JSON_RATE)],
            "a rule of its own": [
                acl(),
                res(
                    "wafv2/webAclRule:WebAclRule",
                    "rate",
                    {"webAclArn": UNKNOWN, **rate(2000)},
                    refers={"webAclArn": [acl()]},
                ),
            ],
            "known later": [acl(groups=(), ruleJson=UNKNOWN)],
        },
        bad={
            "none": [acl()],
            "too high": [acl(rules=[rate(100000)])],
            "counts only": [acl(rules=[{**rate(2000), "action": {"count": {}}}])],
            "too high in a minute": [acl(rules=[rate(5000, evaluationWindowSec=60)])],
            "a text that is no JSON": [acl(groups=(), ruleJson="[{")],
        },
        config=[({"requests": 100}, [acl(rules=[rate(2000)])], True)],
    ),
    "wafv2-web-acl-scope": Cases(
        good={
            "CloudFront": [_EDGE_ACL, distribution(changes={"webAclId": UNKNOWN}, refers={"webAclId": [_EDGE_ACL]})],
            "load balancer": [acl(), balancer("web"), association(acl(), balancer("web"))],
            "Region of its provider": [
                res("wafv2/webAcl:WebAcl", "acl", {"scope": "CLOUDFRONT"}, provider={"region": "us-east-1"})
            ],
        },
        bad={
            "CloudFront ACL in the home Region": [acl(scope="CLOUDFRONT", region="eu-west-1")],
            "CloudFront ACL on a load balancer": [
                acl(scope="CLOUDFRONT", region="us-east-1"),
                balancer("web"),
                association(acl(), balancer("web")),
            ],
            "regional ACL on a distribution": [
                acl(),
                distribution("edge", {"webAclId": UNKNOWN}, refers={"webAclId": [acl()]}),
            ],
            "other Region than the load balancer": [
                acl(region="us-east-1"),
                balancer("web", props={"region": "eu-west-1"}),
                association(acl(), balancer("web")),
            ],
        },
    ),
}
