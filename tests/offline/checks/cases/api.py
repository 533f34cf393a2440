"""Cases of the rules in `offline/checks/rules/api.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ARN, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
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
}
