"""Web ACLs and their associations."""

from tests.policies.support import CULPRIT, UNKNOWN, res

GROUPS = ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList")


def group_rule(group):
    statement = {"managedRuleGroupStatement": {"name": f"AWSManagedRules{group}", "vendorName": "AWS"}}
    return {"name": group, "statement": statement}


def acl(name=CULPRIT, groups=GROUPS, **props):
    rules = {"rules": [group_rule(group) for group in groups]} if groups else {}
    return res("wafv2/webAcl:WebAcl", name, {"scope": "REGIONAL", **rules, **props})


def association(acl_, target):
    return res(
        "wafv2/webAclAssociation:WebAclAssociation",
        "association",
        {"webAclArn": UNKNOWN, "resourceArn": UNKNOWN},
        refers={"webAclArn": [acl_], "resourceArn": [target]},
    )
