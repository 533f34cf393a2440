"""The plugin's gRPC service, as the engine calls it.

Protocol: https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

import functools
import json
import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as rpc

from offline.aws.checking import Checker, Naming
from offline.aws.cloud import Cloud, CloudError
from offline.aws.config import ProviderSettings, ProviderSettingsError, problems_of, read_settings
from offline.aws.diff import Change, changes
from offline.aws.faults import CancelledError, FaultError, FaultRequestError, Faults, UnstableError
from offline.aws.invokes import Invokes, UnknownInvokeError
from offline.aws.naming import goes_first
from offline.aws.operations import Operations, Subject
from offline.aws.outputs import planned_outputs
from offline.aws.relations import RefusedError
from offline.aws.steps import Run
from offline.checks import Problem
from offline.home import NotOfflineError, require_offline_home
from offline.schema import UnknownTypeError, package_version, schema_of
from offline.wire import Properties, decode, encode, plain

_KINDS = {
    ("add", False): rpc.PropertyDiff.ADD,
    ("add", True): rpc.PropertyDiff.ADD_REPLACE,
    ("delete", False): rpc.PropertyDiff.DELETE,
    ("delete", True): rpc.PropertyDiff.DELETE_REPLACE,
    ("update", False): rpc.PropertyDiff.UPDATE,
    ("update", True): rpc.PropertyDiff.UPDATE_REPLACE,
}


class NotConfiguredError(Exception):
    """The engine broke the protocol."""


_REFUSALS = (
    RefusedError,
    CloudError,
    FaultError,
    FaultRequestError,
    NotConfiguredError,
    NotOfflineError,
    ProviderSettingsError,
    UnknownTypeError,
    UnknownInvokeError,
)


def _message(error: Exception) -> str:
    text = str(error)
    return text if text.startswith("offline AWS") else f"offline AWS: {text}"


def _reporting(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turns errors into the message that the engine shows."""

    @functools.wraps(method)
    def answer(self: "AwsPlugin", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request)
        except _REFUSALS as error:
            context.abort(grpc.StatusCode.UNKNOWN, _message(error))
        except UnstableError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", _half_done(error)),))
            context.abort(grpc.StatusCode.UNKNOWN, _message(error))
        except CancelledError as error:
            context.abort(grpc.StatusCode.CANCELLED, _message(error))
        except Exception as error:  # noqa: BLE001  one line for the user, the traceback in the log
            log = _log_fault(method.__name__, getattr(request, "urn", ""))
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"offline AWS: internal error in {method.__name__} ({type(error).__name__}: {error}); see {log}",
            )

    return answer


