"""A whole run: what starts, who is refused, and that it ends."""

import asyncio
import io
import json
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from local import __main__ as command
from local.errors import LocalError
from local.run import Options, Run, alone, start
from local.serving import HOST, serve
from local.state import Deployed
from offline.workspace import PROJECT, Workspace
from tests.local.conftest import state_of


def options(home: Path, **changed: Any) -> Options:
    given = {
        "env": "dev",
        "port": 0,
        "workspace": Workspace(project=PROJECT, home=home),
        "module": ("tests.local.task",),
        "is_ours": lambda _: True,
        "seed": None,
        "console": Console(file=io.StringIO()),
        **changed,
    }
    return Options(**given)


@pytest.fixture(scope="module")
def run(deployed: Deployed, loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Any:
    parts = AsyncExitStack()
    yield loop.run(start(options(tmp_path_factory.mktemp("run")), deployed, parts))
    loop.run(parts.aclose())


def facts(run: Run, loop: asyncio.Runner) -> Any:
    async def read() -> Any:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{run.page_url}&json")).json()

    return loop.run(read())


def test_all_that_was_deployed_runs(run: Run, loop: asyncio.Runner, deployed: Deployed):
    told = facts(run, loop)
    services = deployed.of_type("aws:ecs/service:Service")
    assert len(told["services"]) == len(services)
    assert [one["state"] for one in told["services"]] == ["running"] * len(services)
    assert {one["name"] for one in told["functions"]} == {
        one.name for one in deployed.of_type("aws:lambda/function:Function")
    }
    assert told["links"]["store"].startswith(f"http://{HOST}:")
    assert told["denied"] == []


def test_tasks_have_the_credentials_of_their_role_and_aws_by_the_gate(run: Run, loop: asyncio.Runner):
    async def variables(label: str) -> list[str]:
        address = run.context.processes.address(label)
        assert address
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"http://{address[0]}:{address[1]}/")).json()["variables"]

    names = set(loop.run(variables("orders")))
    wanted = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "HTTP_PROXY", "STORE_ORDERS_TABLE"}
    assert wanted <= names
    role = next(task.role_arn for task in run.context.processes if task.label == "orders")
    key = run.context.principals.credentials(role).access_key_id
    assert run.context.principals.role_of(key) == role


def test_an_event_goes_all_the_way_under_the_policies_of_the_state(run: Run, loop: asyncio.Runner):
    context = run.context
    bus = context.deployed.outputs["events_bus_name"]
    detail = {"event_id": "e-1", "order_id": "o-1"}
    event = {"Source": "store.orders", "DetailType": "order.placed", "Detail": json.dumps(detail), "EventBusName": bus}

    async def all_the_way() -> None:
        await context.bus.put([event])
        await context.bus.settled()
        while not relayed():
            await asyncio.sleep(0.02)

    def relayed() -> list[Any]:
        done = context.journal.entries("mapping.done")
        return [one for one in done if one["mapping"] == "app-order-relay-inbox"]

    loop.run(asyncio.wait_for(all_the_way(), 60))
    assert context.journal.denied() == []


def _as_function(config: dict[str, Any]) -> None:
    config["web-store:app_tier"]["services"]["customers"]["runtime"] = {
        "kind": "lambda",
        "image": {"source": "services"},
    }


def test_a_service_that_is_a_function_hears_events_under_its_own_role(loop: asyncio.Runner, tmp_path: Path):
    state = state_of(_as_function)
    (function,) = (one for one in state.of_type("aws:lambda/function:Function") if one.name == "app-customers")
    changed = {"event_id": "e-1", "order_id": "o-1", "customer_id": "c-1", "status": "shipped"}
    detail = json.dumps({**changed, "changed_at": "2026-11-01T10:00:00Z"})
    event = {"Source": "store.orders", "DetailType": "order.status-changed", "Detail": detail}
    event["EventBusName"] = state.outputs["events_bus_name"]

    async def all_the_way() -> Run:
        async with AsyncExitStack() as parts:
            run = await start(options(tmp_path), state, parts)
            assert "customers" not in run.context.processes.labels()
            assert run.front.variables("customers")["STORE_TOKEN_ISSUER"].startswith(f"http://{HOST}:")
            await run.context.bus.put([event])
            while not customers(run):
                await asyncio.sleep(0.05)
            return run

    def customers(run: Run) -> list[Any]:
        return [
            done for done in run.context.journal.entries("mapping.done") if done["mapping"] == "app-customers-inbox"
        ]

    run = loop.run(asyncio.wait_for(all_the_way(), 120))
    assert run.context.functions.counts(function) == {"invocations": 1, "errors": 0}
    assert run.context.journal.denied() == []


def test_a_second_run_of_a_stack_is_refused(run: Run):
    told = r"stack dev runs already, in process \d+. Use that run, or end it: kill -INT"
    with pytest.raises(LocalError, match=told), alone(run.context.folder, "dev"):
        raise AssertionError


def test_a_stack_runs_again_once_the_first_run_has_ended(tmp_path: Path):
    for _ in range(2):
        with alone(tmp_path, "dev"):
            assert (tmp_path / "lock").read_text().isdigit()


def test_a_port_that_is_taken_is_told(loop: asyncio.Runner):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"port {port} must be free.*--port 0 takes any"):
            loop.run(serve(None, port))


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_told(capsys: pytest.CaptureFixture[str], port: str):
    with pytest.raises(SystemExit) as ended:
        command.main(["--env", "dev", "--port", port])
    assert ended.value.code == 2
    assert "a port must be a number from 0 to 65535" in capsys.readouterr().err


def test_the_command_refuses_a_stack_that_is_not_deployed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert command.main(["--env", "dev", "--home", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "stack dev must be deployed" in told
    assert "make up ENV=dev" in told
    assert "Traceback" not in told


def test_the_command_says_when_it_is_ready_and_ends_at_ctrl_c(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    ready = tmp_path / "ready.json"
    once_ready(monkeypatch, deployed, lambda _: signal.raise_signal(signal.SIGINT))
    arguments = ["--env", "dev", "--home", str(tmp_path), "--port", "0", "--no-seed", "--ready", str(ready)]
    assert command.main(arguments) == 0
    said = capsys.readouterr().err
    content = json.loads(ready.read_text())
    links = {**content["urls"], "status page": content["page"]}
    assert {"store", "payment provider"} <= links.keys()
    told = [line.rpartition(" ") for line in said.splitlines()]
    assert {name.strip(): url for name, _, url in told}.items() >= links.items(), said
    assert "run: ending" in said


def test_a_run_whose_emulator_ends_ends_too(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    once_ready(monkeypatch, deployed, lambda run: run.context.cloud._child.process.kill())
    assert command.main(["--env", "dev", "--home", str(tmp_path), "--port", "0", "--no-seed"]) == 1
    assert "the emulator of AWS has ended (exit code -9), and its data with it: run again" in capsys.readouterr().err


def once_ready(monkeypatch: pytest.MonkeyPatch, deployed: Deployed, happens: Callable[[Run], object]) -> None:
    """Let something happen once the command has told that it is ready."""
    tell = command._tell_ready

    def told(console: Console, run: Run, seconds: float) -> None:
        tell(console, run, seconds)
        asyncio.get_running_loop().call_soon(happens, run)

    monkeypatch.setattr(Deployed, "load", lambda *_: deployed)
    monkeypatch.setattr(command, "_tell_ready", told)
