"""Lambda functions of the state, each in a child process that is started with its first request.

Functions from an image that is built from this project run its code as those with code of their own do: the handler is
the image's command, and the runtime interface client is the one of this run.
"""

import asyncio
import contextlib
import hashlib
import json
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from functions.common import names
from local.children import Child, Logs
from local.errors import LocalError
from local.journal import Journal
from local.processes import images_of
from local.state import Deployed, Resource
from offline.project import PROJECT

FUNCTION: Final = "aws:lambda/function:Function"
_GRACE_SECONDS: Final = 0.5
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (synchronous payload)
_LARGEST: Final = 6 * 1024 * 1024
# What services/Dockerfile copies.
_IN_IMAGE: Final = ("functions/__init__.py", "functions/common", "services")

Failure = dict[str, Any]
"""`errorType` and `errorMessage`, as Lambda answers."""
Variables = Callable[[Resource], Mapping[str, str]]
"""What a function's own variables are replaced and completed with: credentials, endpoint, addresses."""


@dataclass
class _Function:
    resource: Resource
    folder: Path
    handler: str | None
    """None where its image is not built from this project."""
    changed: list[str]
    child: Child | None = None
    counts: dict[str, int] = field(default_factory=lambda: {"invocations": 0, "errors": 0})
    # One request at a time: more would need more children.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Functions:
    """Runs functions, and tells of each failure what Lambda tells."""

    def __init__(
        self,
        deployed: Deployed,
        variables: Variables,
        logs: Logs,
        journal: Journal,
        folder: Path,
        *,
        is_ours: Callable[[str], bool] | None = None,
    ) -> None:
        """
        Args:
            folder: Where the code of each function is laid out as it was packaged.
            is_ours: Whether an image is built from this project; by the images of the state if not given.

        Raises:
            LocalError: code that was deployed is gone.
        """
        self._variables = variables
        self._logs = logs
        self._journal = journal
        shutil.rmtree(folder, ignore_errors=True)
        self._functions: dict[str, _Function] = {}
        built = is_ours or images_of(deployed).__contains__
        for resource in deployed.of_type(FUNCTION):
            place, handler = folder / resource.name, _handler(resource, built)
            changed = _lay_out(resource, place) if handler else []
            self._functions[resource.arn] = _Function(resource, place, handler, changed)
        self._names = {function.resource.outputs["name"]: arn for arn, function in self._functions.items()}

    def __iter__(self) -> Any:
        return iter(function.resource for function in self._functions.values())

    def changed(self, resource: Resource) -> list[str]:
        """Files of a function that differ from what was deployed."""
        return self._functions[resource.arn].changed

    def counts(self, resource: Resource) -> Mapping[str, int]:
        """`invocations` and `errors` so far."""
        return self._functions[resource.arn].counts

    def groups(self, service: str) -> Sequence[str]:
        """Security groups of the function that is this service; none outside the VPC."""
        found = (one.resource.outputs for one in self._functions.values() if service_of(one.resource) == service)
        return [group for of in found for group in (of.get("vpcConfig") or {}).get("securityGroupIds") or ()]

    def find(self, name_or_arn: str) -> Resource | None:
        """Function of a name or ARN, with or without a qualifier."""
        function = self._find(name_or_arn)
        return function.resource if function else None

    async def invoke(self, name_or_arn: str, event: Any) -> tuple[Any, Failure | None]:
        """
        Returns:
            The payload, or None and what failed: the handler's exception, a time-out, the end of the process.
        """
        function = self._find(name_or_arn)
        if function is None:
            return None, {
                "errorType": "ResourceNotFoundException",
                "errorMessage": f"Function not found: {name_or_arn}",
            }
        request_id = str(uuid.uuid4())
        async with function.turn:
            began = time.monotonic()
            payload, failure = await self._run(function, request_id, event)
        function.counts["invocations"] += 1
        function.counts["errors"] += failure is not None
        self._journal.event(
            "function.failed" if failure else "function.done",
            function=function.resource.name,
            request_id=request_id,
            milliseconds=round((time.monotonic() - began) * 1000),
            **({"error": failure["errorType"]} if failure else {}),
        )
        return payload, failure

    async def kill(self, name: str) -> None:
        """End the process of a function at once, as a crash does: the next request starts another.

        Args:
            name: Logical name, such as `app-order-relay`.

        Raises:
            LookupError: there is no such function.
        """
        function = next((one for one in self._functions.values() if one.resource.name == name), None)
        if function is None:
            names = sorted(one.resource.name for one in self._functions.values())
            raise LookupError(f"there is no function {name}; there are {', '.join(names)}")
        if function.child:
            await function.child.stop(0)

    async def close(self) -> None:
        alive = [function.child for function in self._functions.values() if function.child]
        await asyncio.gather(*(child.stop(_GRACE_SECONDS) for child in alive))

    def _find(self, name_or_arn: str) -> _Function | None:
        if name_or_arn.startswith("arn:"):
            return self._functions.get(":".join(name_or_arn.split(":")[:7]))
        return self._functions.get(self._names.get(name_or_arn.partition(":")[0], ""))

    async def _run(self, function: _Function, request_id: str, event: Any) -> tuple[Any, Failure | None]:
        of = function.resource.outputs
        if not function.handler:
            told = f"its image {of.get('imageUri')} is not built from this project, and cannot run here"
            return None, {"errorType": "Runtime.ImageNotEmulated", "errorMessage": told}
        text = json.dumps(event)
        if len(text) > _LARGEST:
            return None, {"errorType": "RequestTooLargeException", "errorMessage": "Request must be smaller than 6 MB"}
        child = await self._child(function)
        timeout = int(of.get("timeout") or 3)
        request = {"id": request_id, "arn": function.resource.arn, "deadline": time.time() + timeout, "event": event}
        try:
            async with asyncio.timeout(timeout):
                answer = await _exchange(child, request)
        except TimeoutError:
            await self._end(function, child)
            told = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
            return None, {"errorType": "Sandbox.Timedout", "errorMessage": told}
        if answer is None:
            code = await child.ended()
            function.child = None
            told = f"RequestId: {request_id} Error: Runtime exited with error: exit status {code}"
            return None, {"errorType": "Runtime.ExitError", "errorMessage": told}
        return answer.get("payload"), answer.get("error")

    async def _child(self, function: _Function) -> Child:
        if function.child is None or not function.child.is_alive:
            of = function.resource.outputs
            given = (of.get("environment") or {}).get("variables") or {}
            function.child = await Child.start(
                function.resource.name,
                ["local.function_host", str(function.folder)],
                {**given, "_HANDLER": str(function.handler), **_runtime(of), **self._variables(function.resource)},
                self._logs,
                answers=True,
            )
        return function.child

    @staticmethod
    async def _end(function: _Function, child: Child) -> None:
        await child.stop(0)
        function.child = None


