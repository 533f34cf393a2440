"""The plugin's gRPC service, as the engine calls it."""

# ruff: noqa: ARG002 - the gRPC service fixes the parameters.

import json
from importlib.metadata import version

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as rpc

from offline.docker_build.image import COMPUTED, Values, built, changed, checked
from offline.home import NotOfflineError, require_offline_home
from offline.wire import UNKNOWN, Properties, Secret, decode, encode, plain

_SKIPPED = "Skipping preview build because some inputs are unknown."

Context = grpc.ServicerContext


class DockerBuildPlugin(provider_pb2_grpc.ResourceProviderServicer):
    """`engine` is the address of the engine's log service."""

    def __init__(self, engine: str) -> None:
        self._version = version("pulumi_docker_build")
        self._engine = engine

    def Handshake(self, request: rpc.ProviderHandshakeRequest, context: Context) -> rpc.ProviderHandshakeResponse:
        return rpc.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        self._engine = request.address
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: rpc.GetSchemaRequest, context: Context) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(schema=json.dumps({"name": "docker-build", "version": self._version}))

    def CheckConfig(self, request: rpc.CheckRequest, context: Context) -> rpc.CheckResponse:
        return rpc.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: rpc.DiffRequest, context: Context) -> rpc.DiffResponse:
        """Another address of Docker replaces every image."""
        differs = decode(request.old_inputs or request.olds).get("host") != decode(request.news).get("host")
        return rpc.DiffResponse(
            changes=rpc.DiffResponse.DIFF_SOME if differs else rpc.DiffResponse.DIFF_NONE,
            diffs=["host"] if differs else [],
            replaces=["host"] if differs else [],
        )

    def Configure(self, request: rpc.ConfigureRequest, context: Context) -> rpc.ConfigureResponse:
        try:
            require_offline_home()
        except NotOfflineError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return rpc.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: rpc.CheckRequest, context: Context) -> rpc.CheckResponse:
        inputs, failures = checked(_plain(decode(request.news)))
        return rpc.CheckResponse(
            inputs=encode(_guarded(inputs)),
            failures=[rpc.CheckFailure(property=path, reason=reason) for path, reason in failures],
        )

    def Diff(self, request: rpc.DiffRequest, context: Context) -> rpc.DiffResponse:
        found = changed(_plain(decode(request.olds)), _plain(decode(request.news)))
        return rpc.DiffResponse(
            changes=rpc.DiffResponse.DIFF_SOME if found else rpc.DiffResponse.DIFF_NONE, diffs=found
        )

    def Create(self, request: rpc.CreateRequest, context: Context) -> rpc.CreateResponse:
        inputs = _plain(decode(request.properties))
        if request.preview:
            self._warn(request.urn)
            return rpc.CreateResponse(properties=encode(_unknown(inputs)))
        outputs = built(inputs)
        return rpc.CreateResponse(id=outputs["digest"], properties=encode(_guarded(outputs)))

    def Update(self, request: rpc.UpdateRequest, context: Context) -> rpc.UpdateResponse:
        inputs = _plain(decode(request.news))
        if request.preview:
            self._warn(request.urn)
            return rpc.UpdateResponse(properties=encode(_unknown(inputs)))
        return rpc.UpdateResponse(properties=encode(_guarded(built(inputs))))

    def Read(self, request: rpc.ReadRequest, context: Context) -> rpc.ReadResponse:
        return rpc.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: rpc.DeleteRequest, context: Context) -> empty_pb2.Empty:
        """What was pushed stays in the registry."""
        return empty_pb2.Empty()

    def _warn(self, urn: str) -> None:
        with grpc.insecure_channel(self._engine) as channel:
            engine = engine_pb2_grpc.EngineStub(channel)
            engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=_SKIPPED, urn=urn))


def _plain(given: Properties) -> Values:
    return {key: plain(value) for key, value in given.items()}


def _guarded(values: Values) -> Properties:
    """Passwords of registries are secrets, in inputs and in the state."""
    registries = values.get("registries") or []
    hidden = [{**registry, "password": Secret(registry["password"])} for registry in registries]
    return {key: value for key, value in {**values, "registries": hidden}.items() if value is not None}


def _unknown(inputs: Values) -> Properties:
    return {**_guarded(inputs), **dict.fromkeys(COMPUTED, UNKNOWN)}
