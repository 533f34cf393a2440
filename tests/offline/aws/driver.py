"""The plugin's service, called in process as the engine calls it."""

import json
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import provider_pb2 as rpc

from offline.aws.server import AwsPlugin
from offline.wire import decode, encode

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


class _Context:
    def abort(self, code: Any, details: str) -> None:
        raise RefusedCallError(f"{code.name}: {details}")


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

    def check_response(self, token: str, name: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        request = rpc.CheckRequest(
            urn=self.urn(token, name), news=encode(inputs), olds=encode(olds or {}), randomSeed=name.encode()
        )
        return self.call("Check", request)

    def problems(self, token: str, inputs: dict[str, Any], name: str = "it") -> dict[str, str]:
        found = self.check_response(token, name, inputs).failures
        return {failure.property: failure.reason for failure in found}

    def check(
        self, token: str, name: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        response = self.check_response(token, name, inputs, olds)
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