async def _exchange(child: Child, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer, or None if the process ended without one."""
    assert child.process.stdin
    assert child.process.stdout
    with contextlib.suppress(ConnectionError):
        child.process.stdin.write(json.dumps(request).encode() + b"\n")
        await child.process.stdin.drain()
    line = await child.process.stdout.readline()
    return json.loads(line) if line else None


def _runtime(of: Mapping[str, Any]) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""
    logging = of.get("loggingConfig") or {}
    return {
        "AWS_LAMBDA_FUNCTION_NAME": of["name"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(int(of.get("memorySize") or 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("logGroup") or f"/aws/lambda/{of['name']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_LAMBDA_LOG_FORMAT": logging.get("logFormat") or "Text",
    }


def service_of(function: Resource) -> str | None:
    """Label of the service that the function is; None if it runs no image."""
    given = (function.outputs.get("environment") or {}).get("variables") or {}
    return given.get(names.SERVICE) if function.outputs.get("packageType") == "Image" else None


def _handler(function: Resource, is_ours: Callable[[str], bool]) -> str | None:
    of = function.outputs
    if of.get("packageType") != "Image":
        return of["handler"]
    commands = (of.get("imageConfig") or {}).get("commands") or ()
    return commands[0] if commands and is_ours(of["imageUri"]) else None


def _lay_out(resource: Resource, folder: Path) -> list[str]:
    """Link the packaged files into a folder; returns those that changed since they were deployed.

    Raises:
        LocalError: a file is gone.
    """
    changed = []
    if resource.outputs.get("packageType") == "Image":
        for name in _IN_IMAGE:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(PROJECT / name)
        return changed
    for name, asset in ((resource.inputs.get("code") or {}).get("assets") or {}).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if "text" in asset:
            place.write_text(asset["text"])
            continue
        source = (PROJECT / asset["path"]).resolve()
        if not source.is_file():
            raise LocalError(
                f"function {resource.name} was deployed with {asset['path']}, which is gone. Run `make up` again, or "
                "put the file back"
            )
        if hashlib.sha256(source.read_bytes()).hexdigest() != asset.get("hash"):
            changed.append(name)
        place.symlink_to(source)
    return changed
