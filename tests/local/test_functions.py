"""Functions in processes of their own, and what Lambda tells of their failures."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from local.errors import LocalError
from local.functions import FUNCTION, Functions
from local.state import Deployed
from tests.local.account import Account
from tests.local.test_state import STACK

CODE = """
import os, sys, time
def handler(event, context):
    print("printed by the handler")
    if event == "context":
        return {
            "name": context.function_name, "memory": context.memory_limit_in_mb, "id": len(context.aws_request_id),
            "left": 0 < context.get_remaining_time_in_millis() <= 1000, "arn": context.invoked_function_arn,
        }
    if event == "variables":
        return dict(os.environ)
    if event == "fail":
        raise ValueError("what the handler says")
    if event == "exit":
        os._exit(7)
    if event == "hang":
        time.sleep(60)
    if event == "set":
        return {1, 2}
    if event == "import":
        import services
    if event == "pid":
        return os.getpid()
    return event
"""

OURS = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:1"
IMAGE: dict[str, Any] = {
    "packageType": "Image",
    "imageUri": OURS,
    "handler": None,
    "timeout": 60,
    "imageConfig": {"entryPoints": ["python", "-m", "awslambdaric"], "commands": ["services.function.handler"]},
    "environment": {"variables": {"STORE_SERVICE": "customers", "AWS_DEFAULT_REGION": "eu-west-1"}},
}
Make = Callable[..., tuple[Functions, str]]


@pytest.fixture
def make(account: Account, loop: asyncio.Runner, tmp_path: Path) -> Iterator[Make]:
    made: list[Functions] = []

    def one(code: Mapping[str, Any] | None = None, **outputs: Any) -> tuple[Functions, str]:
        arn = "arn:aws:lambda:eu-west-1:111111111111:function:f-1"
        function = {
            "urn": f"urn:pulumi:dev::web-store::{FUNCTION}::f",
            "type": FUNCTION,
            "custom": True,
            "id": "f-1",
            "inputs": {"code": {"assets": code if code is not None else {"app/main.py": {"text": CODE}}}},
            "outputs": {
                "arn": arn,
                "name": "f-1",
                "handler": "app.main.handler",
                "role": "arn:aws:iam::111111111111:role/f",
                "timeout": 1,
                "memorySize": 256,
                "environment": {"variables": {"OWN": "1", "AWS_REGION": "elsewhere"}},
                **outputs,
            },
        }
        given = {"AWS_REGION": "eu-west-1"}
        functions = Functions(
            Deployed([STACK, function]),
            lambda _: given,
            account.logs,
            account.journal,
            tmp_path / "code",
            is_ours=OURS.__eq__,
        )
        made.append(functions)
        return functions, arn

    with ExitStack() as ends:
        ends.callback(lambda: [loop.run(functions.close()) for functions in made])
        yield one


def test_a_function_gets_its_event_context_and_variables(make: Make, loop: asyncio.Runner):
    functions, arn = make()
    assert loop.run(functions.invoke("f-1", {"a": ["ü"]})) == ({"a": ["ü"]}, None)
    context, _ = loop.run(functions.invoke(f"{arn}:$LATEST", "context"))
    assert context == {"name": "f-1", "memory": 256, "id": 36, "left": True, "arn": arn}
    variables, _ = loop.run(functions.invoke(arn, "variables"))
    assert (variables["OWN"], variables["AWS_REGION"]) == ("1", "eu-west-1")
    assert not {name for name in variables if name.startswith(("PYTEST", "VIRTUAL_ENV", "PULUMI"))}


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ("fail", "ValueError", "what the handler says"),
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 7"),
        ("hang", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        ("set", "Runtime.MarshalError", "Unable to marshal response"),
        ("import", "ModuleNotFoundError", "No module named 'services'"),
    ],
)
def test_failures_are_told_as_lambda_does_and_do_not_last(
    make: Make, loop: asyncio.Runner, event: str, kind: str, message: str
):
    functions, arn = make()
    payload, failure = loop.run(functions.invoke(arn, event))
    assert payload is None
    assert failure
    assert failure["errorType"] == kind
    assert message in failure["errorMessage"]
    assert loop.run(functions.invoke(arn, "again")) == ("again", None)
    (function,) = functions
    assert functions.counts(function) == {"invocations": 2, "errors": 1}


def test_a_process_is_kept_and_takes_one_request_at_a_time(make: Make, loop: asyncio.Runner):
    functions, arn = make()

    async def many() -> list[Any]:
        return [payload for payload, _ in await asyncio.gather(*(functions.invoke(arn, "pid") for _ in range(5)))]

    assert len(set(loop.run(many()))) == 1


def test_a_killed_process_fails_its_request_and_is_started_again(make: Make, loop: asyncio.Runner):
    functions, arn = make(timeout=60)
    loop.run(functions.kill("f"))  # nothing runs yet
    before, _ = loop.run(functions.invoke(arn, "pid"))

    async def crash() -> Any:
        asked = asyncio.create_task(functions.invoke(arn, "hang"))
        await asyncio.sleep(0)  # the request is on its way
        await functions.kill("f")
        return await asked

    assert _kind(loop.run(crash())) == "Runtime.ExitError"
    after, _ = loop.run(functions.invoke(arn, "pid"))
    assert after not in (None, before)
    with pytest.raises(LookupError, match="there is no function g; there are f"):
        loop.run(functions.kill("g"))


def test_what_cannot_run_is_told(make: Make, loop: asyncio.Runner):
    functions, _ = make(handler="")
    assert _kind(loop.run(functions.invoke("f-1", {}))) == "Runtime.ImageNotEmulated"
    assert _kind(loop.run(functions.invoke("other", {}))) == "ResourceNotFoundException"
    assert (
        _kind(loop.run(functions.invoke("arn:aws:lambda:eu-west-1:1:function:other", {})))
        == "ResourceNotFoundException"
    )
    functions, arn = make()
    assert _kind(loop.run(functions.invoke(arn, "x" * 7_000_000))) == "RequestTooLargeException"


def test_a_service_of_the_image_runs_as_its_task_would(make: Make, loop: asyncio.Runner):
    functions, arn = make(**IMAGE)
    event = {"httpMethod": "GET", "resource": "/customers/me", "requestContext": {"stage": "api"}}
    answer, failure = loop.run(functions.invoke(arn, event))
    assert failure is None
    assert answer["statusCode"] == 401
    assert answer["multiValueHeaders"]["content-type"] == ["application/problem+json"]
    message = {"messageId": "m-1", "body": "{"}
    assert loop.run(functions.invoke(arn, {"Records": [message]})) == (
        {"batchItemFailures": [{"itemIdentifier": "m-1"}]},
        None,
    )


def test_an_image_of_somebody_else_cannot_run(make: Make, loop: asyncio.Runner):
    functions, arn = make(**{**IMAGE, "imageUri": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/other:1"})
    assert _kind(loop.run(functions.invoke(arn, {}))) == "Runtime.ImageNotEmulated"


def test_code_that_changed_or_is_gone_since_it_was_deployed_is_told(make: Make):
    functions, _ = make({"functions/__init__.py": {"path": "functions/__init__.py", "hash": "of before"}})
    (function,) = functions
    assert functions.changed(function) == ["functions/__init__.py"]
    with pytest.raises(LocalError, match=r"was deployed with functions/gone.py, which is gone. Run `make up` again"):
        make({"functions/gone.py": {"path": "functions/gone.py"}})


def test_the_functions_of_the_stack_start(account: Account, loop: asyncio.Runner):
    for function in account.functions:
        assert account.functions.changed(function) == []
        _, failure = loop.run(account.functions.invoke(function.arn, {}))
        # Each has its imports, and says of an empty event that it is none of its own.
        assert failure is None or not failure["errorType"].endswith(("ImportError", "ModuleNotFoundError", "ExitError"))


def _kind(answer: tuple[Any, dict[str, Any] | None]) -> str:
    assert answer[1]
    return answer[1]["errorType"]
