"""Whether the sources of events run."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from functions.common import aws, names
from functions.liveness import handler as liveness

Logged = Callable[[], list[dict[str, Any]]]
CONTEXT = SimpleNamespace(
    function_name="liveness",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:liveness",
    aws_request_id="6f1b3c1e-0f8e-4d0e-9f0a-0c5a2f6f6d11",
)
PIPE, MAPPING = "web-store-orders-outbox-test", "2f6f6d11-0f8e-4d0e-9f0a-0c5a2f6f6d11"


@contextmanager
def states(pipe: dict[str, Any] | str, mapping: dict[str, Any] | str) -> Iterator[None]:
    """What AWS answers: a state, or the code of an error."""
    with Stubber(aws.pipes()) as pipes, Stubber(aws.lambda_()) as functions:
        for stubber, operation, given, answer in (
            (pipes, "describe_pipe", {"Name": PIPE}, pipe),
            (functions, "get_event_source_mapping", {"UUID": MAPPING}, mapping),
        ):
            if isinstance(answer, str):
                stubber.add_client_error(operation, answer, expected_params=given)
            else:
                stubber.add_response(operation, answer, given)
        yield


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_NAMESPACE": "web-store/test",
        "POWERTOOLS_SERVICE_NAME": "app-liveness",
        names.WATCHED: json.dumps({"pipes": [PIPE], "mappings": [MAPPING]}),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(liveness.metrics.provider, "service", "app-liveness")
    monkeypatch.setattr(liveness.metrics.provider, "namespace", "web-store/test")


def measured(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    liveness.handler({}, CONTEXT)
    (line,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line)
    return line


RUNNING = {"CurrentState": "RUNNING"}
ENABLED = {"State": "Enabled", "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:app-carts-1a2b3c4"}
CARTS = f"{MAPPING} of app-carts-1a2b3c4"


@pytest.mark.parametrize(
    ("pipe", "mapping", "stopped"),
    [
        (RUNNING, ENABLED, {}),
        (RUNNING, {**ENABLED, "LastProcessingResult": "OK"}, {}),
        # Its own alarms tell of these, and the result stays until there is something new.
        (RUNNING, {**ENABLED, "LastProcessingResult": "PROBLEM: Function call failed"}, {}),
        (
            {"CurrentState": "STOPPED", "StateReason": "too many errors"},
            ENABLED,
            {PIPE: "STOPPED: too many errors"},
        ),
        ("NotFoundException", ENABLED, {PIPE: "does not exist"}),
        (RUNNING, {**ENABLED, "State": "Disabled"}, {CARTS: "Disabled: no reason given"}),
        (RUNNING, "ResourceNotFoundException", {MAPPING: "does not exist"}),
        (
            {"CurrentState": "START_FAILED"},
            {**ENABLED, "LastProcessingResult": "PROBLEM: Connection error. EVENT_SOURCE_AUTHZ_ERROR"},
            {
                PIPE: "START_FAILED: no reason given",
                CARTS: "PROBLEM: Connection error. EVENT_SOURCE_AUTHZ_ERROR",
            },
        ),
    ],
)
def test_sources_that_do_not_run_are_counted_and_named(
    pipe: Any, mapping: Any, stopped: dict[str, str], capsys: pytest.CaptureFixture[str], logged: Logged
) -> None:
    with states(pipe, mapping):
        line = measured(capsys)
    assert line["StoppedSources"] == [float(len(stopped))]
    assert line["service"] == "app-liveness"
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "web-store/test"
    assert {entry["source"]: entry["state"] for entry in logged() if "source" in entry} == stopped


def test_without_an_answer_there_is_no_metric_which_the_alarm_tells(capsys: pytest.CaptureFixture[str]) -> None:
    with states("AccessDeniedException", ENABLED), pytest.raises(ClientError):
        liveness.handler({}, CONTEXT)
    assert "StoppedSources" not in capsys.readouterr().out
