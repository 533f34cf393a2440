"""The gRPC service of the plugin.

The engine drives it as it drives the published awsx plugin: CheckConfig and Configure once per provider, then Construct
per component. The plugin has no resources of its own; what a component consists of, it registers with the engine.
"""

# ruff: noqa: ARG002 - the gRPC service fixes the parameters.

import asyncio
import json
from importlib.metadata import version
from typing import Any

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2_grpc,
)

from offline.awsx.construct import construct
from offline.awsx.layout import LayoutError
from offline.home import NotOfflineError, require_offline_home

# As the engine's own limit: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/rpcutil/serve.go
LIMIT_BYTES = 400 * 1024 * 1024
CHANNEL_OPTIONS = (("grpc.max_receive_message_length", LIMIT_BYTES), ("grpc.max_send_message_length", LIMIT_BYTES))

Context = grpc.aio.ServicerContext


class AwsxProvider(provider_pb2_grpc.ResourceProviderServicer):
    """`engine` is the address of the engine's log service."""

    def __init__(self, engine: str) -> None:
        self.version = version("pulumi_awsx")
        # The same as the program's own aws resources ask for: one default provider, and no warning of a wrong version.
        self.aws_version = version("pulumi_aws")
        self._engine = engine
        self._constructing: set[asyncio.Task[Any]] = set()

    async def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    async def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    async def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "awsx", "version": self.version}))

    async def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """The provider has no settings, so there is nothing that could differ."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        try:
            require_offline_home()
        except NotOfflineError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, acceptOutputs=True, supportsPreview=True
        )

    async def Construct(
        self, request: provider_pb2.ConstructRequest, context: Context
    ) -> provider_pb2.ConstructResponse:
        task = asyncio.create_task(self._construct(request))
        self._constructing.add(task)
        task.add_done_callback(self._constructing.discard)
        try:
            return await task
        except (LayoutError, grpc.aio.AioRpcError, ExceptionGroup) as error:
            failure = _first(error)
        if isinstance(failure, LayoutError):
            await context.abort(grpc.StatusCode.UNKNOWN, str(failure))
        if isinstance(failure, grpc.aio.AioRpcError):
            await context.abort(failure.code(), failure.details() or "the engine refused a resource")
        raise failure

    async def Invoke(self, request: provider_pb2.InvokeRequest, context: Context) -> provider_pb2.InvokeResponse:
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{request.tok} is not simulated: offline AWS has only ec2.Vpc and ecr.Image of awsx.",
        )

    async def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        for task in self._constructing:
            task.cancel()
        return empty_pb2.Empty()

    async def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        self._engine = request.address
        return empty_pb2.Empty()

    async def _construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        async with (
            grpc.aio.insecure_channel(request.monitorEndpoint, options=CHANNEL_OPTIONS) as to_monitor,
            grpc.aio.insecure_channel(self._engine, options=CHANNEL_OPTIONS) as to_engine,
        ):
            engine: Any = engine_pb2_grpc.EngineStub(to_engine)

            async def warn(urn: str, text: str) -> None:
                await engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn))

            monitor = resource_pb2_grpc.ResourceMonitorStub(to_monitor)
            return await construct(request, monitor, warn, self.aws_version)


def _first(group: Exception) -> Exception:
    """The first failure; the rest only says that its siblings were stopped."""
    found = group
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
