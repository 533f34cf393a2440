"""Good resources and their mistakes, continued: messaging and the edge."""

import json
from typing import Any

from tests.offline.checks.cases import (
    ACL,
    ARN,
    BEHAVIOR,
    DISTRIBUTION,
    MANAGED,
    RATE,
    RESOURCE,
    VISIBLE,
    Case,
    document,
)

REDRIVE = json.dumps({"deadLetterTargetArn": ARN.format("sqs", "dead.fifo"), "maxReceiveCount": 5})

EDGE_CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "sqs/queue:Queue": (
        {
            "name": "orders.fifo",
            "fifoQueue": True,
            "contentBasedDeduplication": True,
            "fifoThroughputLimit": "perMessageGroupId",
            "deduplicationScope": "messageGroup",
            "kmsMasterKeyId": "alias/orders",
            "redrivePolicy": REDRIVE,
            "maxMessageSize": 1048576,
        },
        [
            ({"name": "orders"}, "name"),
            ({"name": "or ders.fifo"}, "name"),
            ({"fifoQueue": None}, "name"),
            ({"deduplicationScope": "queue"}, "deduplicationScope"),
            ({"sqsManagedSseEnabled": True}, "kmsMasterKeyId"),
            ({"maxMessageSize": 1048577}, "maxMessageSize"),
            ({"redrivePolicy": json.dumps({"maxReceiveCount": 5})}, "redrivePolicy"),
            ({"redrivePolicy": REDRIVE.replace(": 5", ": 0")}, "redrivePolicy"),
            ({"redrivePolicy": REDRIVE.replace(".fifo", "")}, "redrivePolicy"),
            ({"policy": document(RESOURCE, Principal=None)}, "policy"),
        ],
    ),
    "sns/topic:Topic": (
        {"name": "alerts"},
        [
            ({"name": "alerts.fifo"}, "name"),
            ({"contentBasedDeduplication": True}, "contentBasedDeduplication"),
            ({"name": "a b"}, "name"),
        ],
    ),
    "sns/topicSubscription:TopicSubscription": (
        {"topic": ARN.format("sns", "t"), "protocol": "email", "endpoint": "ops@example.com"},
        [
            ({"endpoint": "ops"}, "endpoint"),
            ({"protocol": "https"}, "endpoint"),
            ({"protocol": "sqs"}, "endpoint"),
            ({"rawMessageDelivery": True}, "rawMessageDelivery"),
            ({"protocol": "firehose", "endpoint": ARN.format("firehose", "f")}, "subscriptionRoleArn"),
        ],
    ),
    "cloudwatch/eventRule:EventRule": (
        {"eventBusName": "default", "scheduleExpression": "rate(5 minutes)"},
        [
            ({"scheduleExpression": "rate(1 minutes)"}, "scheduleExpression"),
            ({"scheduleExpression": "rate(0 minutes)"}, "scheduleExpression"),
            ({"scheduleExpression": "cron(0 5 * * *)"}, "scheduleExpression"),
            ({"scheduleExpression": "cron(0 5 * * * *)"}, "scheduleExpression"),
            ({"scheduleExpression": "cron(61 5 * * ? *)"}, "scheduleExpression"),
            ({"eventBusName": "orders"}, "scheduleExpression"),
            ({"eventPattern": json.dumps({"source": "orders"})}, "eventPattern"),
            ({"eventPattern": "{}"}, "eventPattern"),
        ],
    ),
    "cloudwatch/eventTarget:EventTarget": (
        {"rule": "r", "arn": ARN.format("sqs", "q"), "input": "{}"},
        [
            ({"inputPath": "$.detail"}, "input"),
            ({"arn": ARN.format("sqs", "q.fifo")}, "sqsTarget"),
            ({"ecsTarget": {"taskDefinitionArn": ARN.format("ecs", "task-definition/t")}}, "roleArn"),
        ],
    ),
    "scheduler/schedule:Schedule": (
        {
            "scheduleExpression": "at(2026-01-31T12:00:00)",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5},
        },
        [
            ({"scheduleExpression": "at(noon)"}, "scheduleExpression"),
            ({"flexibleTimeWindow": {"mode": "FLEXIBLE"}}, "flexibleTimeWindow.maximumWindowInMinutes"),
            (
                {"flexibleTimeWindow": {"mode": "OFF", "maximumWindowInMinutes": 5}},
                "flexibleTimeWindow.maximumWindowInMinutes",
            ),
        ],
    ),
    "kinesis/stream:Stream": (
        {"shardCount": 1},
        [
            ({"shardCount": None}, "shardCount"),
            ({"streamModeDetails": {"streamMode": "ON_DEMAND"}}, "shardCount"),
            ({"encryptionType": "KMS"}, "kmsKeyId"),
        ],
    ),
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        {"destination": "extended_s3", "extendedS3Configuration": {"bucketArn": "arn:aws:s3:::b"}},
        [({"extendedS3Configuration": None}, "extendedS3Configuration")],
    ),
    "pipes/pipe:Pipe": (
        {
            "source": ARN.format("kinesis", "stream/s"),
            "sourceParameters": {"kinesisStreamParameters": {"startingPosition": "LATEST"}},
        },
        [({"sourceParameters": None}, "sourceParameters")],
    ),
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
