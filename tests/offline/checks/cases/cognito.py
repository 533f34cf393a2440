"""Cases of the rules in `offline/checks/rules/cognito.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ARN, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
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
}
