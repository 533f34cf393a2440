"""Origins of distributions, limits and metrics of web ACLs, targets of load balancers, keys of buckets."""

import json

from tests.policies.cases.encryption import BUCKET, encryption
from tests.policies.cases.waf import acl, distribution
from tests.policies.support import CULPRIT, DROP, UNKNOWN, Cases, res

_URL = res("lambda/functionUrl:FunctionUrl", "render", {"authorizationType": "AWS_IAM"})
_FUNCTION = {"originId": "render", "customOriginConfig": {"originProtocolPolicy": "https-only"}}
_NAMED = {**_FUNCTION, "domainName": "abc123.lambda-url.eu-west-1.on.aws"}
_LATER = {**_FUNCTION, "domainName": UNKNOWN}


def origins(*items, **options):
    return distribution(changes={"origins": list(items)}, **options)


def rate(limit, **more):
    return {"name": "rate", "statement": {"rateBasedStatement": {"limit": limit, **more}}, "action": {"block": {}}}


def measured(on=True, rule=True):
    visible = {"visibilityConfig": {"cloudwatchMetricsEnabled": on}}
    return acl(rules=[{"name": "one", "visibilityConfig": {"cloudwatchMetricsEnabled": rule}}], **visible)


def group(**props):
    return res("lb/targetGroup:TargetGroup", CULPRIT, props)


_JSON_RATE = json.dumps([{"Name": "rate", "Statement": {"RateBasedStatement": {"Limit": 2000}}}])

CASES = {
    "cloudfront-distribution-function-origin-signed": Cases(
        good={
            "signed": [origins({**_NAMED, "originAccessControlId": "E2"})],
            "signed, known later": [
                _URL,
                origins({**_LATER, "originAccessControlId": UNKNOWN}, refers={"origins": [_URL]}),
            ],
            "no function": [distribution()],
            "two unknown names": [_URL, origins(_LATER, {**_LATER, "originId": "web"}, refers={"origins": [_URL]})],
        },
        bad={
            "unsigned": [origins(_NAMED)],
            "unsigned, known later": [_URL, origins(_LATER, refers={"origins": [_URL]})],
        },
    ),
    "cloudfront-distribution-origin-group": Cases(
        good={"group": [distribution(changes={"originGroups": [{"originId": "both"}]})]},
        bad={"none": [distribution()], "empty": [distribution(changes={"originGroups": []})]},
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
        },
        config=[({"requests": 100}, [acl(rules=[rate(2000)])], True)],
    ),
    "wafv2-web-acl-metrics": Cases(
        good={"on": [measured()]},
        bad={"off": [measured(on=False)], "not set": [acl()], "off for a rule": [measured(rule=False)]},
    ),
    "lb-target-group-tls": Cases(
        good={
            "TLS": [group(protocol="HTTPS", healthCheck={"protocol": "HTTPS"})],
            "function": [group(targetType="lambda")],
            "TCP": [group(protocol="TCP")],
        },
        bad={
            "plain": [group(protocol="HTTP")],
            "plain check": [group(protocol="HTTPS", healthCheck={"path": "/"})],
        },
    ),
    "s3-bucket-bucket-key": Cases(
        good={
            "on": [BUCKET, encryption(BUCKET)],
            "no KMS": [BUCKET, encryption(BUCKET, **{"applyServerSideEncryptionByDefault.sseAlgorithm": "AES256"})],
            "dual layer": [
                BUCKET,
                encryption(
                    BUCKET, bucketKeyEnabled=DROP, **{"applyServerSideEncryptionByDefault.sseAlgorithm": "aws:kms:dsse"}
                ),
            ],
        },
        bad={
            "not set": [BUCKET, encryption(BUCKET, bucketKeyEnabled=DROP)],
            "off": [BUCKET, encryption(BUCKET, bucketKeyEnabled=False)],
        },
    ),
}
