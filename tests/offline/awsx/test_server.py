"""The plugin as the engine sees it: gRPC on 127.0.0.1, and a process with a port on standard output."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from offline.awsx.server import AwsxProvider
from offline.home import BACKEND_VARIABLE, HOME_VARIABLE
from tests.offline.awsx.recorder import Recorder, plain, recorded, wire

LAUNCHER = Path(__file__).parents[3] / "offline" / "bin" / "pulumi-resource-awsx"


class Engine(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Resource monitor and log of an engine, on the wire."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.logged: list[engine_pb2.LogRequest] = []

    async def RegisterResource(self, request: Any, _: Any) -> Any:
        return await self.recorder.RegisterResource(request)

    async def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, _: Any
    ) -> empty_pb2.Empty:
        await self.recorder.RegisterResourceOutputs(request)
        return empty_pb2.Empty()

    async def Invoke(self, request: Any, _: Any) -> Any:
        return await self.recorder.Invoke(request)

    async def Log(self, request: engine_pb2.LogRequest, _: Any) -> empty_pb2.Empty:
        self.logged.append(request)
        return empty_pb2.Empty()


@asynccontextmanager
async def plugin(engine: Engine) -> AsyncIterator[tuple[Any, str]]:
    """A stub of the plugin, and the address of the engine that it talks to."""
    engine_server, plugin_server = grpc.aio.server(), grpc.aio.server()
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, engine_server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, engine_server)
    address = f"127.0.0.1:{engine_server.add_insecure_port('127.0.0.1:0')}"
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsxProvider(address), plugin_server)
    port = plugin_server.add_insecure_port("127.0.0.1:0")
    await engine_server.start()
    await plugin_server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel), address
    await plugin_server.stop(None)
    await engine_server.stop(None)


def talk(conversation: Callable[[Any, str], Awaitable[Any]], engine: Engine | None = None) -> Any:
    async def run() -> Any:
        async with plugin(engine or Engine()) as (stub, address):
            return await conversation(stub, address)

    return asyncio.run(run())


def construct_request(address: str, inputs: dict[str, Any], kind: str = "awsx:ec2:Vpc") -> Any:
    return provider_pb2.ConstructRequest(type=kind, name="net", inputs=wire(inputs), monitorEndpoint=address)


def test_it_reports_the_installed_version_and_accepts_what_the_engine_can_send() -> None:
    async def conversation(stub: Any, _: str) -> tuple[Any, Any]:
        handshake = await stub.Handshake(provider_pb2.ProviderHandshakeRequest())
        return handshake, await stub.GetPluginInfo(empty_pb2.Empty())

    handshake, info = talk(conversation)
    assert info.version == version("pulumi_awsx")
    assert handshake.accept_secrets
    assert handshake.accept_resources
    assert handshake.accept_outputs


def test_an_explicit_provider_is_checked_configured_and_never_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv(BACKEND_VARIABLE, f"file://{tmp_path}/state")

    async def conversation(stub: Any, _: str) -> tuple[Any, Any, Any]:
        checked = await stub.CheckConfig(provider_pb2.CheckRequest(news=wire({"version": "3.11.0"})))
        differs = await stub.DiffConfig(provider_pb2.DiffRequest())
        return checked, differs, await stub.Configure(provider_pb2.ConfigureRequest())

    checked, differs, configured = talk(conversation)
    assert plain(checked.inputs) == {"version": "3.11.0"}
    assert differs.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert configured.acceptOutputs
    assert configured.supportsPreview


def test_outside_our_runner_it_refuses_to_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)

    async def conversation(stub: Any, _: str) -> None:
        await stub.Configure(provider_pb2.ConfigureRequest())

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        talk(conversation)
    assert refusal.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "offline AWS refuses to run" in (refusal.value.details() or "")


def test_a_component_is_built_through_the_engine_and_its_warning_shown_there() -> None:
    engine, case = Engine(), recorded("x05_legacy_masks")

    async def conversation(stub: Any, address: str) -> Any:
        return await stub.Construct(construct_request(address, case["inputs"]))

    response = talk(conversation, engine)
    assert len(engine.recorder.children) == len(case["children"])
    assert response.urn == engine.recorder.urns[0]
    assert plain(response.state)["vpcId"] == "${Vpc::net.id}"
    assert [(log.severity, log.urn, log.message) for log in engine.logged] == [
        (engine_pb2.WARNING, response.urn, case["warnings"][0])
    ]


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("awsx:ec2:Vpc", {"natGateways": {"strategy": "Many"}}, "Unknown NatGatewayStrategy 'Many'"),
        ("awsx:lb:ApplicationLoadBalancer", {}, "awsx:lb:ApplicationLoadBalancer is not simulated"),
    ],
)
def test_a_refusal_is_the_bare_message(kind: str, inputs: dict[str, Any], message: str) -> None:
    async def conversation(stub: Any, address: str) -> None:
        await stub.Construct(construct_request(address, inputs, kind))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        talk(conversation)
    assert refusal.value.code() == grpc.StatusCode.UNKNOWN
    assert (refusal.value.details() or "").startswith(message)


def test_a_refused_child_is_told_with_the_engines_own_words() -> None:
    engine = Engine()

    async def refuse(request: Any, context: Any) -> Any:
        if request.custom:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")
        return await engine.recorder.RegisterResource(request)

    engine.RegisterResource = refuse  # type: ignore[method-assign]

    async def conversation(stub: Any, address: str) -> None:
        await stub.Construct(construct_request(address, recorded("a")["inputs"]))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        talk(conversation, engine)
    assert (refusal.value.code(), refusal.value.details()) == (
        grpc.StatusCode.UNAVAILABLE,
        "resource monitor shut down",
    )


def test_functions_of_awsx_are_refused_by_name() -> None:
    async def conversation(stub: Any, _: str) -> None:
        await stub.Invoke(provider_pb2.InvokeRequest(tok="awsx:ec2:getDefaultVpc"))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        talk(conversation)
    assert (refusal.value.details() or "").startswith("awsx:ec2:getDefaultVpc is not simulated")


def test_the_launcher_starts_from_any_folder_and_prints_its_port(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["WEBSTORE_PYTHON"] = sys.executable
    with subprocess.Popen(
        [str(LAUNCHER), "127.0.0.1:1"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=60)
            assert info.version == version("pulumi_awsx")
        finally:
            process.kill()


def test_started_by_hand_it_says_that_the_engine_starts_it() -> None:
    environment = os.environ | {"WEBSTORE_PYTHON": sys.executable}
    result = subprocess.run([str(LAUNCHER)], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2
    assert "started by the Pulumi engine" in result.stderr
