"""The plugin's service, called in process as the engine calls it."""

import json
from dataclasses import dataclass, field
from typing import Any

from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as rpc

from offline.aws.server import AwsPlugin
from offline.wire import UNKNOWN, decode, encode, texts

VPC, SUBNET, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"
QUEUE, ROLE, KEY, BUCKET = "aws:sqs/queue:Queue", "aws:iam/role:Role", "aws:kms/key:Key", "aws:s3/bucket:Bucket"
TABLE, BALANCER = "aws:dynamodb/table:Table", "aws:lb/loadBalancer:LoadBalancer"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        ],
    }
)


class RefusedCallError(Exception):
    """The status that the engine would get."""

    def __init__(self, text: str, details: bytes) -> None:
        super().__init__(text)
        self._details = details

    @property
    def kept(self) -> rpc.ErrorResourceInitFailed:
        """The resource that the engine keeps in spite of the error."""
        status = status_pb2.Status.FromString(self._details)
        kept = rpc.ErrorResourceInitFailed()
        assert status.details[0].Unpack(kept)
        return kept


class _Context:
    def __init__(self) -> None:
        self._details = b""

    def set_trailing_metadata(self, metadata: Any) -> None:
        self._details = dict(metadata)["grpc-status-details-bin"]

    def abort(self, code: Any, details: str) -> None:
        raise RefusedCallError(f"{code.name}: {details}", self._details)


@dataclass
class Engine:
    """Plays the engine for one provider resource."""

    plugin: AwsPlugin = field(default_factory=AwsPlugin)

    def call(self, method: str, request: Any) -> Any:
        return getattr(self.plugin, method)(request, _Context())

    def configure(self, **settings: Any) -> Any:
        return self.call("Configure", rpc.ConfigureRequest(args=encode({"region": "eu-west-1", **settings})))

    @staticmethod
    def urn(token: str, name: str) -> str:
        return f"urn:pulumi:dev::store::{token}::{name}"

    def check_response(
        self, token: str, name: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None, seed: str = ""
    ) -> Any:
        request = rpc.CheckRequest(
            urn=self.urn(token, name), news=encode(inputs), olds=encode(olds or {}), randomSeed=(seed or name).encode()
        )
        return self.call("Check", request)

    def problems(self, token: str, inputs: dict[str, Any], name: str = "it") -> dict[str, str]:
        found = self.check_response(token, name, inputs).failures
        return {failure.property: failure.reason for failure in found}

    def check(
        self, token: str, name: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None, seed: str = ""
    ) -> dict[str, Any]:
        response = self.check_response(token, name, inputs, olds, seed)
        assert not response.failures, f"{token} {name}: {response.failures}"
        return decode(response.inputs)

    def preview(self, token: str, name: str, /, **inputs: Any) -> dict[str, Any]:
        properties = encode(self.check(token, name, inputs))
        return decode(
            self.call(
                "Create", rpc.CreateRequest(urn=self.urn(token, name), properties=properties, preview=True)
            ).properties
        )

    def create(self, token: str, name: str, /, **inputs: Any) -> "Made":
        checked = self.check(token, name, inputs)
        response = self.call("Create", rpc.CreateRequest(urn=self.urn(token, name), properties=encode(checked)))
        return Made(self, token, name, response.id, checked, decode(response.properties))

    def invoke(self, token: str, /, **arguments: Any) -> dict[str, Any]:
        return decode(getattr(self.call("Invoke", rpc.InvokeRequest(tok=token, args=encode(arguments))), "return"))

    def read(self, token: str, identifier: str, name: str = "imported") -> Any:
        return self.call("Read", rpc.ReadRequest(urn=self.urn(token, name), id=identifier))


@dataclass
class Made:
    """A resource as the engine keeps it in the state."""

    engine: Engine
    token: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependents: list["Made"] = field(default_factory=list)

    def diff(self, ignored: tuple[str, ...] = (), /, **inputs: Any) -> Any:
        news = self.engine.check(self.token, self.name, inputs, self.inputs)
        request = rpc.DiffRequest(
            id=self.id,
            urn=self.engine.urn(self.token, self.name),
            olds=encode(self.outputs),
            old_inputs=encode(self.inputs),
            news=encode(news),
            ignoreChanges=ignored,
        )
        return self.engine.call("Diff", request)

    def update(self, *, preview: bool = False, **inputs: Any) -> dict[str, Any]:
        news = self.engine.check(self.token, self.name, inputs, self.inputs)
        request = rpc.UpdateRequest(
            id=self.id,
            urn=self.engine.urn(self.token, self.name),
            olds=encode(self.outputs),
            old_inputs=encode(self.inputs),
            news=encode(news),
            preview=preview,
        )
        outputs = decode(self.engine.call("Update", request).properties)
        if not preview:
            self.inputs, self.outputs = news, outputs
        return outputs

    def replace(self, *, preview: bool = False, first: bool | None = None, **inputs: Any) -> "Made":
        """Creates another one in its place. `first`: the program has the old one deleted before (default: as asked)."""
        goes_first = self.diff((), **inputs).deleteBeforeReplace if first is None else first
        checked = self.engine.check(self.token, self.name, inputs, seed=f"another {self.name}")
        urn = self.engine.urn(self.token, self.name)
        if goes_first:
            for other in self.dependents:
                other.ask_as_dependent(self)
            if not preview:
                self.delete()
        request = rpc.CreateRequest(urn=urn, properties=encode(checked), preview=preview)
        response = self.engine.call("Create", request)
        return Made(self.engine, self.token, self.name, response.id, checked, decode(response.properties))

    def ask_as_dependent(self, root: "Made") -> None:
        """The engine's question whether this one would go with `root`: Diff without Check."""
        names = {root.id, root.outputs.get("arn")}
        named = {key for key, value in self.inputs.items() if names & {text for _, text in texts({key: value})}}
        news = {key: UNKNOWN if key in named else value for key, value in self.inputs.items()}
        request = rpc.DiffRequest(
            id=self.id,
            urn=self.engine.urn(self.token, self.name),
            olds=encode(self.outputs),
            old_inputs=encode(self.inputs),
            news=encode(news),
        )
        if self.engine.call("Diff", request).replaces:
            for other in self.dependents:
                other.ask_as_dependent(self)

    def read(self) -> Any:
        request = rpc.ReadRequest(
            id=self.id,
            urn=self.engine.urn(self.token, self.name),
            properties=encode(self.outputs),
            inputs=encode(self.inputs),
        )
        return self.engine.call("Read", request)

    def delete(self) -> None:
        urn = self.engine.urn(self.token, self.name)
        self.engine.call("Delete", rpc.DeleteRequest(id=self.id, urn=urn, properties=encode(self.outputs)))
