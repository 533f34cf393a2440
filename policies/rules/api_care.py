"""API Gateway: limits, one way in, checked requests, TLS towards what stands behind."""

from collections.abc import Iterator

from policies.library.openapi import document, operations
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_number, as_text, read
from policies.rules.access_logs import settings_of
from policies.rules.apis import REST_API, may_be_private

_STAGE, _METHOD = "apigateway/stage", "apigateway/method"


@rule(
    "apigateway-stage-throttled",
    control="WAF-18",
    pack="waf",
    title="API stages have a limit of requests",
    why="one client, or one loop, would use up the account's limit for every API in it",
    fix='add an apigateway.MethodSettings for method_path "*/*" with throttling_rate_limit; for HTTP APIs set'
    " default_route_settings.throttling_rate_limit",
    severity="medium",
    dev="advisory",
    kinds=(_STAGE, "apigatewayv2/stage"),
    paths=(
        "apigateway/methodSettings · settings.throttlingRateLimit",
        "apigatewayv2/stage · defaultRouteSettings.throttlingRateLimit",
    ),
    stack_kinds=("*",),
    references=("cdk-nag:APIGWDefaultThrottling",),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
    limits="Usage plans limit clients with an API key only, they do not count.",
)
def throttled(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _STAGE:
        found = settings_of(subject.stack, subject.resource)
        rates = [as_number(read(item.props, "settings.throttlingRateLimit")) for item in found]
        path = "stageName"
    else:
        path = "defaultRouteSettings.throttlingRateLimit"
        rates = [subject.number(path)]
    # A rate of -1 takes the limit off.
    if not any(rate is UNKNOWN or (isinstance(rate, float) and rate >= 0) for rate in rates):
        yield Problem(path, "only the account's own limit holds")


@rule(
    "apigateway-rest-api-one-endpoint",
    control="WAF-19",
    pack="waf",
    title="REST APIs with a domain of their own answer there only",
    why="the default endpoint goes around the domain's TLS policy, mutual TLS and whatever stands in front",
    fix="set disable_execute_api_endpoint to true",
    severity="medium",
    dev="advisory",
    kinds=(REST_API,),
    paths=("disableExecuteApiEndpoint", "apigateway/basePathMapping · restApi"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html",
)
def one_endpoint(subject: Subject) -> Iterator[Problem]:
    if subject.flag("disableExecuteApiEndpoint") not in (False, MISSING):
        return
    if subject.stack.pointing_at(subject.resource, "apigateway/basePathMapping", "restApi", sure=True):
        yield subject.problem("disableExecuteApiEndpoint", "it has a domain, and answers at its default endpoint too")


@rule(
    "apigateway-method-validates",
    control="IAM-15",
    pack="guardrails",
    title="REST methods check requests before they pass them on",
    why="malformed requests reach the code, and are paid for, though the API could refuse them",
    fix="give the method a request_validator_id; in an OpenAPI body x-amazon-apigateway-request-validator",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_METHOD, REST_API),
    paths=("requestValidatorId", "apigateway/restApi · body"),
    references=("cdk-nag:APIG2", "checkov:CKV2_AWS_53"),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html",
    limits="OPTIONS needs none.",
)
def validates(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _METHOD:
        if not subject.has("requestValidatorId") and subject.text("httpMethod") not in ("OPTIONS", UNKNOWN):
            yield subject.problem("requestValidatorId", "requests are not checked")
        return
    body = document(subject.value("body"))
    if body is UNKNOWN:
        subject.defer("body")
    unchecked = [
        operation.key
        for operation in operations(body)
        if operation.validated is False and not operation.key.startswith("OPTIONS ")
    ]
    if unchecked:
        more = f" and {len(unchecked) - 3} more" if len(unchecked) > 3 else ""
        yield Problem("body", f"body: {', '.join(unchecked[:3])}{more} checks no request")


@rule(
    "apigatewayv2-integration-tls",
    control="TLS-09",
    pack="encryption",
    title="HTTP APIs reach private services over TLS",
    why="tokens and orders would cross the VPC in clear",
    fix="set tls_config.server_name_to_verify of integrations with connection_type VPC_LINK",
    severity="medium",
    dev="advisory",
    kinds=("apigatewayv2/integration",),
    paths=("tlsConfig.serverNameToVerify", "connectionType"),
    references=("fsbp:APIGateway.10",),
)
def integration_tls(subject: Subject) -> Iterator[Problem]:
    if subject.text("connectionType") == "VPC_LINK" and not subject.has("tlsConfig"):
        yield subject.problem("tlsConfig", "the listener behind the VPC link is called without TLS")


@rule(
    "apigateway-stage-client-certificate",
    control="TLS-23",
    pack="encryption",
    title="Stages show their HTTP backends a client certificate",
    why="a backend on the internet cannot tell the API from anybody else",
    fix="set client_certificate_id of the stage to an apigateway.ClientCertificate, and check it in the backend",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_STAGE,),
    paths=(
        "clientCertificateId",
        "apigateway/integration · type",
        "apigateway/restApi · endpointConfiguration.types",
    ),
    stack_kinds=("*",),
    references=("fsbp:APIGateway.2", "checkov:CKV2_AWS_51", "aws-config:API_GW_SSL_ENABLED"),
    limits="Judged where an apigateway.Integration of the API calls HTTP on the internet.",
)
def client_certificate(subject: Subject) -> Iterator[Problem]:
    stack = subject.stack
    if subject.has("clientCertificateId"):
        return
    for api in stack.referred(subject.resource, "restApi", REST_API).resources:
        if may_be_private(api):
            return
        for integration in stack.pointing_at(api, "apigateway/integration", "restApi", sure=True):
            kind, way = (as_text(read(integration.props, name)) for name in ("type", "connectionType"))
            if kind in ("HTTP", "HTTP_PROXY") and way in (MISSING, "INTERNET"):
                yield subject.problem("clientCertificateId", f"{integration.name} calls a backend without it")
                return


@rule(
    "apigateway-stage-tracing",
    control="LOG-06",
    pack="guardrails",
    title="APIs and functions are traced",
    why="which step made a request slow, or fail, is seen in its trace alone",
    fix="set xray_tracing_enabled to true on the stage, tracing_config.mode to Active on the function",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_STAGE, "lambda/function"),
    paths=("xrayTracingEnabled", "lambda/function · tracingConfig.mode"),
    references=("fsbp:APIGateway.3", "checkov:CKV_AWS_73", "checkov:CKV_AWS_50", "trivy:AVD-AWS-0066"),
)
def tracing(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _STAGE:
        if as_flag(subject.value("xrayTracingEnabled")) in (False, MISSING):
            yield subject.problem("xrayTracingEnabled", "must be true")
    elif subject.text("tracingConfig.mode") not in ("Active", UNKNOWN):
        yield subject.problem("tracingConfig.mode", "must be Active")
