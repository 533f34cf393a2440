"""API Gateway: custom domain names."""

import re
from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN

_MODERN = re.compile(r"TLS_1_2|SecurityPolicy_TLS1[23]_.*")


@rule(
    "apigateway-domain-name-modern-tls",
    control="TLS-08",
    pack="encryption",
    title="API custom domains accept TLS 1.2 and newer only",
    why="TLS 1.0 and 1.1 are broken, and clients still offer them",
    fix="set security_policy to TLS_1_2 (or an enhanced policy, SecurityPolicy_TLS13_...)",
    severity="high",
    dev="mandatory",
    kinds=("apigateway/domainName", "apigatewayv2/domainName"),
    paths=("securityPolicy", "apigatewayv2/domainName · domainNameConfiguration.securityPolicy"),
    references=("fsbp:APIGateway.11", "checkov:CKV_AWS_206", "trivy:AVD-AWS-0005"),
)
def modern_tls(subject: Subject) -> Iterator[Problem]:
    second = subject.resource.kind == "apigatewayv2/domainName"
    path = "domainNameConfiguration.securityPolicy" if second else "securityPolicy"
    policy = subject.text(path)
    if policy is UNKNOWN:
        return
    if policy is MISSING or not _MODERN.fullmatch(policy):
        yield subject.problem(path, "must be TLS_1_2 or an enhanced policy of TLS 1.2 or 1.3")
