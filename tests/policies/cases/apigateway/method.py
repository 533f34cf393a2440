"""API Gateway: authorization and validation of requests."""

import json

from tests.policies.cases.helpers.rest_apis import api, of_api
from tests.policies.support import CULPRIT, UNKNOWN, Cases, in_kinds, res


def method(**props):
    return of_api("method", CULPRIT, **{"httpMethod": "POST", **props})


def body(**operation):
    document = {"openapi": "3.0.1", "paths": {"/orders": {"post": operation, "options": {}}}}
    return json.dumps(document)


_VALIDATOR = {"x-amazon-apigateway-request-validator": "all"}
_REST = res("apigateway/restApi:RestApi", "api", {"id": "api1"})
_PRIVATE = res("apigateway/restApi:RestApi", "api", {"endpointConfiguration": {"types": "PRIVATE"}})
_HTTP = res("apigatewayv2/api:Api", "api", {"protocolType": "HTTP"})
_SOCKET = res("apigatewayv2/api:Api", "api", {"protocolType": "WEBSOCKET"})


def method_of(api=_REST, **props):
    return res(
        "apigateway/method:Method",
        CULPRIT,
        {"restApi": UNKNOWN, "httpMethod": "GET", **props},
        refers={"restApi": [api]},
    )


def route(api=_HTTP, **props):
    return res(
        "apigatewayv2/route:Route",
        CULPRIT,
        {"apiId": UNKNOWN, "routeKey": "GET /orders", **props},
        refers={"apiId": [api]},
    )


_JWT = {"jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt"}}}
_SIGNED = {"sigv4": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}}
_KEYED = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}


def rest(body, **props):
    text = body if isinstance(body, str) else json.dumps(body)
    return res("apigateway/restApi:RestApi", CULPRIT, {"body": text, **props})


def described(operation, schemes=None, **document):
    return {
        "openapi": "3.0.1",
        "components": {"securitySchemes": schemes or {}},
        "paths": {"/orders": {"post": operation, "options": {}}},
        **document,
    }


CASES = {
    "apigateway-method-authorized": Cases(
        good={
            "by IAM": [_REST, method_of(authorization="AWS_IAM")],
            "preflight": [_REST, method_of(authorization="NONE", httpMethod="OPTIONS")],
            "private API": [_PRIVATE, method_of(_PRIVATE, authorization="NONE")],
            "JWT": [_HTTP, route(authorizationType="JWT")],
            "message of a socket": [_SOCKET, route(_SOCKET, routeKey="sendmessage")],
            "not known": [_REST, method_of(authorization=UNKNOWN)],
            "body, authorizer for all operations": [rest(described({}, _JWT, security=[{"jwt": []}]))],
            "body, signed": [rest(described({"security": [{"sigv4": []}]}, _SIGNED))],
            "body, second version": [
                rest(
                    {
                        "swagger": "2.0",
                        "securityDefinitions": _SIGNED,
                        "paths": {"/orders": {"x-amazon-apigateway-any-method": {"security": [{"sigv4": []}]}}},
                    }
                )
            ],
            "body, by extension": [rest(described({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}))],
            "body, authorizer and key": [rest(described({"security": [{"jwt": [], "api_key": []}]}, _JWT | _KEYED))],
            "body, private": [rest(described({}), endpointConfiguration={"types": "PRIVATE"})],
            "body known later": [res("apigateway/restApi:RestApi", CULPRIT, {"body": UNKNOWN})],
            "body, YAML": [
                rest(
                    "openapi: 3.0.1\nsecurity: [{sigv4: []}]\n"
                    "components: {securitySchemes: {sigv4: {type: apiKey, x-amazon-apigateway-authtype: awsSigv4}}}\n"
                    "paths: {/orders: {get: {}}}\n"
                )
            ],
        },
        bad={
            "method open": [_REST, method_of(authorization="NONE")],
            "route open": [_HTTP, route(authorizationType="NONE")],
            "route not set": [_HTTP, route()],
            "WebSocket without authorizer": [_SOCKET, route(_SOCKET, routeKey="$connect")],
            **in_kinds({"body": '{"paths": {"/a": {"get": {}}}}'}, "apigateway/restApiPut"),
            "body": [rest(described({}))],
            "body, limit removed": [rest(described({"security": []}, _JWT, security=[{"jwt": []}]))],
            "body, or no one": [rest(described({"security": [{"jwt": []}, {}]}, _JWT))],
            "body, key alone": [rest(described({"security": [{"api_key": []}]}, _KEYED))],
            "body, NONE": [
                rest(described({"x-amazon-apigateway-auth": {"type": "none"}}, _JWT, security=[{"jwt": []}]))
            ],
            "body, YAML": [rest("openapi: 3.0.1\npaths: {/orders: {get: {}}}\n")],
            "body of an HTTP API": [
                res(
                    "apigatewayv2/api:Api",
                    CULPRIT,
                    {
                        "protocolType": "HTTP",
                        "body": json.dumps({"paths": {"/$default": {"x-amazon-apigateway-any-method": {}}}}),
                    },
                )
            ],
            "method with a key": [
                res(
                    "apigateway/method:Method",
                    CULPRIT,
                    {"httpMethod": "GET", "authorization": "NONE", "apiKeyRequired": True},
                )
            ],
        },
        config=[
            ({"public": ["GET /ord*"]}, [_HTTP, route()], False),
            ({"public": ["POST *"]}, [_HTTP, route()], True),
            ({"public": ["POST /orders"]}, [rest(described({}))], False),
            ({"public": ["POST /carts"]}, [rest(described({}))], True),
        ],
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
            "no validator": [method()],
            "body": [api(CULPRIT, body=body())],
        },
    ),
}
