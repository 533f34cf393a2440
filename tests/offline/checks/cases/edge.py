"""Cases of the rules in `offline/checks/rules/edge.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ACL, ARN, BEHAVIOR, DISTRIBUTION, MANAGED, RATE, VISIBLE, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "cloudfront/distribution:Distribution": (
        DISTRIBUTION,
        [
            ({"origins": [{"originId": "web", "domainName": "a.b"}] * 2}, "origins[0].originId"),
            ({"origins": [{"originId": "web", "domainName": "https://a.b"}]}, "origins[0].domainName"),
            ({"origins": [{"originId": "web", "domainName": "a.b", "originPath": "x/"}]}, "origins[0].originPath"),
            (
                {"orderedCacheBehaviors": [{**BEHAVIOR, "targetOriginId": "no"}]},
                "orderedCacheBehaviors[0].targetOriginId",
            ),
            ({"defaultCacheBehavior": {**BEHAVIOR, "cachePolicyId": None}}, "defaultCacheBehavior.cachePolicyId"),
            ({"defaultCacheBehavior": {**BEHAVIOR, "allowedMethods": ["GET"]}}, "defaultCacheBehavior.allowedMethods"),
            (
                {
                    "defaultCacheBehavior": {
                        **BEHAVIOR,
                        "allowedMethods": ["GET", "HEAD"],
                        "cachedMethods": ["GET", "HEAD", "OPTIONS"],
                    }
                },
                "defaultCacheBehavior.cachedMethods",
            ),
            ({"viewerCertificate": {"cloudfrontDefaultCertificate": True}}, "aliases"),
            (
                {"viewerCertificate": {"acmCertificateArn": ARN.format("acm", "certificate/c")}},
                "viewerCertificate.acmCertificateArn",
            ),
            ({"webAclId": ARN.format("wafv2", "regional/webacl/a/1")}, "webAclId"),
            ({"defaultRootObject": "/index.html"}, "defaultRootObject"),
            (
                {"customErrorResponses": [{"errorCode": 404, "responsePagePath": "/404"}]},
                "customErrorResponses[0].responseCode",
            ),
            (
                {"restrictions": {"geoRestriction": {"restrictionType": "whitelist"}}},
                "restrictions.geoRestriction.locations",
            ),
        ],
    ),
    "cloudfront/cachePolicy:CachePolicy": (
        {"minTtl": 1, "defaultTtl": 2, "maxTtl": 3},
        [({"minTtl": 4}, "minTtl"), ({"defaultTtl": 4}, "defaultTtl")],
    ),
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        {"corsConfig": {"accessControlAllowCredentials": False}},
        [({"corsConfig": None}, "corsConfig")],
    ),
    "cloudfront/function:Function": (
        {"name": "f", "runtime": "cloudfront-js-2.0", "code": "x"},
        [({"code": "x" * 10241}, "code"), ({"runtime": "js"}, "runtime")],
    ),
    "cloudfront/vpcOrigin:VpcOrigin": (
        {"vpcOriginEndpointConfig": {"httpPort": 80, "httpsPort": 443}},
        [({"vpcOriginEndpointConfig": {"httpPort": 0}}, "vpcOriginEndpointConfig.httpPort")],
    ),
    "wafv2/webAcl:WebAcl": (
        {**ACL, "rules": [MANAGED, RATE]},
        [
            ({"region": "eu-west-1"}, "region"),
            ({"description": "Rules of the store's edge"}, "description"),
            ({"defaultAction": {"allow": {"x": 1}, "block": {"x": 1}}}, "defaultAction"),
            ({"rules": [MANAGED, {**RATE, "priority": 1}]}, "rules[1].priority"),
            ({"rules": [MANAGED, {**RATE, "name": "common"}]}, "rules[1].name"),
            ({"rules": [{**MANAGED, "overrideAction": None}]}, "rules[0].overrideAction"),
            ({"rules": [{**RATE, "action": None, "overrideAction": {"none": {}}}]}, "rules[0].overrideAction"),
            ({"rules": [{**RATE, "visibilityConfig": {}}]}, "rules[0].visibilityConfig.metricName"),
            ({"visibilityConfig": {**VISIBLE, "metricName": "All"}}, "visibilityConfig.metricName"),
            (
                {"rules": [{**RATE, "statement": {"rateBasedStatement": {"limit": 1}}}]},
                "rules[0].statement.rateBasedStatement.limit",
            ),
        ],
    ),
    "wafv2/webAclRule:WebAclRule": (
        {**RATE, "webAclArn": ARN.format("wafv2", "regional/webacl/a/1")},
        [
            ({"priority": -1}, "priority"),
            ({"action": None}, "action"),
            ({"visibilityConfig": {}}, "visibilityConfig.metricName"),
        ],
    ),
    "wafv2/ipSet:IpSet": (
        {"scope": "REGIONAL", "ipAddressVersion": "IPV4", "addresses": ["192.0.2.0/24"]},
        [({"addresses": ["192.0.2.1"]}, "addresses[0]"), ({"addresses": ["2001:db8::/56"]}, "addresses[0]")],
    ),
    "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        {"logDestinationConfigs": [ARN.format("logs", "log-group:aws-waf-logs-web")]},
        [({"logDestinationConfigs": [ARN.format("logs", "log-group:web")]}, "logDestinationConfigs[0]")],
    ),
    "acm/certificate:Certificate": (
        {"domainName": "*.example.com", "validationMethod": "DNS"},
        [({"domainName": None}, "domainName"), ({"subjectAlternativeNames": ["a b"]}, "subjectAlternativeNames[0]")],
    ),
    "route53/record:Record": (
        {"zoneId": "Z1", "name": "x", "type": "A", "ttl": 60, "records": ["192.0.2.1"]},
        [
            ({"records": None}, "records"),
            ({"ttl": None}, "ttl"),
            ({"aliases": [{"name": "a", "zoneId": "Z", "evaluateTargetHealth": False}]}, "records"),
            ({"records": ["x.example.com"]}, "records[0]"),
            ({"type": "AAAA"}, "records[0]"),
            ({"type": "CAA"}, "records[0]"),
            ({"type": "CNAME", "records": ["a", "b"]}, "records"),
            ({"weightedRoutingPolicies": [{"weight": 1}]}, "setIdentifier"),
        ],
    ),
    "route53/healthCheck:HealthCheck": (
        {"type": "HTTPS", "fqdn": "x.example.com", "requestInterval": 30},
        [({"fqdn": None}, "fqdn"), ({"requestInterval": 20}, "requestInterval")],
    ),
}
