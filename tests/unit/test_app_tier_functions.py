"""Services of the store's own image that run as Lambda functions."""

from typing import Any

from tests.unit.app_tier_box import FUNCTION, POLICY, SERVICE, fargate, made, variables


def service(**entry: Any) -> dict[str, Any]:
    """A service of the store's own image, as a function."""
    return {"runtime": {"kind": "lambda", "image": {"source": "services"}, **entry.pop("runtime", {})}, **entry}


def test_a_service_is_the_same_as_a_function_without_load_balancer_and_tasks() -> None:
    declared = {"tables": {"customers": "write"}, "consumes": ["order.placed"], "routes": [{"auth": "things.read"}]}
    recorder = made({"things": service(**declared)}, traced=True)
    assert recorder.of(SERVICE) == recorder.of("lb/loadBalancer:LoadBalancer") == []
    function = recorder.inputs(FUNCTION, "app-things")
    assert (function["packageType"], function["architectures"]) == ("Image", ["arm64"])
    for absent in ("handler", "runtime", "layers", "code", "vpcConfig"):
        assert absent not in function
    given = function["environment"]["variables"]
    as_tasks = variables(made({"things": fargate(**declared)}, traced=True), "app-things")
    ours = {name: value for name, value in as_tasks.items() if name.startswith("STORE_")}
    assert {name: value for name, value in given.items() if name.startswith("STORE_")} == {
        name: value for name, value in ours.items() if name not in ("STORE_PORT", "STORE_INBOX_QUEUE_URL")
    }
    assert given["OTEL_SDK_DISABLED"] == "false"
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in given
    assert function["tracingConfig"] == {"mode": "Active"}
    mapping = recorder.inputs(":EventSourceMapping", "app-things-inbox")
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "app-things-duties" not in [rule.name for rule in recorder.of("cloudwatch/eventRule:EventRule")]


def test_an_image_of_another_processor_runs_on_it() -> None:
    recorder = made({"things": service(runtime={"architecture": "X86_64"})})
    assert recorder.inputs(FUNCTION, "app-things")["architectures"] == ["x86_64"]


def test_a_service_with_duties_is_invoked_by_the_clock() -> None:
    services = {"bills": service(boundary="payment", tables={"payments": "write"}), "things": service()}
    recorder = made(services, traced=True)
    rules = [rule for rule in recorder.of("cloudwatch/eventRule:EventRule") if rule.name.endswith("-duties")]
    assert [(rule.name, rule.inputs["scheduleExpression"]) for rule in rules] == [
        ("app-bills-duties", "rate(1 minute)")
    ]
    assert recorder.inputs("lambda/permission:Permission", "app-bills-duties")["principal"] == "events.amazonaws.com"
    bounds = recorder.one("iam/policy:Policy").statements()
    assert "arn:aws:sqs:eu-west-1:111111111111:app-*-duties-failed-*" in bounds["Queues"]["Resource"]


def test_callers_may_invoke_a_service_that_is_a_function_and_nobody_connects_to_it() -> None:
    recorder = made({"things": service(), "tasks": fargate(calls=["things"]), "other": service(calls=["things"])})
    assert variables(recorder, "app-tasks")["STORE_THINGS_FUNCTION"] == "app-things"
    other = recorder.inputs(FUNCTION, "app-other")["environment"]["variables"]
    assert other["STORE_THINGS_FUNCTION"] == "app-things"
    for role in ("app-tasks-task", "app-other"):
        statements = recorder.one(POLICY, f"app-things-invoke-by-{role}").statements()
        assert statements["Invoke"]["Action"] == "lambda:InvokeFunction"
    assert recorder.of(":HttpNamespace") == []
    assert "serviceConnectConfiguration" not in recorder.inputs(SERVICE, "app-tasks")


def test_an_alarm_tells_when_the_clock_of_a_service_stops() -> None:
    recorder = made({"bills": service(boundary="payment", tables={"payments": "write"})})
    alarm = recorder.inputs("cloudwatch/metricAlarm:MetricAlarm", "app-bills-duties-stopped")
    rule = recorder.one("cloudwatch/eventRule:EventRule", "app-bills-duties")
    assert (alarm["metricName"], alarm["comparisonOperator"]) == ("Invocations", "LessThanThreshold")
    assert alarm["dimensions"] == {"RuleName": rule.outputs["name"]}
    assert alarm["insufficientDataActions"]


def test_payments_may_invoke_the_functions_that_they_call_and_no_others() -> None:
    services = {"bills": fargate(boundary="payment", calls=["things"]), "things": service(), "other": service()}
    invoked = str(made(services).one("iam/policy:Policy", "app-payment").statements())
    assert ":function:app-things-*" in invoked
    assert "app-other" not in invoked
