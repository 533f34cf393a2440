"""A shop without servers: APIs by OpenAPI bodies and by resources, functions, tables, queues, events, sign-in."""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "catalog-open": {"apigateway-method-authorized"},
    "catalog-key": {"apigateway-method-authorized"},
    "hooks-open": {"apigateway-method-authorized"},
    "orders-any": {"apigateway-method-authorized"},
    "legacy-post": {"apigateway-method-authorized"},
    "public-url": {"lambda-function-url-authorized"},
    "any-bucket": {"lambda-permission-bounded"},
    "everybody": {"lambda-permission-bounded"},
    "pricing": {"lambda-function-no-secret-environment"},
    "carts": {"dynamodb-table-customer-key", "dynamodb-table-point-in-time-recovery"},
    "sessions": {"dynamodb-table-customer-key"},
    "payments": {"sqs-queue-encryption"},
    "clear": {"sqs-queue-encryption"},
    "guests": {"cognito-identity-pool-no-guests"},
    "shoppers": {"cognito-user-pool-mfa"},
    "alerts-all": {"aws-resource-policy-not-public"},
    "live": {"apigateway-stage-web-acl", "apigateway-stage-no-secret-variables"},
    "pool-role": {"iam-role-trust-bounded"},
    "old-domain": {"apigateway-domain-name-modern-tls"},
    "fn-policy": {"iam-policy-scoped-resources"},
    "every-table": {"iam-policy-scoped-resources"},
    "hooks": {"apigatewayv2-api-behind-cloudfront"},
    "orders-http": {"apigatewayv2-api-behind-cloudfront"},
}
LATER = {"catalog-key": {"apigateway-method-authorized"}}

AUTHORIZER = {
    "pool": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:pool"]},
    },
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
}


