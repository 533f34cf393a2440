"""What a program asks the engine to register, answered by offline AWS in memory: no engine, no plugin, no state."""

import asyncio
import contextlib
import gc
import json
import runpy
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest import mock

import grpc
import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc, run_in_stack, set_all_config, set_mocks
from pulumi.runtime import resource as runtime_resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import provider_pb2, resource_pb2, source_pb2
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.sync_await import _ensure_event_loop

from offline.aws.cloud import LIVE, Resource
from offline.aws.creation import created, known, names_of
from offline.aws.lookups import LOOKUPS, SHAPES
from offline.aws.naming import add_names
from offline.aws.regions import managed_prefix_list
from offline.awsx.construct import VPC_COMPONENT, construct
from offline.awsx.image import GET_TOKEN, IMAGE, IMAGE_COMPONENT
from offline.docker_build.image import built, checked
from offline.dynamic import DYNAMIC, answered
from offline.legible import Legible
from offline.schema import schema_of
from offline.wire import Properties, decode, encode, plain

ORGANIZATION, PROJECT, STACK = "organization", "web-store", "test"
ACCOUNT_ID, REGION = "111111111111", "eu-west-1"
READ_STACK = "pulumi:pulumi:readStackOutputs"
"""Function of the engine's own provider."""
_LOOPS: list[asyncio.AbstractEventLoop] = []


def _unheard(*_: object, **__: object) -> None: ...


# A fifth of a recording; nobody reads them here.
_NO_TRACES = mock.patch.object(runtime_resource, "_get_stack_trace", source_pb2.StackTrace)
_NO_LOG = mock.patch.object(pulumi.log, "debug", _unheard)
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Registered:
    """One resource as it reached the engine; numbers are floats and keys camelCase, as policies see them."""

    type: str
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    parent: str = ""
    """URN of the parent."""
    secret_inputs: frozenset[str] = frozenset()
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    create_timeout: str = ""
    update_timeout: str = ""
    delete_timeout: str = ""
    delete_before_replace: bool = False
    secret_outputs: tuple[str, ...] = ()
    """Outputs that the program, or pulumi-aws for it, asks to be kept secret."""
    replace_on_changes: tuple[str, ...] = ()
    replace_with: tuple[str, ...] = ()
    """Names of the resources that it is replaced with."""
    replacement_trigger: str = ""
    """Value that replaces it when it changes."""
    urn: str = ""
    dependencies: tuple[str, ...] = ()
    """URNs of what must exist before, references included."""

    def statements(self, key: str = "policy") -> dict[str, dict[str, Any]]:
        """Statements of a policy document by their ids."""
        return {statement["Sid"]: statement for statement in json.loads(self.inputs[key])["Statement"]}


class _RefusedError(grpc.RpcError):
    """As the engine refuses a call."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self._reason = reason

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return self._reason


_OF_AWSX = (VPC_COMPONENT, IMAGE_COMPONENT)


class _Aws:
    """Offline AWS in memory: answers creations as the plugin does, but takes any reference to what does not exist."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._named: dict[str, Resource] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.RLock()  # the SDK registers from several threads

    def named(self, name: str, **_: str) -> Resource | None:
        return self._named.get(name)

    def create(self, urn: str, given: Properties) -> tuple[str, Properties]:
        """Id and outputs. What the program leaves unnamed bears its logical name, so that tests can mention it."""
        token, name = urn.split("::")[2].rsplit("$", 1)[-1], urn.rsplit("::", 1)[-1]
        schema, inputs = schema_of(token), dict(given)
        add_names(schema, name, inputs, {}, seed=b"", proposed=name)
        region = plain(inputs.setdefault("region", self._region)) if schema.is_regional else self._region
        with self._lock:
            mint = Legible(schema, known(inputs), seed=urn, region=region, account=self._account, serial=self._count)
            mint.moment = _MOMENT
            identifier, outputs = created(schema, inputs, mint, self)
            arn = str(plain(outputs.get("arn")) or "")
            resource = Resource(0, self._account, region, token, identifier, arn, urn, LIVE, inputs, outputs)
            self._named |= dict.fromkeys(names_of(resource, mint), resource)
        return identifier, outputs

    def _count(self, name: str) -> int:
        with self._lock:
            self._counts[name] += 1
            return self._counts[name]


