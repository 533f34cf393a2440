"""Protection of what is running: blocking rules, strict requests, backups, deletion."""

import json

from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, edit, res

_BALANCER = {
    "loadBalancerType": "application",
    "dropInvalidHeaderFields": True,
    "desyncMitigationMode": "defensive",
    "enableDeletionProtection": True,
}
_TABLE = {
    "pointInTimeRecovery": {"enabled": True},
    "deletionProtectionEnabled": True,
    "replicas": [{"regionName": "eu-central-1", "pointInTimeRecovery": True}],
}
_GROUP = {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"}}


def balancer(**changes):
    return res("lb/loadBalancer:LoadBalancer", CULPRIT, edit(_BALANCER, changes))


def table(changes=None):
    return res("dynamodb/table:Table", CULPRIT, edit(_TABLE, changes or {}))


def replica(**props):
    return res("dynamodb/tableReplica:TableReplica", CULPRIT, props)


def acl(action, **props):
    rules = [{"name": "common", "statement": _GROUP, "overrideAction": action}]
    return res("wafv2/webAcl:WebAcl", CULPRIT, {"rules": rules, **props})


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


CASES = {
    "wafv2-web-acl-blocking": Cases(
        good={
            "blocks": [acl({"none": {}})],
            "not known": [acl(UNKNOWN)],
            "JSON": [json_acl("None")],
            "attached": [attached("none")],
            "a group of one's own": [
                res(
                    "wafv2/webAcl:WebAcl",
                    CULPRIT,
                    {"rules": [{"statement": {"ruleGroupReferenceStatement": {}}, "overrideAction": {"count": {}}}]},
                )
            ],
        },
        bad={
            "counts": [acl({"count": {}})],
            "JSON": [json_acl("Count")],
            "attached": [attached("count")],
            "a rule of its own": [
                res("wafv2/webAclRule:WebAclRule", CULPRIT, {"statement": _GROUP, "overrideAction": {"count": {}}})
            ],
        },
        config=[({"groups": []}, [acl({"count": {}})], False)],
    ),
    "lb-load-balancer-strict-requests": Cases(
        good={"strict": [balancer()], "network": [balancer(loadBalancerType="network", dropInvalidHeaderFields=DROP)]},
        bad={
            "not set": [balancer(dropInvalidHeaderFields=DROP)],
            "off": [balancer(dropInvalidHeaderFields=False)],
            "watches": [balancer(desyncMitigationMode="monitor")],
        },
    ),
    "lb-load-balancer-deletion-protection": Cases(
        good={
            "protected": [balancer()],
            "gateway": [res("lb/loadBalancer:LoadBalancer", "x", {"loadBalancerType": "gateway"})],
        },
        bad={"not set": [balancer(enableDeletionProtection=DROP)], "off": [balancer(enableDeletionProtection=False)]},
    ),
    "dynamodb-table-point-in-time-recovery": Cases(
        good={"on": [table()], "replica": [replica(pointInTimeRecovery=True)]},
        bad={
            "not set": [table({"pointInTimeRecovery": DROP})],
            "off": [table({"pointInTimeRecovery.enabled": False})],
            "off on a replica": [table({"replicas.0.pointInTimeRecovery": DROP})],
            "replica": [replica()],
        },
    ),
    "dynamodb-table-deletion-protection": Cases(
        good={"protected": [table()]},
        bad={
            "not set": [table({"deletionProtectionEnabled": DROP})],
            "off": [table({"deletionProtectionEnabled": False})],
        },
    ),
}
