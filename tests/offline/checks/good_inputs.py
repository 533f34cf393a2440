"""Inputs that AWS accepts, and what cases are made of.

A case is (change, path that the message names): a change replaces top-level inputs; `None` leaves an input out.
"""

import json
from typing import Any

from offline.wire import File

Case = tuple[dict[str, Any], str]
ARN = "arn:aws:{}:eu-west-1:111111111111:{}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
IDENTITY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
}
RESOURCE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": ["s3:*"], "Resource": "*", "Principal": "*"}],
}


def document(base: dict[str, Any], **changes: Any) -> str:
    """A policy document with its only statement changed; None takes an element away."""
    statement = base["Statement"][0] if isinstance(base["Statement"], list) else base["Statement"]
    merged = {key: value for key, value in {**statement, **changes}.items() if value is not None}
    return json.dumps({**base, "Statement": [merged]})


def container(**changes: Any) -> str:
    merged = {"name": "web", "image": "nginx:1", **changes}
    return json.dumps([{key: value for key, value in merged.items() if value is not None}])


TABLE = {"hashKey": "id", "billingMode": "PAY_PER_REQUEST", "attributes": [{"name": "id", "type": "S"}]}
CACHE = {
    "description": "c",
    "engine": "valkey",
    "nodeType": "cache.t4g.small",
    "numCacheClusters": 2,
    "automaticFailoverEnabled": True,
    "multiAzEnabled": True,
}
TASK = {
    "family": "web",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "1024",
    "memory": "3072",
    "containerDefinitions": container(),
}
FUNCTION = {
    "runtime": "python3.14",
    "handler": "i.h",
    "role": ARN.format("iam", "role/r"),
    "code": File({}),
    "timeout": 900,
    "memorySize": 10240,
}
BEHAVIOR = {
    "targetOriginId": "web",
    "viewerProtocolPolicy": "redirect-to-https",
    "allowedMethods": ["GET", "HEAD", "OPTIONS"],
    "cachedMethods": ["GET", "HEAD"],
    "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
}
DISTRIBUTION = {
    "enabled": True,
    "origins": [{"originId": "web", "domainName": "web.example.com"}],
    "defaultCacheBehavior": BEHAVIOR,
    "restrictions": {"geoRestriction": {"restrictionType": "none"}},
    "viewerCertificate": {
        "acmCertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/c",
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    },
    "aliases": ["shop.example.com"],
}
VISIBLE = {"metricName": "m", "cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True}
MANAGED = {
    "name": "common",
    "priority": 1,
    "overrideAction": {"none": {}},
    "statement": {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"}},
    "visibilityConfig": VISIBLE,
}
RATE = {
    "name": "rate",
    "priority": 2,
    "action": {"block": {}},
    "statement": {"rateBasedStatement": {"limit": 100, "aggregateKeyType": "IP"}},
    "visibilityConfig": VISIBLE,
}
ACL = {"scope": "CLOUDFRONT", "region": "us-east-1", "defaultAction": {"allow": {}}, "visibilityConfig": VISIBLE}
ALARM = {
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 3,
    "metricName": "Errors",
    "namespace": "AWS/Lambda",
    "period": 60,
    "statistic": "Sum",
    "threshold": 1,
}
BACKUP = {"ruleName": "daily", "targetVaultName": "vault", "schedule": "cron(0 5 ? * * *)"}
DOMAIN = {
    "domainName": "search",
    "engineVersion": "OpenSearch_2.19",
    "clusterConfig": {"instanceType": "t3.small.search", "instanceCount": 2, "zoneAwarenessEnabled": True},
    "vpcOptions": {"subnetIds": ["subnet-1", "subnet-2"]},
}
BROKERS = {"instanceType": "kafka.m7g.large", "clientSubnets": ["a", "b"], "securityGroups": ["sg-1"]}
