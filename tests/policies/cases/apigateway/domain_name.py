"""API Gateway: custom domain names."""

from tests.policies.support import CULPRIT, Cases, res

CASES = {
    "apigateway-domain-name-modern-tls": Cases(
        good={
            "TLS 1.2": [res("apigateway/domainName:DomainName", CULPRIT, {"securityPolicy": "TLS_1_2"})],
            "enhanced": [
                res(
                    "apigatewayv2/domainName:DomainName",
                    CULPRIT,
                    {"domainNameConfiguration": {"securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}},
                )
            ],
        },
        bad={
            "not set": [res("apigateway/domainName:DomainName", CULPRIT)],
            "TLS 1.0": [
                res(
                    "apigatewayv2/domainName:DomainName",
                    CULPRIT,
                    {"domainNameConfiguration": {"securityPolicy": "TLS_1_0"}},
                )
            ],
        },
    ),
}
