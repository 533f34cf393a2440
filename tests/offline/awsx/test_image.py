"""`awsx.ecr.Image`, as the published plugin was recorded: its child, the token that it asks for, its output."""

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from offline.awsx.construct import construct
from offline.awsx.layout import LayoutError
from offline.wire import UNKNOWN_TEXT

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "ecr" / "image.json").read_text())
DIGEST = f"sha256:{'ab' * 32}"
TOKEN = "<token, new at every call>"


class Monitor:
    """Keeps what the component registers, and answers as ECR and docker-build do."""

    def __init__(self, password: str = TOKEN) -> None:
        self.password = password
        self.children: list[resource_pb2.RegisterResourceRequest] = []
        self.asked: list[Any] = []
        self.kept: dict[str, Any] = {}

    async def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        urn = f"urn:pulumi:dev::test::{request.type}::{request.name}"
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self.children.append(request)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=DIGEST, object=wire({"digest": DIGEST}))

    async def Invoke(self, request: Any) -> provider_pb2.InvokeResponse:
        self.asked.append(plain(request.args))
        registry = self.asked[-1]["registryId"]
        endpoint = f"https://{registry}.dkr.ecr.us-east-1.amazonaws.com"
        answer = {"userName": "AWS", "password": self.password, "proxyEndpoint": endpoint}
        return provider_pb2.InvokeResponse(**cast(Any, {"return": wire(answer)}))

    async def RegisterResourceOutputs(self, request: Any) -> None:
        self.kept = plain(request.outputs)


def wire(values: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


def image(inputs: dict[str, Any], **given: Any) -> tuple[Monitor, dict[str, Any]]:
    monitor = Monitor(**given)
    request = provider_pb2.ConstructRequest(
        type="awsx:ecr:Image",
        name="app",
        stack="dev",
        inputs=wire(inputs),
        providers={"aws": "urn:aws::1", "docker-build": "urn:builder::2"},
    )

    async def no_warning(urn: str, text: str) -> None:
        raise AssertionError(f"{urn} {text}")

    made = asyncio.run(construct(request, monitor, no_warning, "7.51.1"))
    return monitor, plain(made.state)


@pytest.mark.parametrize("case", RECORDED["cases"])
def test_child_token_and_output_are_as_recorded(case: str) -> None:
    recorded = RECORDED["cases"][case]
    monitor, outputs = image(recorded["inputs"])
    (child,) = monitor.children
    assert (child.type, child.name) == ("docker-build:index:Image", recorded["child"]["name"])
    assert plain(child.object) == recorded["child"]["inputs"]
    assert monitor.asked == [recorded["asked"]]
    assert outputs == {"imageUri": f"{recorded['image_uri'].partition('@')[0]}@{DIGEST}"} == monitor.kept


def test_the_child_is_built_by_the_provider_of_docker_build_and_depends_on_nothing() -> None:
    (child,) = image({"repositoryUrl": "1.dkr.ecr.us-east-1.amazonaws.com/web"})[0].children
    assert (child.provider, child.version) == ("urn:builder::2", "0.0.14")
    assert list(child.dependencies) == []


@pytest.mark.parametrize("case", RECORDED["errors"])
def test_what_it_refuses_is_as_recorded(case: str) -> None:
    recorded = RECORDED["errors"][case]
    with pytest.raises(LayoutError, match=recorded["error"]):
        image(recorded["inputs"], password="" if case == "err_i05_empty_password" else TOKEN)


def test_with_an_unknown_address_nothing_is_asked_and_nothing_registered() -> None:
    monitor, outputs = image({"repositoryUrl": UNKNOWN_TEXT, "context": "./app"})
    assert (monitor.asked, monitor.children, outputs) == ([], [], {"imageUri": UNKNOWN_TEXT})