class AwsPlugin(provider_pb2_grpc.ResourceProviderServicer):
    """One instance serves one provider resource of one deployment."""

    def __init__(self) -> None:
        self._checker = Checker()
        self._run = Run()
        self._settings: ProviderSettings | None = None
        self._cloud: Cloud | None = None
        self._faults: Faults | None = None
        self._operations: Operations | None = None

    @property
    def _configured(self) -> ProviderSettings:
        if self._settings is None:
            raise NotConfiguredError("the engine must call Configure before it asks for resources")
        return self._settings

    @property
    def _work(self) -> Operations:
        assert self._configured
        assert self._operations is not None
        return self._operations

    def close(self) -> None:
        if self._faults is not None:
            self._faults.cancel()

    # -- the plugin ------------------------------------------------------------------------------------------------

    @_reporting
    def Handshake(self, _: rpc.ProviderHandshakeRequest) -> rpc.ProviderHandshakeResponse:
        return rpc.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    @_reporting
    def Attach(self, _: plugin_pb2.PluginAttach) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    @_reporting
    def GetPluginInfo(self, _: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=package_version())

    @_reporting
    def GetSchema(self, _: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": package_version()}))

    @_reporting
    def Cancel(self, _: empty_pb2.Empty) -> empty_pb2.Empty:
        self.close()
        return empty_pb2.Empty()

    # -- its settings ----------------------------------------------------------------------------------------------

    @_reporting
    def CheckConfig(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        return rpc.CheckResponse(inputs=request.news, failures=_failures(problems_of(decode(request.news))))

    @_reporting
    def DiffConfig(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        olds, news = decode(request.old_inputs or request.olds), decode(request.news)
        changed = sorted(key for key in olds.keys() | news.keys() if plain(olds.get(key)) != plain(news.get(key)))
        # Since 7.0 nothing replaces the provider: resources have a `region` of their own (pulumi/pulumi-aws#5652).
        return rpc.DiffResponse(
            changes=rpc.DiffResponse.DIFF_SOME if changed else rpc.DiffResponse.DIFF_NONE, diffs=changed
        )

    @_reporting
    def Configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        home = require_offline_home()
        self._settings = read_settings(decode(request.args))
        self._cloud = Cloud(home)
        self._faults = Faults(home, self._cloud)
        self._operations = Operations(self._cloud, self._faults, self._run)
        return rpc.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    # -- resources -------------------------------------------------------------------------------------------------

    def _subject(self, urn: str) -> Subject:
        token = urn.split("::")[2].split("$")[-1]
        return Subject(schema_of(token), urn, self._configured)

    @_reporting
    def Check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        subject = self._subject(request.urn)
        self._run.check(request.urn, is_new=not request.olds.fields)
        naming = Naming(request.urn.rsplit("::", 1)[-1], request.randomSeed)
        if request.HasField("autonaming"):
            modes = rpc.CheckRequest.AutonamingOptions
            naming = Naming(
                naming.logical_name,
                naming.seed,
                request.autonaming.proposed_name,
                request.autonaming.mode == modes.ENFORCE,
                request.autonaming.mode == modes.DISABLE,
            )
        inputs, problems = self._checker.check(
            subject.schema, request.urn, decode(request.news), decode(request.olds), subject.settings, naming
        )
        return rpc.CheckResponse(inputs=encode(inputs), failures=_failures(problems))

    @_reporting
    def Diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        subject = self._subject(request.urn)
        self._checker.identify(request.urn, request.id)
        olds, news = decode(request.old_inputs), decode(request.news)
        found = changes(subject.schema, olds, news, request.ignoreChanges, decode(request.olds))
        replaces = _unique(change.top for change in found if change.is_replacement)
        is_first = bool(replaces) and goes_first(subject.schema, olds, news)
        self._run.diff(request.urn, (subject.schema.token, request.id), is_replaced=bool(replaces), goes_first=is_first)
        response = rpc.DiffResponse(
            changes=rpc.DiffResponse.DIFF_SOME if found else rpc.DiffResponse.DIFF_NONE,
            diffs=_unique(change.top for change in found),
            replaces=replaces,
            deleteBeforeReplace=is_first,
            hasDetailedDiff=True,
        )
        for change in found:
            response.detailedDiff[change.path].CopyFrom(_detail(change))
        return response

    @_reporting
    def Create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        subject = self._subject(request.urn)
        inputs = decode(request.properties)
        if request.preview:
            self._work.plan(subject, inputs)
            return rpc.CreateResponse(properties=encode(planned_outputs(subject.schema, inputs)))
        identifier, outputs = self._work.create(subject, inputs)
        self._checker.identify(request.urn, identifier)
        return rpc.CreateResponse(id=identifier, properties=encode(outputs))

    @_reporting
    def Read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        subject = self._subject(request.urn)
        found = self._work.read(subject, request.id, decode(request.properties))
        if found is None:
            return rpc.ReadResponse()
        self._checker.identify(request.urn, found.id)
        return rpc.ReadResponse(id=found.id, properties=encode(found.outputs), inputs=encode(found.inputs))

    @_reporting
    def Update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        subject = self._subject(request.urn)
        olds, news = decode(request.olds), decode(request.news)
        if request.preview:
            self._work.plan_update(subject, request.id, olds, news)
            return rpc.UpdateResponse(properties=encode(planned_outputs(subject.schema, news, olds)))
        if not changes(subject.schema, decode(request.old_inputs), news, request.ignoreChanges, olds):
            # The engine repeats a failed update; the bridge finds no difference and calls nobody (pulumi/pulumi#21458).
            return rpc.UpdateResponse(properties=request.olds)
        return rpc.UpdateResponse(properties=encode(self._work.update(subject, request.id, olds, news)))

    @_reporting
    def Delete(self, request: rpc.DeleteRequest) -> empty_pb2.Empty:
        self._work.delete(self._subject(request.urn), request.id, decode(request.properties))
        return empty_pb2.Empty()

    @_reporting
    def Invoke(self, request: rpc.InvokeRequest) -> rpc.InvokeResponse:
        settings = self._configured
        assert self._cloud is not None
        answer: Properties = Invokes(self._cloud, settings).answer(request.tok, decode(request.args))
        return rpc.InvokeResponse(**cast(Any, {"return": encode(answer)}))


def _log_fault(method: str, urn: str) -> str:
    """Where the traceback is."""
    log = Path(os.environ.get("WEBSTORE_OFFLINE_HOME") or tempfile.gettempdir()) / "offline-aws-faults.log"
    try:
        log.touch(mode=0o600)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{method} {urn}\n{traceback.format_exc()}\n")
    except OSError as problem:
        return f"no log, for {log} cannot be written: {problem.strerror}"
    return str(log)


def _half_done(error: UnstableError) -> bytes:
    """Tells the engine to keep the resource with the error, and to repeat the update in the next run."""
    detail = any_pb2.Any()
    detail.Pack(rpc.ErrorResourceInitFailed(id=error.id, properties=encode(error.outputs), reasons=[_message(error)]))
    return status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=_message(error), details=[detail]
    ).SerializeToString()


def _failures(problems: list[Problem]) -> list[rpc.CheckFailure]:
    return [rpc.CheckFailure(property=problem.path, reason=problem.reason) for problem in problems]


def _detail(change: Change) -> rpc.PropertyDiff:
    return rpc.PropertyDiff(kind=_KINDS[change.kind, change.is_replacement], inputDiff=True)


def _unique(items: Any) -> list[str]:
    return list(dict.fromkeys(items))
