"""A resource monitor inside the test: keeps what a component registers and answers as a simple `aws` plugin would.

Outputs are their own reference (`${Vpc::net.id}`), so that inputs can be compared with the recorded ones as they are.
"""

import json
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from offline.awsx.construct import construct
from offline.wire import UNKNOWN_TEXT

DATA = Path(__file__).parent / "data"
TYPES: dict[str, str] = json.loads((DATA / "types.json").read_text())
SHORT = {token: short for short, token in TYPES.items()}
ZONES = {"": "abcdef", "us-west-2": "abcd"}
COMPUTED = {"Eip": ["allocationId"]}
IPV6_BLOCK = "2600:1f18:1234:5600::/56"
AWS_VERSION = "7.51.1"


def recorded(case: str) -> Any:
    return json.loads((DATA / f"{case}.json").read_text())


def cases() -> list[str]:
    return sorted(path.stem for path in DATA.glob("*.json") if path.stem not in ("types", "errors"))


def wire(values: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


class Recorder:
    def __init__(self, *, preview: bool = False) -> None:
        self.preview = preview
        self.requests: list[resource_pb2.RegisterResourceRequest] = []
        self.urns: list[str] = []
        self.invokes: list[resource_pb2.ResourceInvokeRequest] = []
        self.outputs_registered: list[resource_pb2.RegisterResourceOutputsRequest] = []
        self.warnings: list[tuple[str, str]] = []
        self.refuse: Exception | None = None

    async def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        if self.refuse is not None and request.custom:
            raise self.refuse
        self.requests.append(request)
        chain = request.parent.split("::")[2] + "$" if "::" in request.parent else ""
        urn = f"urn:pulumi:dev::test::{chain}{request.type}::{request.name}"
        self.urns.append(urn)
        response = resource_pb2.RegisterResourceResponse(urn=urn)
        if request.custom:
            outputs = self._outputs(SHORT[request.type], request.name, plain(request.object))
            response.id = outputs.pop("id")
            response.object.CopyFrom(wire(outputs))
        return response

    def _outputs(self, short: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        def computed(output: str) -> str:
            return UNKNOWN_TEXT if self.preview else f"${{{short}::{name}.{output}}}"

        outputs = inputs | {output: computed(output) for output in COMPUTED.get(short, [])}
        if short == "Vpc":
            block = IPV6_BLOCK if inputs.get("assignGeneratedIpv6CidrBlock") else ""
            outputs["ipv6CidrBlock"] = UNKNOWN_TEXT if self.preview else block
            outputs.setdefault("cidrBlock", UNKNOWN_TEXT if self.preview else "10.9.0.0/16")
        return outputs | {"id": "" if self.preview else computed("id")}

    async def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> provider_pb2.InvokeResponse:
        self.invokes.append(request)
        region = plain(request.args).get("region", "")
        names = [(region or "us-east-1") + letter for letter in ZONES[region]]
        return provider_pb2.InvokeResponse(**{"return": wire({"names": names})})

    async def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> None:
        self.outputs_registered.append(request)

    async def warn(self, urn: str, text: str) -> None:
        self.warnings.append((urn, text))

    async def construct(
        self, inputs: dict[str, Any], *, name: str = "net", **options: Any
    ) -> provider_pb2.ConstructResponse:
        request = provider_pb2.ConstructRequest(
            type=options.pop("type", "awsx:ec2:Vpc"), name=name, inputs=wire(inputs), dryRun=self.preview, **options
        )
        return await construct(request, self, self.warn, AWS_VERSION)

    @property
    def children(self) -> dict[str, resource_pb2.RegisterResourceRequest]:
        return {key_of(urn): request for urn, request in zip(self.urns, self.requests, strict=True) if request.custom}


def key_of(urn: str) -> str:
    """`Subnet::net-public-1` of a URN; `component` of the component's."""
    chain, name = urn.split("::")[2:]
    token = chain.split("$")[-1]
    return "component" if token == "awsx:ec2:Vpc" else f"{SHORT[token]}::{name}"