class Recorder(Mocks):
    """Keeps every registration; offline AWS answers it."""

    def __init__(
        self,
        *,
        account: str = ACCOUNT_ID,
        region: str = REGION,
        looked_up: Mapping[str, Mapping[str, Any]] | None = None,
        stacks: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """
        Args:
            looked_up: What AWS answers to a function, such as `ecs/getService`, that differs from the registration.
            stacks: Outputs of other stacks by their whole names, such as `organization/web-store/staging`.
        """
        self.account, self.region = account, region
        self.resources: list[Registered] = []
        self._looked_up = looked_up or {}
        self._stacks = stacks or {}
        self.made_by_awsx: list[Registered] = []
        """Subnets, gateways, routes and built images, which components of awsx register themselves."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.resource_id, self._outputs_of(args.resource_id or "")
        raise AssertionError(f"the program reads {args.typ} {args.name}, which it did not make")

    def call(self, args: MockCallArgs) -> Any:
        if args.token == READ_STACK:
            return self._outputs_of(args.args["name"])
        if args.token == "aws:ec2/getManagedPrefixList:getManagedPrefixList":
            return {**args.args, "id": managed_prefix_list(args.args["name"], self.region)}
        if args.token == "aws:networkfirewall/getFirewall:getFirewall":
            (firewall,) = (made for made in self.of(":Firewall") if made.outputs["name"] == args.args["name"])
            return {**firewall.outputs, **args.args}
        name = args.token.split(":")[1]
        if name in SHAPES:
            return {**SHAPES[name](self._asked_for(name, args.args).outputs, True), **self._looked_up.get(name, {})}
        raise AssertionError(f"unexpected invoke {args.token}")

    def _outputs_of(self, stack: str) -> dict[str, Any]:
        """As the engine answers for a stack of the backend."""
        if stack not in self._stacks:
            raise _RefusedError(f'invocation of {READ_STACK} returned an error: unknown stack "{stack}"')
        return {"name": stack, "outputs": dict(self._stacks[stack]), "secretOutputNames": []}

    def _asked_for(self, name: str, given: dict[str, Any]) -> "Registered":
        token, renamed = LOOKUPS.get(name, ("aws:lb/listenerRule:ListenerRule", {}))
        wanted = {renamed.get(key, key): value for key, value in given.items()}
        return next(one for one in self.of(token) if wanted.items() <= one.outputs.items())

    def of(self, type_: str) -> list[Registered]:
        """Resources whose token ends with `type_`, such as `s3/bucket:Bucket` or `:Bucket`."""
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def one(self, type_: str, name: str | None = None) -> Registered:
        """The only resource of a type, or the one of this name."""
        found = [resource for resource in self.of(type_) if name is None or resource.name == name]
        assert len(found) == 1, f"{type_} {name or ''}: {[resource.name for resource in self.of(type_)]}"
        return found[0]

    def inputs(self, type_: str, name: str | None = None) -> dict[str, Any]:
        """Inputs of `one`."""
        return self.one(type_, name).inputs

    def names(self, type_: str) -> set[str]:
        return {resource.name for resource in self.of(type_)}


class _Monitor(MockMonitor):
    """Keeps the inputs and the options that a registration came with, and answers it."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._recorder, self._aws = recorder, _Aws(recorder.account, recorder.region)
        self.region = recorder.region

    def RegisterResource(self, request: Any) -> Any:
        if request.type == "pulumi:pulumi:Stack":
            return super().RegisterResource(request)
        _ensure_event_loop()  # on this thread: the SDK needs one to read assets and references
        answer = self._of_awsx(request) if request.type in _OF_AWSX else self.answer(request)
        self._recorder.resources.append(_registered(request, answer))
        return answer

    def child(self, request: Any) -> Any:
        """Answer a registration of a component of awsx, and keep it apart from the program's own."""
        answer = self.answer(request)
        self._recorder.made_by_awsx.append(_registered(request, answer))
        return answer

    def answer(self, request: Any) -> Any:
        """URN, id and outputs, with nothing recorded."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == IMAGE or request.type.startswith(DYNAMIC):
            given = {key: plain(value) for key, value in decode(request.object).items()}
            of = {"account": self._recorder.account, "region": self.region}
            outputs = (
                built(checked(given)[0]) if request.type == IMAGE else answered(request.type, request.name, given, **of)
            )
            identifier = outputs["digest" if request.type == IMAGE else "arn"]
            self.resources[urn] = self.ResourceRegistration(urn, identifier, outputs)
            return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=encode(outputs))
        if not request.custom or not request.type.startswith("aws:"):
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        identifier, outputs = self._aws.create(urn, decode(request.object))
        self.resources[urn] = self.ResourceRegistration(urn, identifier, plain(outputs))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=encode(outputs))

    def _of_awsx(self, request: Any) -> Any:
        """As the awsx plugin answers."""
        given = provider_pb2.ConstructRequest(type=request.type, name=request.name, parent=request.parent, stack=STACK)
        given.inputs.CopyFrom(request.object)
        loop = asyncio.new_event_loop()
        made = loop.run_until_complete(construct(given, _Children(self), _no_warning, aws_version=""))
        loop.close()
        return resource_pb2.RegisterResourceResponse(urn=made.urn, object=made.state)


class _Children:
    """The monitor as the awsx plugin calls it."""

    def __init__(self, monitor: _Monitor) -> None:
        self._monitor = monitor

    async def RegisterResource(self, request: Any) -> Any:
        return self._monitor.child(request)

    async def RegisterResourceOutputs(self, request: Any) -> None: ...

    async def Invoke(self, request: Any) -> Any:
        assert request.tok == GET_TOKEN, f"unexpected invoke {request.tok}"
        registry = plain(decode(request.args))["registryId"]
        answer = {
            "userName": "AWS",
            "password": "of-the-registry",
            "proxyEndpoint": f"https://{registry}.dkr.ecr.{self._monitor.region}.amazonaws.com",
        }
        return provider_pb2.InvokeResponse(**cast(Any, {"return": encode(answer)}))


async def _no_warning(_: str, text: str) -> None:
    raise AssertionError(f"awsx warns: {text}")


def record(program: Callable[[], object], *, stack: str = STACK, recorder: Recorder | None = None) -> Recorder:
    """Run `program` against the recorder until every registration is through; its errors are raised here."""
    # The loop of the last program stays open, for what is asked of its outputs afterwards.
    while _LOOPS:
        _LOOPS.pop().close()
    loop = asyncio.new_event_loop()
    _LOOPS.append(loop)
    asyncio.set_event_loop(loop)
    # Errors are raised here; at the end of the process asyncio would tell them of each output again.
    loop.set_exception_handler(lambda *_: None)
    recorder = recorder or Recorder()
    # With preview=True a wrong assertion inside `apply` would pass unseen.
    monitor = _Monitor(recorder)
    set_mocks(recorder, PROJECT, stack, preview=False, monitor=monitor, organization=ORGANIZATION)
    # The stack of the mocks has ended already, and the program may call `pulumi.run`.
    set_root_resource(cast("pulumi.Resource", None))
    # What an earlier test left under way belongs to a loop that runs no more.
    settings: Any = SETTINGS
    settings.rpc_manager.clear()
    settings.outputs.clear()

    def run() -> None:
        program()

    gc.disable()  # as the program does
    try:
        with _NO_TRACES, _NO_LOG:
            loop.run_until_complete(run_in_stack(run))
    finally:
        gc.enable()
        _forget_tasks()
    return recorder


def _forget_tasks() -> None:
    """Take ended tasks off the list that whatever ends a loop goes through: outputs keep tens of thousands alive."""
    tasks: Any = asyncio.tasks  # its name from Python 3.12 on, and before:
    living = getattr(tasks, "_scheduled_tasks", None) or getattr(tasks, "_all_tasks", ())
    ended: list[Any] | None = None
    while ended is None:
        with contextlib.suppress(RuntimeError):  # another thread's loop has begun a task meanwhile
            ended = [task for task in living if task.done()]
    for task in ended:
        tasks._unregister_task(task)


def record_store(
    project: Path,
    stack: str,
    config: Mapping[str, Any],
    *,
    secret_keys: Collection[str] = (),
    recorder: Recorder | None = None,
) -> Recorder:
    """Run the program of `project` with the configuration of a stack: full key to value."""

    def program() -> None:
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        set_all_config(texts, list(secret_keys))
        runpy.run_path(str(project / "__main__.py"))

    try:
        return record(program, stack=stack, recorder=recorder)
    finally:
        set_all_config({})


def _registered(request: Any, answer: Any) -> Registered:
    inputs = rpc.deserialize_properties(request.object)
    return Registered(
        type=request.type,
        name=request.name,
        inputs={key: _clear(value) for key, value in inputs.items()},
        outputs={key: plain(value) for key, value in decode(answer.object).items()},
        id=answer.id,
        parent=request.parent,
        secret_inputs=frozenset(key for key, value in inputs.items() if _holds_secret(value)),
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        ignore_changes=tuple(request.ignoreChanges),
        create_timeout=request.customTimeouts.create,
        update_timeout=request.customTimeouts.update,
        delete_timeout=request.customTimeouts.delete,
        delete_before_replace=request.deleteBeforeReplace,
        secret_outputs=tuple(request.additionalSecretOutputs),
        replace_on_changes=tuple(request.replaceOnChanges),
        replace_with=tuple(urn.rpartition("::")[2] for urn in request.replace_with),
        replacement_trigger=request.replacement_trigger.string_value,
        urn=answer.urn,
        dependencies=tuple(request.dependencies),
    )


def _clear(value: Any) -> Any:
    """The value without its mark of secrecy."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _clear(value["value"])
        return {key: _clear(item) for key, item in value.items()}
    return [_clear(item) for item in value] if isinstance(value, list) else value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get(rpc._special_sig_key) == rpc._special_secret_sig or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))
