"""Tasks of the state's services: what they get, and what becomes of them."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.processes import SERVICE, Processes, images_of
from local.state import Deployed
from offline.project import PROJECT
from tests.local.account import Account
from tests.local.test_state import STACK

Make = Callable[..., Processes]
_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
_EXECUTION = "arn:aws:iam::111111111111:role/start"


def state(**container: Any) -> Deployed:
    """A service `carts`, with one container of ours and one of others."""
    definition_arn = "arn:aws:ecs:eu-west-1:111111111111:task-definition/carts:1"
    group_arn = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/carts/1"
    containers = [
        {"name": "collector", "image": "elsewhere/collector", "essential": False},
        {
            "name": "carts",
            "image": "registry/carts:1",
            "environment": [{"name": "STORE_SERVICE", "value": "carts"}, {"name": "OWN", "value": "1"}],
            **container,
        },
    ]
    made = [
        (
            SERVICE,
            {
                "taskDefinition": definition_arn,
                "loadBalancers": [{"containerName": "carts", "containerPort": 8080, "targetGroupArn": group_arn}],
                "networkConfiguration": {"securityGroups": ["sg-1", "sg-2"]},
            },
        ),
        (
            _DEFINITION,
            {
                "arn": definition_arn,
                "containerDefinitions": json.dumps(containers),
                "taskRoleArn": "arn:aws:iam::111111111111:role/carts",
                "executionRoleArn": _EXECUTION,
            },
        ),
        ("aws:lb/targetGroup:TargetGroup", {"arn": group_arn, "healthCheck": {"path": "/health/live"}}),
        ("awsx:ecr:Image", {"imageUri": "registry/store@sha256:1"}),
    ]
    return Deployed(
        [STACK]
        + [
            {"urn": f"urn:pulumi:dev::web-store::{kind}::x", "type": kind, "id": "x", "outputs": outputs}
            for kind, outputs in made
        ]
    )


@pytest.fixture(scope="module")
def secret(account: Account, loop: asyncio.Runner) -> str:
    value = json.dumps({"a": "b"})
    told = loop.run(account.cloud.call("secretsmanager", "CreateSecret", Name="s", SecretString=value))
    return told["ARN"]


@pytest.fixture
def make(account: Account, loop: asyncio.Runner) -> Iterator[Make]:
    with ExitStack() as ends:

        def one(*, module: tuple[str, ...] = ("tests.local.task",), ours: bool = True, **container: Any) -> Processes:
            processes = Processes(
                state(**container),
                account.cloud,
                account.judge,
                account.logs,
                account.journal,
                module=module,
                is_ours=lambda _: ours,
            )
            ends.callback(lambda: loop.run(processes.close()))
            return processes

        yield one
        account.judge.denied.clear()


async def ask(processes: Processes, path: str) -> Any:
    address = processes.address("carts")
    assert address
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://{address[0]}:{address[1]}{path}")).json()


async def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while not (answer := found()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return answer


def start(processes: Processes) -> Any:
    return processes.start(lambda task: {"GIVEN": task.role_arn, "OWN": "2"})


def test_a_task_answers_with_its_own_variables_and_what_it_is_given(make: Make, loop: asyncio.Runner):
    processes = make()
    loop.run(start(processes))
    answer = loop.run(ask(processes, "/hello"))
    assert answer["path"] == "/hello"
    assert {"STORE_SERVICE", "STORE_HOST", "STORE_PORT", "OWN", "GIVEN"} <= set(answer["variables"])
    assert not [name for name in answer["variables"] if name.startswith(("PYTEST", "VIRTUAL_ENV"))]


def test_a_service_is_found_by_its_label(make: Make):
    processes = make()
    (task,) = processes
    assert processes.labels() == ["carts"]
    assert processes.address("carts") is processes.address("other") is None
    assert (processes.groups("carts"), processes.groups("other")) == (["sg-1", "sg-2"], [])
    assert task.role_arn == "arn:aws:iam::111111111111:role/carts"


def test_a_task_that_ends_is_started_again_and_a_stopped_one_is_not(make: Make, account: Account, loop: asyncio.Runner):
    processes = make()
    loop.run(start(processes))
    (task,) = processes

    async def crashes() -> tuple[int, int]:
        first = (await ask(processes, "/hello"))["pid"]
        with contextlib.suppress(httpx.TransportError):
            await ask(processes, "/exit")
        await until(lambda: not task.is_running)
        assert processes.address("carts") is None
        assert "exit code 3" in task.state
        await until(lambda: task.is_running)
        return first, (await ask(processes, "/hello"))["pid"]

    first, second = loop.run(crashes())
    assert first != second
    assert account.journal.entries("task.ended")[-1] | {"at": ""} == {
        "at": "",
        "kind": "task.ended",
        "service": "carts",
        "code": 3,
    }
    loop.run(processes.stop("carts"))
    assert (task.state, processes.address("carts")) == ("stopped", None)
    loop.run(processes.restart("carts"))
    assert task.is_running
    assert task.starts == 3


def test_an_image_of_others_does_not_run(make: Make, loop: asyncio.Runner):
    processes = make(ours=False)
    loop.run(start(processes))
    (task,) = processes
    assert task.state == "its image registry/carts:1 is not built from this project"
    loop.run(processes.restart("carts"))
    assert processes.address("carts") is None


def test_images_of_the_state_are_those_that_it_builds():
    assert images_of(state()) == {"registry/store@sha256:1"}


@pytest.mark.parametrize(("key", "value"), [("", '{"a": "b"}'), ("a", "b")])
def test_secrets_are_read_as_the_execution_role(
    make: Make, account: Account, loop: asyncio.Runner, secret: str, key: str, value: str
):
    processes = make(secrets=[{"name": "SECRET", "valueFrom": f"{secret}:{key}::" if key else secret}])
    (task,) = processes
    assert loop.run(processes._secrets(task)) == {"SECRET": value}
    assert (_EXECUTION, "secretsmanager:GetSecretValue", secret) in account.judge.asked


@pytest.mark.parametrize(
    ("reference", "denied", "why"),
    [
        ("{}", {"secretsmanager:GetSecretValue"}, "it may not read the secret"),
        ("{}:none::", set(), "must be a JSON object with the key 'none'"),
        ("arn:aws:secretsmanager:eu-west-1:111111111111:secret:gone-abcdef", set(), "cannot be read"),
    ],
)
def test_a_task_without_its_secret_does_not_start(
    make: Make, account: Account, loop: asyncio.Runner, secret: str, reference: str, denied: set[str], why: str
):
    account.judge.denied = denied
    processes = make(secrets=[{"name": "SECRET", "valueFrom": reference.format(secret)}])
    loop.run(start(processes))
    (task,) = processes
    assert task.state.startswith("cannot start: ")
    assert why in task.state


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path):
    program = (
        "import asyncio, io, pathlib, sys\n"
        "from rich.console import Console\n"
        "from local.children import Child, Logs\n"
        "async def main():\n"
        "    logs = Logs(pathlib.Path(sys.argv[1]), Console(file=io.StringIO()))\n"
        "    child = await Child.start('t', ['http.server', '0', '--bind', '127.0.0.1'], {}, logs)\n"
        "    print(child.process.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    deadline = time.monotonic() + 60
    while _lives(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
