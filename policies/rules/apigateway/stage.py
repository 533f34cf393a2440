"""API Gateway, REST APIs: logs, limits and protection of stages."""

from collections.abc import Iterator

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_number, as_text, read, spread
from policies.rules.helpers.rest_apis import REST_API, may_be_private
from policies.rules.helpers.secrets import is_secret
from policies.rules.helpers.web_acls import ASSOCIATION

_STAGE = "apigateway/stage"


@rule(
    "apigateway-stage-access-logs",
    control="LOG-04",
    pack="guardrails",
    title="API stages keep structured access logs",
    why="only an access log shows which calls failed or were rejected, and why",
    fix="set access_log_settings with the ARN of a log group and a JSON format",
    severity="medium",
    dev="advisory",
    kinds=("apigateway/stage", "apigatewayv2/stage"),
    paths=("accessLogSettings.destinationArn", "accessLogSettings.format"),
    references=("fsbp:APIGateway.9", "cdk-nag:APIG1", "checkov:CKV_AWS_76", "trivy:AVD-AWS-0001"),
)
def stage_access_logs(subject: Subject) -> Iterator[Problem]:
    if subject.value("accessLogSettings") is UNKNOWN:
        return
    if not subject.has("accessLogSettings.destinationArn"):
        yield subject.problem("accessLogSettings.destinationArn", "must have access logs")
        return
    layout = subject.text("accessLogSettings.format")
    if isinstance(layout, str) and not layout.lstrip().startswith("{"):
        yield subject.problem("accessLogSettings.format", "must be JSON")


@rule(
    "apigateway-stage-client-certificate",
    control="TLS-23",
    pack="encryption",
    title="Stages send their HTTP backends a client certificate",
    why="a backend on the internet cannot distinguish the API from other clients",
    fix="set client_certificate_id of the stage to an apigateway.ClientCertificate, and verify it in the backend",
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
    limits="Judged if an apigateway.Integration of the API calls HTTP on the internet.",
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
                yield subject.problem("clientCertificateId", f"must be set, as {integration.name} calls the internet")
                return


def settings_of(stack: Stack, stage: Resource) -> list[Resource]:
    """Method settings of a REST stage: by dependency, else by the stage's name within the same API."""
    found = stack.pointing_at(stage, "apigateway/methodSettings", "stageName")
    apis = {api.urn for api in stack.referred(stage, "restApi", "apigateway/restApi").resources}
    name = read(stage.props, "stageName")
    for settings in stack.of_kind("apigateway/methodSettings"):
        same = {api.urn for api in stack.referred(settings, "restApi", "apigateway/restApi").resources}
        if same == apis and name in (UNKNOWN, read(settings.props, "stageName")):
            found.append(settings)
    return found


@rule(
    "apigateway-stage-execution-logs",
    control="LOG-05",
    pack="guardrails",
    title="REST stages log their execution, without request bodies",
    why="only this log shows errors of authorizers and integrations; full traces copy passwords and addresses",
    fix='add an apigateway.MethodSettings for method_path "*/*" with logging_level ERROR or INFO and data_trace_enabled'
    " false",
    severity="medium",
    dev="advisory",
    kinds=("apigateway/stage", "apigateway/methodSettings"),
    paths=(
        "apigateway/methodSettings · settings.loggingLevel",
        "apigateway/methodSettings · settings.dataTraceEnabled",
    ),
    stack_kinds=("*",),
    references=("fsbp:APIGateway.1", "cdk-nag:APIG6", "checkov:CKV2_AWS_4", "checkov:CKV_AWS_276"),
)
def execution_logs(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "apigateway/methodSettings":
        if subject.flag("settings.dataTraceEnabled") is True:
            yield subject.problem("settings.dataTraceEnabled", "must be false: it logs request bodies")
        return
    levels = [
        as_text(read(item.props, "settings.loggingLevel")) for item in settings_of(subject.stack, subject.resource)
    ]
    if not any(level in ("INFO", "ERROR", UNKNOWN) for level in levels):
        yield Problem("stageName", "must have method settings with logging_level ERROR or INFO; none has")


@rule(
    "apigateway-stage-no-secret-variables",
    control="SEC-03",
    pack="guardrails",
    title="API stages hold no secrets in their variables",
    why="anyone who can read the API can read stage variables, and they are copied into logs",
    fix="move the value to Secrets Manager, and fetch it by ARN in the integration's function",
    severity="high",
    dev="mandatory",
    kinds=("apigateway/stage", "apigatewayv2/stage"),
    paths=("variables", "apigatewayv2/stage · stageVariables"),
    references=("prowler:apigateway_restapi_no_secrets_in_stage_variables",),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html",
    limits="Judged by the variable's name and by the patterns of well-known credentials; the value is never shown.",
)
def stage_variables(subject: Subject) -> Iterator[Problem]:
    path = "variables" if subject.resource.kind == "apigateway/stage" else "stageVariables"
    variables = subject.value(path)
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if value is UNKNOWN:
            subject.defer(f"{path}.{name}")
        elif is_secret(name, value):
            yield Problem(path, f"{path} has a secret in variable {name}")


@rule(
    "apigateway-stage-throttled",
    control="WAF-18",
    pack="waf",
    title="API stages have throttling limits",
    why="one client, or one loop, could use up the account's limit for all of its APIs",
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
    limits="Usage plans do not count: they limit clients with an API key only.",
)
def throttled(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _STAGE:
        found = settings_of(subject.stack, subject.resource)
        rates = [as_number(read(item.props, "settings.throttlingRateLimit")) for item in found]
        path = "stageName"
    else:
        path = "defaultRouteSettings.throttlingRateLimit"
        rates = [subject.number(path)]
    # A rate of -1 removes the limit.
    if not any(rate is UNKNOWN or (isinstance(rate, float) and rate >= 0) for rate in rates):
        yield Problem(path, "a throttling rate must be set: only the account's limit applies")


@rule(
    "apigateway-stage-tracing",
    control="LOG-06",
    pack="guardrails",
    title="APIs and functions are traced by X-Ray",
    why="only a trace shows which step of a request was slow or failed",
    fix="set xray_tracing_enabled to true on the stage, and tracing_config.mode to Active on the function",
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


@rule(
    "apigateway-stage-web-acl",
    control="WAF-04",
    pack="waf",
    title="Public REST API stages have a web ACL",
    why="the API's own endpoint is reachable from the whole internet",
    fix="add a wafv2.WebAclAssociation with resource_arn of the stage",
    severity="high",
    dev="advisory",
    kinds=("apigateway/stage",),
    paths=(
        "restApi",
        "wafv2/webAclAssociation · resourceArn",
        "apigateway/restApi · endpointConfiguration.types",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:APIGateway.4",
        "cdk-nag:APIG3",
        "checkov:CKV2_AWS_29",
        "aws-config:API_GW_ASSOCIATED_WITH_WAF",
    ),
    limits="Stages of private APIs are not judged.",
)
def api_stage(subject: Subject) -> Iterator[Problem]:
    apis = subject.stack.referred(subject.resource, "restApi", "apigateway/restApi").resources
    endpoints = [kind for api in apis for kind in as_list(spread(api.props, "endpointConfiguration.types"))]
    if "PRIVATE" in endpoints:
        return
    if UNKNOWN in endpoints:
        subject.defer("restApi")
        return
    if not subject.stack.pointing_at(subject.resource, ASSOCIATION, "resourceArn"):
        yield subject.problem("stageName", "must have a wafv2.WebAclAssociation; none references it")
