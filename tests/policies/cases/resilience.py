"""What happens on failure: rollbacks, scaling, dead letters."""

import json

from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, res

_BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders-failed"


def service(**props):
    return res("ecs/service:Service", CULPRIT, {"name": "web", **props})


def scaled(resource="service/store/web", fewest=2, **options):
    return res("appautoscaling/target:Target", "target", {"resourceId": resource, "minCapacity": fewest}, **options)


def queue(name=CULPRIT, refers=None, **props):
    return res("sqs/queue:Queue", name, props, refers=refers or {})


def redrive(count=5, arn=_ARN):
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})


def target(**props):
    return res("cloudwatch/eventTarget:EventTarget", CULPRIT, {"rule": "orders", "arn": UNKNOWN, **props})


_FUNCTION = res("lambda/function:Function", CULPRIT, {"name": "orders"})
_KEEPS = res("lambda/function:Function", "keeps", {"deadLetterConfig": {"targetArn": UNKNOWN}})
_FAILED = queue("failed", arn=_ARN)
_FAILED_FIFO = queue("failed", arn=_ARN, fifoQueue=True)


def invoked(by, function=_FUNCTION):
    props = {"function": UNKNOWN, "principal": f"{by}.amazonaws.com"}
    return res("lambda/permission:Permission", "may", props, refers={"function": [function]})


def failures(to):
    token = "lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    props = {"functionName": UNKNOWN, "destinationConfig": to}
    return res(token, "failures", props, refers={"functionName": [_FUNCTION]})


CASES = {
    "ecs-service-rollback": Cases(
        good={
            "breaker": [service(**_BREAKER)],
            "by alarms": [service(alarms={"enable": True, "rollback": True, "alarmNames": ["errors"]})],
            "CodeDeploy": [service(deploymentController={"type": "CODE_DEPLOY"})],
        },
        bad={
            "not set": [service()],
            "without rollback": [service(**edit(_BREAKER, {"deploymentCircuitBreaker.rollback": False}))],
        },
    ),
    "ecs-service-scales": Cases(
        good={
            "by name": [service(), scaled()],
            "by reference": [service(name=UNKNOWN), scaled(UNKNOWN, refers={"resourceId": [service()]})],
            "daemon": [service(schedulingStrategy="DAEMON")],
        },
        bad={
            "no target": [service()],
            "of another": [service(), scaled("service/store/cart")],
            "down to one": [service(), scaled(fewest=1)],
        },
        config=[({"tasks": 1}, [service(), scaled(fewest=1)], False)],
    ),
    "sqs-queue-dead-letters": Cases(
        good={
            "by text": [_FAILED, queue(redrivePolicy=redrive())],
            "not known": [queue(redrivePolicy=UNKNOWN)],
            "standalone": [
                queue(),
                res(
                    "sqs/redrivePolicy:RedrivePolicy",
                    "policy",
                    {"queueUrl": UNKNOWN, "redrivePolicy": redrive()},
                    refers={"queueUrl": [queue()]},
                ),
            ],
            "takes dead letters, by name": [queue("orders-dlq")],
            "takes dead letters, by reference": [
                queue("orders", redrivePolicy=UNKNOWN, refers={"redrivePolicy": [queue()]}),
                queue(),
            ],
            "takes dead letters of a function": [
                queue(),
                res(
                    "lambda/function:Function",
                    "orders",
                    {"deadLetterConfig": {"targetArn": UNKNOWN}},
                    refers={"deadLetterConfig": [queue()]},
                ),
            ],
        },
        bad={
            "none": [queue()],
            "for ever": [queue(redrivePolicy=redrive(1000))],
            "another kind": [
                _FAILED,
                queue(fifoQueue=True, redrivePolicy=UNKNOWN, refers={"redrivePolicy": [_FAILED]}),
            ],
            "FIFO for a standard one": [
                _FAILED_FIFO,
                queue(redrivePolicy=UNKNOWN, refers={"redrivePolicy": [_FAILED_FIFO]}),
            ],
        },
        config=[
            ({"receives": 3}, [queue(redrivePolicy=redrive())], True),
            ({"dead_letter_names": ["*failed*"]}, [queue("failed")], False),
        ],
    ),
    "cloudwatch-event-target-dead-letters": Cases(
        good={
            "a queue": [target(deadLetterConfig={"arn": UNKNOWN})],
        },
        bad={"none": [target()], "empty": [target(deadLetterConfig={})]},
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
}
