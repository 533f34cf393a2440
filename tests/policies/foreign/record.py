"""Programs of other teams, run as their authors run them, recorded as the engine would send them to the pack."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor

from policies.library.resources import Resource
from policies.library.values import UNKNOWN, decode_struct
from tests.policies.foreign.states import Exported

ACCOUNT, REGION = "111111111111", "eu-west-1"
_OUTPUTS = ("url", "dnsName", "executionArn", "invokeArn", "repositoryUrl", "bucketRegionalDomainName", "domainName")


class Cloud(Mocks):
    """Invents ids and outputs; before an update they are unknown."""

    def __init__(self, *, preview: bool) -> None:
        self.preview = preview

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom or self.preview:
            return None, dict(args.inputs)
        return f"{args.name}-id", {**outputs_of(args.typ, args.name), **args.inputs}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        match args.token:
            case "aws:iam/getPolicyDocument:getPolicyDocument":
                return {"json": json.dumps({"Version": "2012-10-17", "Statement": _statements(args.args)})}
            case "aws:ec2/getManagedPrefixList:getManagedPrefixList":
                return {"id": "pl-4fa04526", "name": args.args.get("name", "")}
            case "aws:index/getCallerIdentity:getCallerIdentity":
                return {"accountId": ACCOUNT}
            case "aws:index/getRegion:getRegion":
                return {"region": REGION, "name": REGION}
            case "aws:index/getAvailabilityZones:getAvailabilityZones":
                return {"names": [f"{REGION}{letter}" for letter in "abc"]}
        raise AssertionError(f"no answer to {args.token}")


def outputs_of(type_: str, name: str) -> dict[str, str]:
    service = type_.split(":")[1].split("/")[0]
    arn = f"arn:aws:s3:::{name}" if service == "s3" else f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
    return {**{key: f"{name}-{key}" for key in _OUTPUTS}, "arn": arn, "name": name, "bucket": name}


def _statements(args: dict[str, Any]) -> list[dict[str, Any]]:
    """Statements as the provider renders them: single values as text, principals by kind."""
    found: list[dict[str, Any]] = []
    for given in args.get("statements", []):
        statement: dict[str, Any] = {"Effect": given.get("effect", "Allow")}
        names = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}
        for ours, theirs in names.items():
            if given.get(ours):
                statement[theirs] = given[ours][0] if len(given[ours]) == 1 else given[ours]
        for ours, theirs in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
            for block in given.get(ours, []):
                listed = block["identifiers"]
                everybody = block["type"] == "*" and listed == ["*"]
                statement[theirs] = "*" if everybody else {block["type"]: listed[0] if len(listed) == 1 else listed}
        for block in given.get("conditions", []):
            values = block["values"]
            statement.setdefault("Condition", {}).setdefault(block["test"], {})[block["variable"]] = (
                values[0] if len(values) == 1 else values
            )
        found.append(statement)
    return found


class _Monitor(MockMonitor):
    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.found: list[Exported] = []

    def RegisterResource(self, request: Any) -> Any:
        answer = super().RegisterResource(request)
        given = struct_pb2.Struct()
        given.CopyFrom(request.object)
        made = {} if not request.custom else outputs_of(request.type, request.name)
        if self.mocks.preview:
            made = dict.fromkeys(made, UNKNOWN)

        def resource(props: dict[str, Any], inputs: frozenset[str] | None) -> Resource:
            return Resource(
                urn=answer.urn,
                type=request.type,
                name=request.name,
                load=lambda: props,
                parent=request.parent,
                dependencies=tuple(request.dependencies),
                property_dependencies={k: tuple(v.urns) for k, v in request.propertyDependencies.items() if v.urns},
                load_provider=lambda: {"region": REGION},
                protect=request.protect,
                ignore_changes=tuple(request.ignoreChanges),
                inputs=inputs,
            )

        inputs = decode_struct(given)
        among = {**made, **inputs, **({"id": answer.id} if answer.id else {})}
        self.found.append(Exported(resource(inputs, None), resource(among, frozenset(inputs))))
        return answer


def record(program: Callable[[], object], *, preview: bool) -> list[Exported]:
    """The resources of a program, in its first preview or after its update; its errors are raised here."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    cloud = Cloud(preview=preview)
    monitor = _Monitor(cloud)
    set_mocks(cloud, project="shop", stack="dev", preview=preview, monitor=monitor)

    @pulumi.runtime.test
    def run() -> None:
        program()

    run()
    return monitor.found
