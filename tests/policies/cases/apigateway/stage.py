"""API Gateway, REST APIs: logs, limits and protection of stages."""

from tests.policies.cases.helpers.rest_apis import api, of_api
from tests.policies.cases.helpers.web_acls import acl, association
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def stage(name=CULPRIT, owner=None, **props):
    return of_api("stage", name, owner, stageName="v1", **props)


def method_settings(**settings):
    return of_api("methodSettings", "settings", stageName="v1", methodPath="*/*", settings=settings)


def http_stage(**settings):
    return res("apigatewayv2/stage:Stage", CULPRIT, {"defaultRouteSettings": settings} if settings else {})


def function(**props):
    return res("lambda/function:Function", CULPRIT, props)


def stage_with(**variables):
    return res("apigateway/stage:Stage", CULPRIT, {"variables": variables})


_REST = res("apigateway/restApi:RestApi", "api", {"id": "api1"})


def live_stage(token="apigateway/stage:Stage", **props):
    return res(token, CULPRIT, {"restApi": UNKNOWN, "stageName": "live", **props}, refers={"restApi": [_REST]})


def access(layout='{"id": "$context.requestId"}'):
    return {"accessLogSettings": {"destinationArn": UNKNOWN, "format": layout}}


def settings(name="all", **values):
    props = {"restApi": UNKNOWN, "stageName": "live", "methodPath": "*/*", "settings": values}
    return res("apigateway/methodSettings:MethodSettings", name, props, refers={"restApi": [_REST]})


def stage_of(api, name=CULPRIT):
    return res("apigateway/stage:Stage", name, {"restApi": UNKNOWN, "stageName": "v1"}, refers={"restApi": [api]})


def rest_api(kind="REGIONAL"):
    return res("apigateway/restApi:RestApi", "api", {"endpointConfiguration": {"types": kind}})


CASES = {
    "apigateway-stage-access-logs": Cases(
        good={
            "JSON": [live_stage(**access())],
            "second version": [live_stage("apigatewayv2/stage:Stage", **access(UNKNOWN))],
        },
        bad={
            "not set": [live_stage()],
            "second version, not set": [live_stage("apigatewayv2/stage:Stage")],
            "plain": [live_stage(**access("$context.requestId"))],
        },
    ),
    "apigateway-stage-client-certificate": Cases(
        good={
            "Lambda integrations": [api(), stage(), of_api("integration", "orders", type="AWS_PROXY")],
            "in the VPC": [api(), stage(), of_api("integration", "orders", type="HTTP", connectionType="VPC_LINK")],
            "client certificate": [
                api(),
                stage(clientCertificateId="abc"),
                of_api("integration", "orders", type="HTTP"),
            ],
            "private": [
                api(kind="PRIVATE"),
                stage(owner=api(kind="PRIVATE")),
                of_api("integration", "orders", api(kind="PRIVATE"), type="HTTP"),
            ],
        },
        bad={
            "no client certificate": [api(), stage(), of_api("integration", "orders", type="HTTP_PROXY")],
            "stated way": [api(), stage(), of_api("integration", "orders", type="HTTP", connectionType="INTERNET")],
        },
    ),
    "apigateway-stage-execution-logs": Cases(
        good={
            "errors": [_REST, live_stage(), settings(loggingLevel="ERROR")],
            "by reference": [
                live_stage(),
                res(
                    "apigateway/methodSettings:MethodSettings",
                    "all",
                    {"stageName": UNKNOWN, "settings": {"loggingLevel": "INFO"}},
                    refers={"stageName": [live_stage()]},
                ),
            ],
        },
        bad={
            "no settings": [_REST, live_stage()],
            "off": [_REST, live_stage(), settings(loggingLevel="OFF")],
            "bodies": [settings(CULPRIT, loggingLevel="INFO", dataTraceEnabled=True)],
        },
    ),
    "apigateway-stage-no-secret-variables": Cases(
        good={
            "plain": [stage_with(table="orders")],
            "an ARN": [stage_with(api_key="arn:aws:secretsmanager:eu-west-1:1:secret:k")],
        },
        bad={
            "a password": [stage_with(db_password="correct-horse")],
            "second version": [
                res("apigatewayv2/stage:Stage", CULPRIT, {"stageVariables": {"token": "correct-horse"}})
            ],
        },
    ),
    "apigateway-stage-throttled": Cases(
        good={
            "by method settings": [api(), stage(), method_settings(throttlingRateLimit=100)],
            "HTTP API": [http_stage(throttlingRateLimit=50)],
            "known later": [http_stage(throttlingRateLimit=UNKNOWN)],
        },
        bad={
            "none": [api(), stage()],
            "settings of something else": [api(), stage(), method_settings(loggingLevel="ERROR")],
            "limit removed": [api(), stage(), method_settings(throttlingRateLimit=-1)],
            "HTTP API": [http_stage()],
        },
    ),
    "apigateway-stage-tracing": Cases(
        good={
            "stage": [stage(xrayTracingEnabled=True)],
            "function": [function(tracingConfig={"mode": "Active"})],
        },
        bad={
            "stage": [stage()],
            "function": [function(tracingConfig={"mode": "PassThrough"})],
            "function without": [function()],
        },
    ),
    "apigateway-stage-web-acl": Cases(
        good={
            "associated": [rest_api(), stage_of(rest_api()), acl("acl"), association(acl("acl"), stage_of(rest_api()))],
            "private API": [rest_api("PRIVATE"), stage_of(rest_api("PRIVATE"))],
        },
        bad={"no association": [rest_api(), stage_of(rest_api())]},
    ),
}
