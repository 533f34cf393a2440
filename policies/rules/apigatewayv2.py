"""API Gateway, HTTP APIs: endpoints, CORS and integrations."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import is_unreadable
from policies.library.openapi import UNREADABLE, document
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, as_flag, as_list, as_text, read, spread


@rule(
    "apigatewayv2-api-behind-cloudfront",
    control="WAF-06",
    pack="waf",
    title="HTTP APIs are reached through CloudFront only, with their default endpoint disabled",
    why="AWS WAF cannot be attached to an HTTP API: only a distribution in front of it can filter requests",
    fix="set disable_execute_api_endpoint to true and make the API (or its custom domain) an origin of a"
    " cloudfront.Distribution with a web ACL",
    severity="high",
    dev="advisory",
    kinds=("apigatewayv2/api",),
    paths=("disableExecuteApiEndpoint", "cloudfront/distribution · origins[].domainName"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html",
    limits="A distribution of another stack is not seen: add a waiver with its name as the reason.",
)
def http_api(subject: Subject) -> Iterator[Problem]:
    if subject.text("protocolType") != "HTTP":
        return
    if subject.flag("disableExecuteApiEndpoint") in (False, MISSING):
        yield subject.problem("disableExecuteApiEndpoint", "must be true: it bypasses CloudFront and its web ACL")
    stack = subject.stack
    names = [as_text(read(domain.props, "domainName")) for domain in stack.of_kind("apigatewayv2/domainName")]
    domains = {name.lower() for name in names if isinstance(name, str)}
    for distribution in stack.of_kind("cloudfront/distribution"):
        origins = as_list(spread(distribution.props, "origins[].domainName"))
        reference = stack.referred(
            distribution, "origins[].domainName", "apigatewayv2/api", "apigatewayv2/domainName", "apigatewayv2/stage"
        )
        known = all(isinstance(name, str) for name in (*origins, *names))
        if reference.resources or not known or any(origin.lower() in domains for origin in origins):
            return
    yield Problem("cloudfront/distribution", "must be an origin of a distribution; none of this stack has it")


def _is_open(block: Any) -> bool:
    """Whether CORS settings allow calls with credentials from every site."""
    origins = as_list(spread(block, "allowOrigins"))
    everybody = {"*", "https://*", "http://*"} & {item for item in origins if isinstance(item, str)}
    return bool(everybody) and as_flag(read(block, "allowCredentials")) is True


@rule(
    "apigatewayv2-cors-bounded",
    control="WAF-22",
    pack="waf",
    title="CORS does not allow credentials from every origin",
    why="a page on any site could order in the customer's name",
    fix="list the store's origins in allow_origins, or leave allow_credentials out",
    severity="medium",
    dev="advisory",
    kinds=("apigatewayv2/api", "lambda/functionUrl"),
    paths=("corsConfiguration.allowOrigins", "body", "lambda/functionUrl · cors.allowOrigins"),
    references=("checkov:CKV2_AWS_75", "prowler:awslambda_function_url_cors_policy"),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
)
def cors(subject: Subject) -> Iterator[Problem]:
    block = "corsConfiguration" if subject.resource.kind == "apigatewayv2/api" else "cors"
    if _is_open(read(subject.resource.props, block)):
        yield subject.problem(f"{block}.allowOrigins", "must list single origins when allow_credentials is true")
    written = read(subject.resource.props, "body")
    body = document(written)
    if is_unreadable(written, body):
        yield UNREADABLE
    if isinstance(body, dict) and _is_open(body.get("x-amazon-apigateway-cors")):
        yield Problem("body", "body: allowOrigins must list single origins when allowCredentials is true")


@rule(
    "apigatewayv2-integration-tls",
    control="TLS-09",
    pack="encryption",
    title="HTTP APIs call private integrations over TLS",
    why="tokens and orders would cross the VPC unencrypted",
    fix="set tls_config.server_name_to_verify on integrations with connection_type VPC_LINK",
    severity="medium",
    dev="advisory",
    kinds=("apigatewayv2/integration",),
    paths=("tlsConfig.serverNameToVerify", "connectionType"),
    references=("fsbp:APIGateway.10",),
)
def integration_tls(subject: Subject) -> Iterator[Problem]:
    if subject.text("connectionType") == "VPC_LINK" and not subject.has("tlsConfig"):
        yield subject.problem("tlsConfig", "must have server_name_to_verify: the VPC link uses no TLS")
