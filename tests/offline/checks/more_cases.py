"""Good resources and their mistakes, continued: identity, APIs, storage, operations."""

import json
from typing import Any

from tests.offline.checks.cases import ALARM, ARN, BACKUP, IDENTITY, RESOURCE, TRUST, Case, document

MORE_CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "iam/policy:Policy": (
        {"name": "p", "path": "/app/", "policy": json.dumps(IDENTITY)},
        [
            ({"path": "app"}, "path"),
            ({"name": "a b"}, "name"),
            ({"policy": json.dumps({"Version": "2012-10-17"})}, "policy"),
            ({"policy": json.dumps({**IDENTITY, "Version": "2020-01-01"})}, "policy"),
            ({"policy": document(IDENTITY, Effect="allow")}, "policy"),
            ({"policy": document(IDENTITY, Action=None)}, "policy"),
            ({"policy": document(IDENTITY, Action="GetObject")}, "policy"),
            ({"policy": document(IDENTITY, Resource="bucket")}, "policy"),
            ({"policy": document(IDENTITY, Principal="*")}, "policy"),
            ({"policy": document(IDENTITY, Sid="a-b")}, "policy"),
            ({"policy": document(IDENTITY, Actions="s3:*")}, "policy"),
            ({"policy": document(IDENTITY, Resource=["arn:aws:s3:::" + "x" * 6200])}, "policy"),
        ],
    ),
    "iam/role:Role": (
        {"name": "r", "assumeRolePolicy": json.dumps(TRUST)},
        [
            ({"name": "x" * 65}, "name"),
            ({"assumeRolePolicy": document(TRUST, Resource="*")}, "assumeRolePolicy"),
            ({"assumeRolePolicy": document(TRUST, Principal=None)}, "assumeRolePolicy"),
        ],
    ),
    "iam/rolePolicyAttachment:RolePolicyAttachment": (
        {"role": "r", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        [({"role": "arn:aws:iam::111111111111:role/r"}, "role"), ({"policyArn": "ReadOnlyAccess"}, "policyArn")],
    ),
    "s3/bucketPolicy:BucketPolicy": (
        {"bucket": "b", "policy": json.dumps(RESOURCE)},
        [({"policy": document(RESOURCE, Principal=None)}, "policy")],
    ),
    "kms/key:Key": (
        {"enableKeyRotation": True, "rotationPeriodInDays": 365},
        [
            ({"deletionWindowInDays": 31}, "deletionWindowInDays"),
            ({"customerMasterKeySpec": "RSA_2048"}, "enableKeyRotation"),
            ({"keyUsage": "SIGN_VERIFY"}, "keyUsage"),
        ],
    ),
    "kms/alias:Alias": (
        {"name": "alias/web", "targetKeyId": "k"},
        [({"name": "alias/aws/web"}, "name"), ({"name": "alias/" + "x" * 251}, "name")],
    ),
    "secretsmanager/secretVersion:SecretVersion": (
        {"secretId": "s", "secretString": "x"},
        [({"secretBinary": "eA=="}, "secretBinary")],
    ),
    "cognito/userPool:UserPool": (
        {"usernameAttributes": ["email"], "mfaConfiguration": "ON", "softwareTokenMfaConfiguration": {"enabled": True}},
        [
            ({"aliasAttributes": ["email"]}, "aliasAttributes"),
            ({"softwareTokenMfaConfiguration": None}, "mfaConfiguration"),
        ],
    ),
    "cognito/userPoolClient:UserPoolClient": (
        {
            "userPoolId": "eu-west-1_abc",
            "allowedOauthFlows": ["code"],
            "allowedOauthFlowsUserPoolClient": True,
            "callbackUrls": ["https://shop.example.com/cb", "http://localhost:8080/cb"],
            "defaultRedirectUri": "https://shop.example.com/cb",
        },
        [
            ({"callbackUrls": None, "defaultRedirectUri": None}, "callbackUrls"),
            ({"callbackUrls": ["http://shop.example.com/cb"]}, "callbackUrls[0]"),
            ({"defaultRedirectUri": "https://other.example.com"}, "defaultRedirectUri"),
            ({"allowedOauthFlows": ["code", "client_credentials"]}, "allowedOauthFlows"),
            ({"allowedOauthFlows": ["client_credentials"]}, "generateSecret"),
            ({"explicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]}, "explicitAuthFlows"),
        ],
    ),
    "cognito/userPoolDomain:UserPoolDomain": (
        {"domain": "web-store", "userPoolId": "eu-west-1_abc"},
        [
            ({"domain": "Web_Store"}, "domain"),
            ({"domain": "my-cognito"}, "domain"),
            ({"domain": "auth.example.com", "certificateArn": ARN.format("acm", "certificate/c")}, "certificateArn"),
        ],
    ),
    "apigateway/restApi:RestApi": (
        {"name": "a", "minimumCompressionSize": "10485760"},
        [({"minimumCompressionSize": "-2"}, "minimumCompressionSize")],
    ),
    "apigateway/integration:Integration": (
        {
            "type": "AWS_PROXY",
            "httpMethod": "GET",
            "integrationHttpMethod": "POST",
            "uri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations",
        },
        [
            ({"uri": None}, "uri"),
            ({"integrationHttpMethod": None}, "integrationHttpMethod"),
            ({"integrationHttpMethod": "GET"}, "integrationHttpMethod"),
            ({"connectionType": "VPC_LINK"}, "connectionId"),
        ],
    ),
    "apigateway/method:Method": (
        {"httpMethod": "GET", "authorization": "NONE"},
        [({"authorization": "NO"}, "authorization"), ({"authorization": "CUSTOM"}, "authorizerId")],
    ),
    "apigateway/resource:Resource": ({"pathPart": "{proxy+}"}, [({"pathPart": "a/b"}, "pathPart")]),
    "apigateway/authorizer:Authorizer": (
        {"type": "COGNITO_USER_POOLS", "providerArns": [ARN.format("cognito-idp", "userpool/u")]},
        [({"providerArns": None}, "providerArns"), ({"type": "TOKEN"}, "authorizerUri")],
    ),
    "apigateway/stage:Stage": (
        {
            "stageName": "live",
            "accessLogSettings": {"destinationArn": ARN.format("logs", "log-group:l"), "format": "x"},
        },
        [
            ({"stageName": "a b"}, "stageName"),
            ({"accessLogSettings": {"destinationArn": ARN.format("logs", "log-group:l")}}, "accessLogSettings.format"),
            ({"cacheClusterEnabled": True}, "cacheClusterSize"),
        ],
    ),
    "apigatewayv2/api:Api": (
        {"protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"},
        [
            ({"routeSelectionExpression": None}, "routeSelectionExpression"),
            ({"corsConfiguration": {"maxAge": 1}}, "corsConfiguration"),
        ],
    ),
    "apigatewayv2/route:Route": (
        {"apiId": "a", "routeKey": "GET /x"},
        [({"routeKey": "FETCH /x"}, "routeKey"), ({"authorizationType": "JWT"}, "authorizerId")],
    ),
    "apigatewayv2/authorizer:Authorizer": (
        {"apiId": "a", "authorizerType": "JWT", "jwtConfiguration": {"issuer": "i"}},
        [({"jwtConfiguration": None}, "jwtConfiguration")],
    ),
    "s3/bucket:Bucket": (
        {"bucket": "my.bucket-1"},
        [
            ({"bucket": "ab"}, "bucket"),
            ({"bucket": "a..b"}, "bucket"),
            ({"bucket": "192.168.5.4"}, "bucket"),
            ({"bucket": "xn--bucket"}, "bucket"),
            ({"bucket": None, "bucketPrefix": "x" * 38}, "bucketPrefix"),
        ],
    ),
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        {
            "bucket": "b",
            "rules": [
                {
                    "id": "a",
                    "status": "Enabled",
                    "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
                    "expiration": {"days": 60},
                }
            ],
        },
        [
            ({"rules": [{"id": "a", "status": "Enabled"}]}, "rules[0]"),
            (
                {"rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}] * 2},
                "rules[1].id",
            ),
            (
                {
                    "rules": [
                        {"id": "a", "status": "Enabled", "transitions": [{"days": 5, "storageClass": "STANDARD_IA"}]}
                    ]
                },
                "rules[0].transitions[0].days",
            ),
        ],
    ),
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        [
            (
                {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"}}]},
                "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",
            )
        ],
    ),
    "s3/bucketCorsConfiguration:BucketCorsConfiguration": (
        {"bucket": "b", "corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["https://*.example.com"]}]},
        [({"corsRules": [{"allowedMethods": ["PATCH"]}]}, "corsRules[0].allowedMethods[0]")],
    ),
    "backup/plan:Plan": (
        {"name": "p", "rules": [{**BACKUP, "lifecycle": {"coldStorageAfter": 10, "deleteAfter": 100}}]},
        [
            ({"rules": [{**BACKUP, "ruleName": "a b"}]}, "rules[0].ruleName"),
            ({"rules": [BACKUP, BACKUP]}, "rules[1].ruleName"),
            ({"rules": [{**BACKUP, "schedule": "daily"}]}, "rules[0].schedule"),
            ({"rules": [{**BACKUP, "startWindow": 30}]}, "rules[0].startWindow"),
            ({"rules": [{**BACKUP, "startWindow": 60, "completionWindow": 60}]}, "rules[0].completionWindow"),
            (
                {"rules": [{**BACKUP, "lifecycle": {"coldStorageAfter": 10, "deleteAfter": 99}}]},
                "rules[0].lifecycle.deleteAfter",
            ),
        ],
    ),
    "backup/vault:Vault": ({"name": "vault"}, [({"name": "v"}, "name")]),
    "ecr/repository:Repository": ({"name": "store/web"}, [({"name": "Store"}, "name")]),
    "ecr/lifecyclePolicy:LifecyclePolicy": (
        {"repository": "r", "policy": json.dumps({"rules": [{"rulePriority": 1}]})},
        [
            ({"policy": "{}"}, "policy"),
            ({"policy": json.dumps({"rules": [{"rulePriority": 1}, {"rulePriority": 1}]})}, "policy"),
        ],
    ),
    "cloudwatch/metricAlarm:MetricAlarm": (
        ALARM,
        [
            ({"statistic": None}, "statistic"),
            ({"extendedStatistic": "p99"}, "extendedStatistic"),
            ({"namespace": None}, "namespace"),
            ({"period": 45}, "period"),
            ({"period": 300, "evaluationPeriods": 300}, "evaluationPeriods"),
            ({"datapointsToAlarm": 4}, "datapointsToAlarm"),
            (
                {"metricName": None, "metricQueries": [{"id": "A1", "expression": "1", "returnData": True}]},
                "metricQueries[0].id",
            ),
            ({"metricName": None, "metricQueries": [{"id": "a", "expression": "1"}]}, "metricQueries"),
            ({"alarmActions": [ARN.format("sns", f"t{i}") for i in range(6)]}, "alarmActions"),
        ],
    ),
    "cloudwatch/logGroup:LogGroup": ({"name": "/a/b"}, [({"name": "a b"}, "name")]),
    "cloudwatch/dashboard:Dashboard": (
        {"dashboardName": "d", "dashboardBody": json.dumps({"widgets": [{"type": "text", "width": 24}]})},
        [
            ({"dashboardBody": "{}"}, "dashboardBody"),
            ({"dashboardBody": json.dumps({"widgets": [{"width": 1}]})}, "dashboardBody"),
            ({"dashboardBody": json.dumps({"widgets": [{"type": "text", "width": 25}]})}, "dashboardBody"),
        ],
    ),
    "budgets/budget:Budget": (
        {"budgetType": "COST", "limitAmount": "5", "limitUnit": "USD", "timeUnit": "MONTHLY"},
        [
            ({"limitAmount": "five"}, "limitAmount"),
            ({"limitAmount": None}, "limitAmount"),
            ({"notifications": [{"threshold": 80}]}, "notifications[0].subscriberEmailAddresses"),
        ],
    ),
    "guardduty/detector:Detector": (
        {"enable": True, "findingPublishingFrequency": "ONE_HOUR"},
        [({"findingPublishingFrequency": "HOURLY"}, "findingPublishingFrequency")],
    ),
    "lex/v2modelsBot:V2modelsBot": (
        {"name": "b", "idleSessionTtlInSeconds": 60},
        [({"idleSessionTtlInSeconds": 59}, "idleSessionTtlInSeconds")],
    ),
    "lex/v2modelsBotLocale:V2modelsBotLocale": (
        {"localeId": "en_US", "nLuIntentConfidenceThreshold": 0.5},
        [({"nLuIntentConfidenceThreshold": 1.5}, "nLuIntentConfidenceThreshold")],
    ),
    "ssm/parameter:Parameter": (
        {"name": "/store/flags", "type": "String", "value": "x"},
        [
            ({"name": "store/flags"}, "name"),
            ({"name": "/aws/flags"}, "name"),
            ({"value": "x" * 4097}, "value"),
        ],
    ),
    "location/tracker:Tracker": ({"trackerName": "t"}, [({"trackerName": "a b"}, "trackerName")]),
}
