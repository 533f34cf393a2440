"""Lambda: functions, their URLs and permissions."""

from tests.policies.cases.helpers.customer_keys import key_cases
from tests.policies.cases.helpers.subnets import A, B
from tests.policies.cases.helpers.zones import placed, zone_cases
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def permission(**props):
    return res("lambda/permission:Permission", CULPRIT, {"action": "lambda:InvokeFunction", **props})


def function_with(**variables):
    return res("lambda/function:Function", CULPRIT, {"environment": {"variables": variables}})


def url(**props):
    return res("lambda/functionUrl:FunctionUrl", CULPRIT, props)


def named_function(called="worker", **props):
    return res("lambda/function:Function", called, props)


def function(**props):
    return res("lambda/function:Function", CULPRIT, props)


def orders_function(**props):
    return res("lambda/function:Function", CULPRIT, {"name": "orders", **props})


def group(name, **options):
    return res("cloudwatch/logGroup:LogGroup", "group", {"name": name}, **options)


_LAMBDA = zone_cases("lambda/function:Function", "vpcConfig.subnetIds")
_FUNCTION = res("lambda/function:Function", CULPRIT, {"name": "orders"})
_KEEPS = res("lambda/function:Function", "keeps", {"deadLetterConfig": {"targetArn": UNKNOWN}})


def invoked(by, function=_FUNCTION):
    props = {"function": UNKNOWN, "principal": f"{by}.amazonaws.com"}
    return res("lambda/permission:Permission", "may", props, refers={"function": [function]})


def failures(to):
    token = "lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    props = {"functionName": UNKNOWN, "destinationConfig": to}
    return res(token, "failures", props, refers={"functionName": [_FUNCTION]})


CASES = {
    "lambda-function-environment-key": key_cases(
        "kmsKeyArn", "lambda/function:Function", managed="lambda", also={"environment": {"variables": {"A": "b"}}}
    ),
    "lambda-function-failures-kept": Cases(
        good={
            "dead letters": [_KEEPS, invoked("events", _KEEPS)],
            "destination": [_FUNCTION, invoked("s3"), failures({"onFailure": {"destination": UNKNOWN}})],
            "synchronous": [_FUNCTION, invoked("apigateway")],
            "nobody": [_FUNCTION],
        },
        bad={
            "none": [_FUNCTION, invoked("events")],
            "no destination": [_FUNCTION, invoked("sns"), failures(None)],
        },
    ),
    "lambda-function-log-group": Cases(
        good={
            "named": [orders_function(loggingConfig={"logGroup": UNKNOWN, "logFormat": "JSON"})],
            "by its name": [orders_function(), group("/aws/lambda/orders")],
            "named after the function": [
                orders_function(name=UNKNOWN),
                group(UNKNOWN, refers={"name": [orders_function()]}),
            ],
        },
        bad={"none": [orders_function()], "of another": [orders_function(), group("/aws/lambda/cart")]},
    ),
    "lambda-function-no-secret-environment": Cases(
        good={
            "plain settings": [function_with(TABLE="orders")],
            "path of a parameter": [function_with(API_KEY="/store/api-key")],
            "parameter": [function_with(API_TOKEN="/store/api-token")],
        },
        bad={
            "a token": [function_with(GITHUB_TOKEN="correct-horse")],
            "a private key": [function_with(SETTINGS="-----BEGIN RSA PRIVATE KEY-----")],
            "test key": [function_with(PAYMENT="sk_test_abcdefghijklmnop1234")],
        },
    ),
    "lambda-function-reserved-concurrency": Cases(
        good={
            "reserved": [named_function(CULPRIT, name="orders", reservedConcurrentExecutions=10)],
            "another purpose": [named_function(CULPRIT, name="images")],
        },
        bad={
            "shared": [named_function(CULPRIT, name="Orders-intake")],
            "enabled again": [named_function(CULPRIT, name="payments", reservedConcurrentExecutions=-1)],
        },
        config=[({"functions": ["images"]}, [named_function(CULPRIT, name="images")], True)],
    ),
    "lambda-function-supported-runtime": Cases(
        good={
            "current": [function(runtime="python3.13")],
            "node": [function(runtime="nodejs22.x")],
            "image": [function(packageType="Image")],
            "own": [function(runtime="provided.al2023")],
        },
        bad={
            "python": [function(runtime="python3.8")],
            "node": [function(runtime="nodejs16.x")],
            "go": [function(runtime="go1.x")],
        },
        config=[({"refused": ["python3.13"]}, [function(runtime="python3.13")], True)],
    ),
    "lambda-function-url-authorized": Cases(
        good={"IAM": [url(authorizationType="AWS_IAM")]},
        bad={"none": [url(authorizationType="NONE")], "not set": [url()]},
    ),
    "lambda-function-zones": Cases(
        good={**_LAMBDA[0], "outside a VPC": [res("lambda/function:Function", CULPRIT)]},
        bad=_LAMBDA[1],
        config=[({"zones": 3}, placed("lambda/function:Function", "vpcConfig.subnetIds", [A, B]), True)],
    ),
    "lambda-permission-bounded": Cases(
        good={
            "a source": [permission(principal="events.amazonaws.com", sourceArn=UNKNOWN)],
            "an account": [permission(principal="111111111111")],
            "a URL under IAM": [permission(principal="*", functionUrlAuthType="AWS_IAM")],
            "API of this account": [permission(principal="apigateway.amazonaws.com", sourceArn=UNKNOWN)],
        },
        bad={
            "everyone": [permission(principal="*")],
            "a public URL": [permission(principal="*", functionUrlAuthType="NONE")],
            "a service for anyone": [permission(principal="s3.amazonaws.com")],
            "any source": [permission(principal="s3.amazonaws.com", sourceArn="*")],
            "any API": [permission(principal="apigateway.amazonaws.com", sourceArn="arn:aws:execute-api:*:*:*")],
        },
    ),
}
