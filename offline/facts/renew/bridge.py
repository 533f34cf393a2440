"""The real AWS provider behind the Pulumi Terraform bridge, asked directly: no engine, no AWS, no credentials.

https://github.com/pulumi/pulumi-terraform-bridge/tree/main/dynamic
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from offline.wire import UNKNOWN_TEXT, encode

_MESSAGE_LIMIT = 400 * 1024 * 1024
_START_SECONDS = 180
_ANSWER_SECONDS = 8
# A closed port: the provider must not find anything to talk to.
_NOWHERE = "http://127.0.0.1:9"
_CONFIG = {
    "region": "us-east-1",
    "accessKey": "none",
    "secretKey": "none",
    "skipCredentialsValidation": "true",
    "skipMetadataApiCheck": "true",
    "skipRequestingAccountId": "true",
    "skipRegionValidation": "true",
}


class Failure(NamedTuple):
    """One refusal: the property it is about (empty when the provider does not say) and its words."""

    property: str
    reason: str


class BridgeLostError(Exception):
    """The provider crashed, or did not answer in time."""


class Bridge:
    """A running bridge with the provider in it; a context manager."""

    def __init__(self, bridge: Path, provider: Path) -> None:
        """
        Args:
            bridge: the bridge's executable (`pulumi-terraform-bridge/v3/dynamic`).
            provider: the executable `terraform-provider-aws`.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="renew-facts-")
        link = Path(self._folder.name) / "terraform-provider-aws"
        link.symlink_to(provider.resolve())
        self._errors = (Path(self._folder.name) / "errors").open("wb")
        environment = os.environ | {
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": _NOWHERE,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        self._process = subprocess.Popen(
            [str(bridge), "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=self._errors, env=environment
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().decode().strip()
        options = [(f"grpc.max_{way}_message_length", _MESSAGE_LIMIT) for way in ("receive", "send")]
        self._stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}", options=options))
        self._load(str(link))

    def _load(self, provider: str) -> None:
        arguments = provider_pb2.ParameterizeRequest.ParametersArgs(args=[provider])
        loaded = self._stub.Parameterize(provider_pb2.ParameterizeRequest(args=arguments), timeout=_START_SECONDS)
        self._package = (loaded.name, loaded.version)
        urn = "urn:pulumi:renew::facts::pulumi:providers:aws::default"
        checked = self._stub.CheckConfig(
            provider_pb2.CheckRequest(urn=urn, news=encode(_CONFIG)), timeout=_START_SECONDS
        )
        self._stub.Configure(
            provider_pb2.ConfigureRequest(args=checked.inputs, acceptSecrets=True, acceptResources=True),
            timeout=_START_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()
        self._errors.close()
        self._folder.cleanup()

    def schema(self) -> Mapping[str, Any]:
        """The Pulumi schema that the bridge derives: `resources` and `types` in its own names."""
        name, version = self._package
        request = provider_pb2.GetSchemaRequest(subpackage_name=name, subpackage_version=version)
        return json.loads(self._stub.GetSchema(request, timeout=_START_SECONDS).schema)

    def check(self, token: str, inputs: Mapping[str, Any]) -> list[Failure]:
        request = provider_pb2.CheckRequest(urn=_urn(token), news=encode(inputs), randomSeed=b"0" * 32)
        answer = self._ask(self._stub.Check, request)
        return [Failure(item.property, item.reason) for item in answer.failures]

    def preview(self, token: str, inputs: Mapping[str, Any]) -> tuple[frozenset[str], dict[str, Any]]:
        """What a preview of a creation answers: the names of unknown outputs, and the known ones."""
        request = provider_pb2.CreateRequest(urn=_urn(token), properties=encode(inputs), preview=True)
        outputs = json_format.MessageToDict(self._ask(self._stub.Create, request).properties)
        unknown = frozenset(name for name, value in outputs.items() if value == UNKNOWN_TEXT)
        return unknown, {name: value for name, value in outputs.items() if name not in unknown}

    def replaces(self, token: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
        """The property paths for which a change from old to new inputs replaces the resource."""
        before = encode(old)
        request = provider_pb2.DiffRequest(id="x-1", urn=_urn(token), olds=before, news=encode(new), old_inputs=before)
        return list(self._ask(self._stub.Diff, request).replaces)

    @staticmethod
    def _ask(method: Any, request: Any) -> Any:
        """
        Raises:
            BridgeLostError: no answer; the bridge has to be started again.
            grpc.RpcError: the provider refused, in its details.
        """
        try:
            return method(request, timeout=_ANSWER_SECONDS)
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise BridgeLostError(error.details()) from error
            raise


def _urn(token: str) -> str:
    return f"urn:pulumi:renew::facts::{token}::x"