def openapi(operation, uri, **more):
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    cors = {"responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}}
    return json.dumps(
        {
            "openapi": "3.0.1",
            "info": {"title": "shop", "version": "1"},
            "paths": {
                "/products": {
                    "get": {**operation, "x-amazon-apigateway-integration": integration},
                    "options": cors,
                }
            },
            "components": {"securitySchemes": AUTHORIZER},
            **more,
        }
    )


def rest_apis(function):
    regional = {"types": "REGIONAL"}
    uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations"
    aws.apigateway.RestApi("catalog", endpoint_configuration=regional, body=openapi({"security": [{"pool": []}]}, uri))
    aws.apigateway.RestApi(
        "catalog-default", endpoint_configuration=regional, body=openapi({}, uri, security=[{"pool": []}])
    )
    aws.apigateway.RestApi("catalog-open", endpoint_configuration=regional, body=openapi({}, uri))
    aws.apigateway.RestApi("inside", endpoint_configuration={"types": "PRIVATE"}, body=openapi({}, uri))
    aws.apigateway.RestApi(
        "catalog-key",
        endpoint_configuration=regional,
        body=function.invoke_arn.apply(lambda arn: openapi({"security": [{"api_key": []}]}, arn)),
    )
    api = aws.apigateway.RestApi("legacy", endpoint_configuration={"types": "EDGE"})
    resource = aws.apigateway.Resource("legacy", rest_api=api.id, parent_id=api.root_resource_id, path_part="orders")
    common = {"rest_api": api.id, "resource_id": resource.id}
    aws.apigateway.Method("legacy-get", http_method="GET", authorization="AWS_IAM", **common)
    aws.apigateway.Method("legacy-options", http_method="OPTIONS", authorization="NONE", **common)
    aws.apigateway.Method("legacy-post", http_method="POST", authorization="NONE", api_key_required=True, **common)
    deployment = aws.apigateway.Deployment("legacy", rest_api=api.id)
    aws.apigateway.Stage(
        "live",
        rest_api=api.id,
        deployment=deployment.id,
        stage_name="live",
        variables={"apiToken": "q8Zr-2f9a", "table": "orders"},
    )
    aws.apigateway.DomainName("old-domain", domain_name="old.example.com", security_policy="TLS_1_0")
    aws.apigateway.DomainName("api-domain", domain_name="api.example.com", security_policy="TLS_1_2")


def http_apis():
    hooks = aws.apigatewayv2.Api("hooks", protocol_type="HTTP")
    aws.apigatewayv2.Route("hooks-open", api_id=hooks.id, route_key="POST /hooks")
    aws.apigatewayv2.Route(
        "hooks-jwt", api_id=hooks.id, route_key="GET /hooks", authorization_type="JWT", authorizer_id="abc"
    )
    aws.apigatewayv2.Route("hooks-preflight", api_id=hooks.id, route_key="OPTIONS /{proxy+}")
    chat = aws.apigatewayv2.Api("chat", protocol_type="WEBSOCKET")
    aws.apigatewayv2.Route("chat-connect", api_id=chat.id, route_key="$connect", authorization_type="AWS_IAM")
    aws.apigatewayv2.Route("chat-say", api_id=chat.id, route_key="say")
    http = aws.apigatewayv2.Api("orders-http", protocol_type="HTTP")
    aws.apigatewayv2.Route("orders-any", api_id=http.id, route_key="$default")


def functions():
    trust = {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": "sts:AssumeRole"}
    role = aws.iam.Role("fn", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    aws.iam.RolePolicyAttachment(
        "fn-logs", role=role.name, policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    )
    key = aws.kms.Key("functions", enable_key_rotation=True)
    catalog = aws.lambda_.Function(
        "catalog", role=role.arn, runtime="python3.13", handler="a.b", environment={"variables": {"TABLE": "p"}}
    )
    aws.lambda_.Function(
        "pricing",
        role=role.arn,
        runtime="python3.13",
        handler="a.b",
        kms_key_arn=key.arn,
        environment={"variables": {"STRIPE": "sk_live_" + "abcdefghijklmnop1234", "CURRENCY": "EUR"}},
    )
    aws.lambda_.FunctionUrl("signed-url", function_name=catalog.name, authorization_type="AWS_IAM")
    aws.lambda_.FunctionUrl("public-url", function_name=catalog.name, authorization_type="NONE")
    invoke = {"function": catalog.name, "action": "lambda:InvokeFunction"}
    aws.lambda_.Permission(
        "api",
        principal="apigateway.amazonaws.com",
        source_arn="arn:aws:execute-api:eu-west-1:111111111111:abc/*/*",
        **invoke,
    )
    aws.lambda_.Permission("account", principal="222222222222", **invoke)
    aws.lambda_.Permission("any-bucket", principal="s3.amazonaws.com", **invoke)
    aws.lambda_.Permission("everybody", principal="*", **invoke)
    aws.iam.RolePolicy("fn-policy", role=role.id, policy=json.dumps(_allow("dynamodb:Query", "*")))
    aws.iam.RolePolicy(
        "every-table", role=role.id, policy=json.dumps(_allow(["dynamodb:GetItem"], "arn:aws:dynamodb:*:*:table/*"))
    )
    aws.iam.RolePolicy(
        "one-table",
        role=role.id,
        policy=json.dumps(_allow(["dynamodb:GetItem"], "arn:aws:dynamodb:eu-west-1:111111111111:table/carts/index/*")),
    )
    return catalog


def _allow(action, resource):
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}


def data():
    key = aws.kms.Key("data", enable_key_rotation=True)
    common = {"hash_key": "id", "attributes": [{"name": "id", "type": "S"}], "billing_mode": "PAY_PER_REQUEST"}
    aws.dynamodb.Table(
        "orders",
        server_side_encryption={"enabled": True, "kmsKeyArn": key.arn},
        point_in_time_recovery={"enabled": True},
        **common,
    )
    aws.dynamodb.Table("carts", **common)
    aws.dynamodb.Table(
        "sessions", server_side_encryption={"enabled": True}, point_in_time_recovery={"enabled": True}, **common
    )
    aws.sqs.Queue("payments", sqs_managed_sse_enabled=True)
    aws.sqs.Queue("mails")
    aws.sqs.Queue("clear", sqs_managed_sse_enabled=False)
    alerts = aws.sns.Topic("alerts", kms_master_key_id=key.id)
    own = {"StringEquals": {"AWS:SourceOwner": "111111111111"}}
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Resource": "*"}
    aws.sns.TopicPolicy(
        "alerts-own", arn=alerts.arn, policy=json.dumps({"Statement": [{**statement, "Condition": own}]})
    )
    aws.sns.TopicPolicy("alerts-all", arn=alerts.arn, policy=json.dumps({"Statement": [statement]}))


def sign_in():
    aws.cognito.UserPool("shoppers", mfa_configuration="OFF")
    aws.cognito.UserPool(
        "staff",
        mfa_configuration="ON",
        software_token_mfa_configuration={"enabled": True},
        password_policy={
            "minimumLength": 14,
            "requireLowercase": True,
            "requireUppercase": True,
            "requireNumbers": True,
        },
    )
    guests = aws.cognito.IdentityPool("guests", identity_pool_name="g", allow_unauthenticated_identities=True)
    aws.cognito.IdentityPool("members", identity_pool_name="m", allow_unauthenticated_identities=False)

    def trust(condition):
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
        return json.dumps({"Statement": [{**statement, **({"Condition": condition} if condition else {})}]})

    aws.iam.Role("pool-role", assume_role_policy=trust({}))
    aws.iam.Role(
        "member-role",
        assume_role_policy=guests.id.apply(
            lambda pool: trust({"StringEquals": {"cognito-identity.amazonaws.com:aud": pool}})
        ),
    )


def program():
    catalog = functions()
    rest_apis(catalog)
    http_apis()
    data()
    sign_in()
    pulumi.export("done", True)
