"""APIs: limits, endpoints, checked requests, traces, TLS behind them."""

import json

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_V1 = "apigateway"


def api(name="api", kind="REGIONAL", **props):
    return res("apigateway/restApi:RestApi", name, {"endpointConfiguration": {"types": kind}, **props})


def of_api(member, name, owner=None, **props):
    token = f"{_V1}/{member}:{member[0].upper()}{member[1:]}"
    return res(token, name, {"restApi": UNKNOWN, **props}, refers={"restApi": [owner or api()]})


def stage(name=CULPRIT, owner=None, **props):
    return of_api("stage", name, owner, stageName="v1", **props)


def method_settings(**settings):
    return of_api("methodSettings", "settings", stageName="v1", methodPath="*/*", settings=settings)


def mapping(owner):
    return of_api("basePathMapping", "mapping", owner, domainName="api.example.com")


def http_stage(**settings):
    return res("apigatewayv2/stage:Stage", CULPRIT, {"defaultRouteSettings": settings} if settings else {})


def method(**props):
    return of_api("method", CULPRIT, **{"httpMethod": "POST", **props})


def body(**operation):
    document = {"openapi": "3.0.1", "paths": {"/orders": {"post": operation, "options": {}}}}
    return json.dumps(document)


def integration(**props):
    return res("apigatewayv2/integration:Integration", CULPRIT, props)


def function(**props):
    return res("lambda/function:Function", CULPRIT, props)


_VALIDATOR = {"x-amazon-apigateway-request-validator": "all"}

CASES = {
    "apigateway-stage-throttled": Cases(
        good={
            "by method settings": [api(), stage(), method_settings(throttlingRateLimit=100)],
            "HTTP API": [http_stage(throttlingRateLimit=50)],
            "known later": [http_stage(throttlingRateLimit=UNKNOWN)],
        },
        bad={
            "none": [api(), stage()],
            "settings of something else": [api(), stage(), method_settings(loggingLevel="ERROR")],
            "taken off": [api(), stage(), method_settings(throttlingRateLimit=-1)],
            "HTTP API": [http_stage()],
        },
    ),
    "apigateway-rest-api-one-endpoint": Cases(
        good={
            "no domain": [api(CULPRIT)],
            "off": [api(CULPRIT, disableExecuteApiEndpoint=True), mapping(api(CULPRIT))],
        },
        bad={
            "on": [api(CULPRIT), mapping(api(CULPRIT))],
            "stated": [api(CULPRIT, disableExecuteApiEndpoint=False), mapping(api(CULPRIT))],
        },
    ),
    "apigateway-method-validates": Cases(
        good={
            "validator": [method(requestValidatorId="abc")],
            "known later": [method(requestValidatorId=UNKNOWN)],
            "OPTIONS": [method(httpMethod="OPTIONS")],
            "body": [api(CULPRIT, body=body(**_VALIDATOR))],
            "body known later": [api(CULPRIT, body=UNKNOWN)],
            "no body": [api(CULPRIT)],
        },
        bad={
            "none": [method()],
            "body": [api(CULPRIT, body=body())],
        },
    ),
    "apigatewayv2-integration-tls": Cases(
        good={
            "TLS": [integration(connectionType="VPC_LINK", tlsConfig={"serverNameToVerify": "app.internal"})],
            "function": [integration(integrationType="AWS_PROXY")],
        },
        bad={"plain": [integration(connectionType="VPC_LINK")]},
    ),
    "apigateway-stage-client-certificate": Cases(
        good={
            "functions behind": [api(), stage(), of_api("integration", "orders", type="AWS_PROXY")],
            "in the VPC": [api(), stage(), of_api("integration", "orders", type="HTTP", connectionType="VPC_LINK")],
            "shown": [api(), stage(clientCertificateId="abc"), of_api("integration", "orders", type="HTTP")],
            "private": [
                api(kind="PRIVATE"),
                stage(owner=api(kind="PRIVATE")),
                of_api("integration", "orders", api(kind="PRIVATE"), type="HTTP"),
            ],
        },
        bad={
            "not shown": [api(), stage(), of_api("integration", "orders", type="HTTP_PROXY")],
            "stated way": [api(), stage(), of_api("integration", "orders", type="HTTP", connectionType="INTERNET")],
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
}
