"""Protection of what is running: blocking rules, strict requests, backups, deletion."""

import json

from policies.library.resources import Resource
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


def tamed(action, count):
    return acl(
        {"none": {}},
        ruleActionOverrides=[{"name": f"rule-{number}", "actionToUse": {action: {}}} for number in range(count)],
    )


def acl(action, **group):
    statement = {"managedRuleGroupStatement": {**_GROUP["managedRuleGroupStatement"], **group}}
    rules = [{"name": "common", "statement": statement, "overrideAction": action}]
    return res("wafv2/webAcl:WebAcl", CULPRIT, {"rules": rules})


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


def ignoring(*paths, kind="dynamodb/table:Table", **props):
    return [res(kind, CULPRIT, props, ignore_changes=paths)]


CASES = {
    "aws-resource-no-ignored-changes": Cases(
        good={
            "none": ignoring(),
            "what scaling moves": ignoring("readCapacity", "writeCapacity", name="orders"),
            "tasks of a service": ignoring("desiredCount", "taskDefinition", kind="ecs/service:Service"),
            "a deployment's traffic": ignoring("defaultActions", kind="lb/listener:Listener"),
            "a part beside what is guarded": ignoring(
                "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize", kind="msk/cluster:Cluster"
            ),
        },
        bad={
            "the block around": ignoring("serverSideEncryption", name="orders"),
            "as Python spells it": ignoring("point_in_time_recovery[0].enabled"),
            "everything": ignoring("*"),
            "one of a list": ignoring("origins[1].customOriginConfig", kind="cloudfront/distribution:Distribution"),
            "a desired state": [
                Resource.of(
                    "aws:cloudcontrol/resource:Resource",
                    CULPRIT,
                    {"typeName": "AWS::DynamoDB::Table", "desiredState": "{}"},
                    ignore_changes=["desiredState"],
                )
            ],
            "of CloudFormation": [
                Resource.of(
                    "aws-native:dynamodb:Table",
                    CULPRIT,
                    {"sseSpecification": {"sseEnabled": True}},
                    ignore_changes=["sseSpecification.sseEnabled"],
                )
            ],
        },
    ),
    "wafv2-web-acl-blocking": Cases(
        good={
            "blocks": [acl({"none": {}})],
            "not known": [acl(UNKNOWN)],
            "JSON": [json_acl("None")],
            "attached": [attached("none")],
            "one rule tamed": [tamed("count", 1)],
            "rules that block": [tamed("block", 8)],
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
            "many rules count": [tamed("count", 8)],
            "many rules allow": [tamed("allow", 4)],
            "many rules left out": [acl({"none": {}}, excludedRules=[{"name": f"rule-{n}"} for n in range(4)])],
            "a rule of its own": [
                res("wafv2/webAclRule:WebAclRule", CULPRIT, {"statement": _GROUP, "overrideAction": {"count": {}}})
            ],
        },
        config=[({"groups": []}, [acl({"count": {}})], False), ({"tamed": 0}, [tamed("count", 1)], True)],
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
