"""API Gateway, HTTP APIs: endpoints, CORS and integrations."""

import json

from tests.policies.cases.helpers.distributions import distribution
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def integration(**props):
    return res("apigatewayv2/integration:Integration", CULPRIT, props)


def api(**cors):
    return res("apigatewayv2/api:Api", CULPRIT, {"corsConfiguration": cors} if cors else {})


def http_api(**props):
    return res("apigatewayv2/api:Api", CULPRIT, {"protocolType": "HTTP", **props})


def _behind(api):
    origins = [{"originId": "api", "domainName": UNKNOWN, "customOriginConfig": {}}]
    return distribution("edge", {"origins": origins}, refers={"origins": [api]})


CASES = {
    "apigatewayv2-api-behind-cloudfront": Cases(
        good={
            "origin of a distribution": [
                http_api(disableExecuteApiEndpoint=True),
                _behind(http_api()),
            ],
            "by its domain": [
                http_api(disableExecuteApiEndpoint=True),
                res("apigatewayv2/domainName:DomainName", "domain", {"domainName": "web.shop.example.com"}),
                distribution("edge"),
            ],
            "WebSocket API": [http_api(protocolType="WEBSOCKET")],
        },
        bad={
            "default endpoint on": [http_api(disableExecuteApiEndpoint=False), _behind(http_api())],
            "default endpoint not set": [http_api(), _behind(http_api())],
            "no distribution": [http_api(disableExecuteApiEndpoint=True)],
        },
    ),
    "apigatewayv2-cors-bounded": Cases(
        good={
            "one origin": [api(allowOrigins=["https://store.example.com"], allowCredentials=True)],
            "everyone, without credentials": [api(allowOrigins=["*"])],
            "none": [api()],
        },
        bad={
            "everyone": [api(allowOrigins=["https://*"], allowCredentials=True)],
            "URL of a function": [
                res(
                    "lambda/functionUrl:FunctionUrl",
                    CULPRIT,
                    {"cors": {"allowOrigins": ["*"], "allowCredentials": True}},
                )
            ],
            "in the body": [
                res(
                    "apigatewayv2/api:Api",
                    CULPRIT,
                    {
                        "body": json.dumps(
                            {"x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowCredentials": True}}
                        )
                    },
                )
            ],
        },
    ),
    "apigatewayv2-integration-tls": Cases(
        good={
            "TLS": [integration(connectionType="VPC_LINK", tlsConfig={"serverNameToVerify": "app.internal"})],
            "function": [integration(integrationType="AWS_PROXY")],
        },
        bad={"plain": [integration(connectionType="VPC_LINK")]},
    ),
}
