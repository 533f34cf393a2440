"""Makes a planned component real: registers it and its children with the engine's resource monitor."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from offline.awsx.arguments import ZoneLookup, check_address_source, check_usable, zones_of
from offline.awsx.endpoints import dns_settings, endpoints_of
from offline.awsx.image import GET_TOKEN, IMAGE_COMPONENT, plan_image, registry_id
from offline.awsx.layout import LayoutError
from offline.awsx.plan import Apply, Child, Plan, Ref, Whole
from offline.awsx.values import Output, decode, decode_struct, encode, encode_struct, outputs_within, plain
from offline.awsx.vpc import plan_vpc
from offline.wire import REFERENCE, SIGNATURE

VPC_COMPONENT = "awsx:ec2:Vpc"
DOCKER_BUILD_VERSION = "0.0.14"
GET_ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
UNKNOWN_OUTPUT = Output(None, known=False)

Warn = Callable[[str, str], Awaitable[None]]
"""Shows a text as a warning of the resource with a URN."""


@dataclass(frozen=True)
class Registered:
    """A child as the engine knows it. `outputs` includes `id`."""

    urn: str
    outputs: dict[str, Any]
    preview: bool

    def output(self, name: str) -> Any:
        """None: absent. In a preview, a missing output is unknown."""
        return self.outputs.get(name, UNKNOWN_OUTPUT if self.preview else None)


async def construct(
    request: provider_pb2.ConstructRequest, monitor: Any, warn: Warn, aws_version: str
) -> provider_pb2.ConstructResponse:
    """Answer a Construct request. `monitor` is an asynchronous stub of the engine's resource monitor.

    Raises:
        LayoutError: unsupported component or arguments; the text is for the user.
        grpc.aio.AioRpcError: the engine refused a child.
    """
    kinds = {VPC_COMPONENT: _Construction, IMAGE_COMPONENT: _ImageConstruction}
    if request.type not in kinds:
        raise LayoutError(
            f"{request.type} is not simulated: offline AWS has only ec2.Vpc and ecr.Image of the awsx components. "
            f"Build '{request.name}' from plain aws resources, or run it against real AWS."
        )
    return await kinds[request.type](request, monitor, warn, aws_version).run()


class _Construction:
    def __init__(self, request: provider_pb2.ConstructRequest, monitor: Any, warn: Warn, aws_version: str) -> None:
        self.request, self.monitor, self.warn, self.aws_version = request, monitor, warn, aws_version
        self.args = _arguments(request)
        self.urn = ""
        self.tasks: dict[str, asyncio.Task[Registered]] = {}

    async def run(self) -> provider_pb2.ConstructResponse:
        self.urn = await self._register_component()
        plan = await self._plan()
        for text in plan.warnings:
            await self.warn(self.urn, text)
        async with asyncio.TaskGroup() as group:
            for child in plan.children:
                self.tasks[child.key] = group.create_task(self._register_child(child))
        response = await self._response(plan)
        await self.monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=self.urn, outputs=self._kept(response))
        )
        return response

    async def _plan(self) -> Plan:
        return plan_vpc(self.request.name, self.args, await self._zones())

    def _kept(self, response: provider_pb2.ConstructResponse) -> struct_pb2.Struct:  # noqa: ARG002 - of an image
        """Outputs in the state."""
        return struct_pb2.Struct()

    async def _zones(self) -> list[str]:
        check_usable(self.args)
        check_address_source(self.args)
        dns_settings(self.args, endpoints_of(self.args))
        zones = zones_of(self.args)
        if not isinstance(zones, ZoneLookup):
            return zones
        answer = await self._invoke(GET_ZONES, {"region": zones.region})
        return zones.choose(plain(answer.get("names")))

    async def _invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        answer = await self.monitor.Invoke(
            resource_pb2.ResourceInvokeRequest(
                tok=token,
                args=encode_struct(args),
                provider=self.request.providers.get("aws", ""),
                version=self.aws_version,
                acceptResources=True,
            )
        )
        if answer.failures:
            raise LayoutError("; ".join(failure.reason for failure in answer.failures))
        return decode_struct(getattr(answer, "return"))

    async def _register_component(self) -> str:
        """The component carries the options that the program gave; its inputs and outputs stay out of the state."""
        given = self.request
        request = resource_pb2.RegisterResourceRequest(
            type=given.type,
            name=given.name,
            parent=given.parent,
            dependencies=given.dependencies,
            providers=given.providers,
            aliases=given.aliases,
            additionalSecretOutputs=given.additionalSecretOutputs,
            deletedWith=given.deletedWith,
            ignoreChanges=given.ignoreChanges,
            replaceOnChanges=given.replaceOnChanges,
            replace_with=given.replace_with,
            **self._common(),
        )
        if given.HasField("customTimeouts"):
            timeouts = given.customTimeouts
            request.customTimeouts.create = timeouts.create
            request.customTimeouts.update = timeouts.update
            request.customTimeouts.delete = timeouts.delete
        if given.HasField("deleteBeforeReplace"):
            request.deleteBeforeReplace, request.deleteBeforeReplaceDefined = given.deleteBeforeReplace, True
        for field, names in given.resource_hooks.ListFields():
            getattr(request.hooks, field.name).extend(names)
        return (await self.monitor.RegisterResource(request)).urn

    def _common(self) -> dict[str, Any]:
        """What component and children share. Protection is inherited; dependencies and aliases are not."""
        given = self.request
        shared: dict[str, Any] = {
            "acceptSecrets": True,
            "acceptResources": True,
            "aliasSpecs": True,
            "supportsPartialValues": True,
            "parentStackTraceHandle": given.stack_trace_handle,
        }
        if given.HasField("protect"):
            shared["protect"] = given.protect
        if given.HasField("retainOnDelete"):
            shared["retainOnDelete"] = given.retainOnDelete
        return shared

    async def _register_child(self, child: Child) -> Registered:
        parent = self.urn if child.parent is None else (await self.tasks[child.parent]).urn
        dependencies = {(await self.tasks[key]).urn for key in child.after}
        inputs: dict[str, Any] = {}
        by_property: dict[str, resource_pb2.RegisterResourceRequest.PropertyDependencies] = {}
        for key, planned in child.inputs.items():
            value, urns = await self._resolve(planned)
            if value is None:
                continue
            inputs[key] = value
            by_property[key] = resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=sorted(urns))
            dependencies |= urns
        response = await self.monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=child.type,
                name=child.name,
                parent=parent,
                custom=True,
                object=encode_struct(inputs),
                dependencies=sorted(dependencies),
                propertyDependencies=by_property,
                provider=self.request.providers.get(child.package, ""),
                version=self.aws_version if child.package == "aws" else DOCKER_BUILD_VERSION,
                **self._common(),
            )
        )
        preview = self.request.dryRun
        identity = response.id or (UNKNOWN_OUTPUT if preview else None)
        return Registered(response.urn, inputs | decode_struct(response.object) | {"id": identity}, preview)

    async def _resolve(self, planned: Any) -> tuple[Any, set[str]]:
        """The value as far as it is known, and the URNs of what it comes from. None: absent."""
        match planned:
            case Ref():
                registered = await self.tasks[planned.child]
                return registered.output(planned.output), {registered.urn}
            case Whole():
                registered = await self.tasks[planned.child]
                reference = {SIGNATURE: REFERENCE, "urn": registered.urn, "id": registered.output("id")}
                return reference, {registered.urn}
            case Apply():
                sources = [await self._resolve(source) for source in planned.sources]
                return _applied(planned, [value for value, _ in sources], set().union(*(urns for _, urns in sources)))
            case Output():
                return planned, {urn for output in outputs_within(planned) for urn in output.dependencies}
            case dict():
                pairs = {key: await self._resolve(value) for key, value in planned.items()}
                return {key: value for key, (value, _) in pairs.items()}, set().union(*(u for _, u in pairs.values()))
            case list():
                items = [await self._resolve(item) for item in planned]
                return [value for value, _ in items], set().union(*(urns for _, urns in items))
        return planned, set()

    async def _response(self, plan: Plan) -> provider_pb2.ConstructResponse:
        awaited = {(await self.tasks[key]).urn for key in plan.awaited_by_outputs}
        response = provider_pb2.ConstructResponse(urn=self.urn)
        for key, planned in plan.outputs.items():
            value, urns = await self._resolve(planned)
            response.state.fields[key].CopyFrom(encode(value))
            response.stateDependencies[key].urns.extend(sorted(urns | awaited))
        return response


class _ImageConstruction(_Construction):
    async def _plan(self) -> Plan:
        registry = registry_id(self.args)
        if registry is None:
            # Neither the token is asked for nor is the child registered.
            return Plan(outputs={"imageUri": UNKNOWN_OUTPUT})
        token = await self._invoke(GET_TOKEN, {"registryId": registry})
        return plan_image(self.request.stack, self.args, token)

    def _kept(self, response: provider_pb2.ConstructResponse) -> struct_pb2.Struct:
        return response.state


def _applied(planned: Apply, values: list[Any], urns: set[str]) -> tuple[Any, set[str]]:
    outputs = list(outputs_within(values))
    secret = any(output.secret for output in outputs)
    if any(not output.known for output in outputs):
        return Output(None, known=False, secret=secret), urns
    result = planned.function(*plain(values))
    if result is None:
        return None, set()
    return (Output(result, secret=True) if secret else result), urns


def _arguments(request: provider_pb2.ConstructRequest) -> dict[str, Any]:
    """Inputs of the component; a dependency that the engine reports only per input is attached to the whole value."""
    args: dict[str, Any] = {}
    for key, wire in request.inputs.fields.items():
        value = decode(wire)
        if value is None:
            continue
        attached = {urn for output in outputs_within(value) for urn in output.dependencies}
        reported = frozenset(request.inputDependencies[key].urns if key in request.inputDependencies else ())
        if reported - attached:
            base = value if isinstance(value, Output) else Output(value)
            value = Output(base.value, base.known, base.secret, base.dependencies | reported)
        args[key] = value
    return args
