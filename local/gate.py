"""The gate in front of the emulator of AWS: every call is judged by the policies that were deployed.

It stands for AWS's endpoints, which take calls over TLS only: `aws:SecureTransport` is true, though this machine's own
network has none.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from iam.errors import RequestError
from iam.principals import Principal, principal
from iam.services.forms import Call
from iam.services.registry import calls
from iam.text import Values
from local.errors import AwsError, LocalError
from local.gate_judgement import DeployedIam, Verdict
from local.gate_network import PORT, Network, Path
from local.gate_requests import Answer, Operation, UnreadableError, denied, error, identity, read
from local.gate_signatures import Message, Scope, SignatureError, verify
from local.journal import Journal
from local.principals import Principals
from local.serving import HttpScope, Receive, Send, body_of
from local.state import Deployed

Serve = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""An operation of a JSON protocol, from its parameters to its result as JSON has it; raises `AwsError`.

Parameters are those of the request's body, of REST those that boto3 has."""
Invoke = Callable[[str, Any], Awaitable[tuple[Any, Any | None]]]
_BODY_BYTES: Final = 64 * 1024 * 1024
# They belong to a connection, not to a message.
_HOP_BY_HOP: Final = frozenset(
    (b"connection", b"content-length", b"expect", b"host", b"keep-alive", b"transfer-encoding", b"upgrade")
)
# Longer than a request for messages may wait.
_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_ANONYMOUS: Final = "anonymous"


class Gate:
    """ASGI application that verifies, judges, records and forwards calls of AWS; `judge` is for services of AWS."""

    def __init__(self, deployed: Deployed, principals: Principals, journal: Journal, emulator: str) -> None:
        """
        Args:
            emulator: URL of moto.

        Raises:
            LocalError: a policy of the state cannot be read.
        """
        self._principals = principals
        self._journal = journal
        self._iam = DeployedIam(deployed, journal)
        self.network = Network(deployed)
        self._paths: set[tuple[str, str]] = set()
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
        self.served: dict[tuple[str, str], Serve] = {}
        """Allowed operations that a part of the run serves, by botocore's service and name; the emulator serves the
        others."""
        self.invoke: Invoke | None = None
        """Runs an allowed function by name or ARN; payload, and what failed."""
        # Plain HTTP: certificates take long to load.
        self._http = httpx.AsyncClient(
            base_url=emulator, timeout=_TIMEOUT, trust_env=False, limits=limits, verify=False
        )

    async def close(self) -> None:
        await self._http.aclose()

    def judge(
        self, principal_name: str, action: str, resource: str, context: Mapping[str, Values] | None = None
    ) -> Verdict:
        """Judge a call that a service of AWS makes, for itself or with a role, and what it needs of the resource's key.

        Args:
            principal_name: ARN of a role, or service principal such as `events.amazonaws.com`.
            context: Condition keys, such as `aws:SourceArn`.

        Raises:
            LocalError: the state holds no such role.
        """
        who = principal(principal_name, session="service")
        return self._iam.judge(who, [Call(action, resource)], context=context or {})

    def judge_session(self, who: Principal, call: Call) -> Verdict:
        """Judge a call that reaches a service elsewhere than at AWS's endpoints.

        Raises:
            LocalError: the state holds no such role.
        """
        return self._iam.judge(who, [call])

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        answer = await self._answer(scope, receive)
        headers = list(answer.headers)
        if not any(name.lower() == b"content-length" for name, _ in headers):
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: HttpScope, receive: Receive) -> Answer:
        body = await body_of(receive, _BODY_BYTES)
        if body is None:
            return error("json", "RequestEntityTooLarge", f"a body must have at most {_BODY_BYTES} bytes", 413)
        asked = Message(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        try:
            operation, caller = self._read(asked)
        except SignatureError as problem:
            self._journal.call(_ANONYMOUS, asked.headers.get("x-amz-target", asked.method), "*", False, str(problem))
            return error(_protocol(asked), problem.code, str(problem), 403)
        except UnreadableError as problem:
            self._journal.call(_ANONYMOUS, asked.headers.get("x-amz-target", asked.method), "*", False, str(problem))
            return error(_protocol(asked), "UnknownOperationException", str(problem), 501)
        refusal = self._refusal(operation, caller) if caller else None
        if refusal:
            return refusal
        serve = self.served.get((operation.service, operation.name))
        if serve:
            return await _served(serve, operation, asked)
        if self.invoke and (operation.service, operation.name) == ("lambda", "Invoke"):
            return await _invoked(self.invoke, operation, asked)
        if caller and (operation.service, operation.name) == ("sts", "GetCallerIdentity"):
            who = self._principal(caller)
            return identity(who.name, self._iam.user_id(who), who.account)
        return await self._forward(asked, scope, caller)

    @staticmethod
    def _principal(caller: Scope) -> Principal:
        return principal(caller.credentials.role, session=caller.credentials.session)

    def _read(self, asked: Message) -> tuple[Operation, Scope | None]:
        """What is asked, and by whom; None for an operation that needs no credentials."""
        if "authorization" not in asked.headers and "x-amz-target" in asked.headers:
            operation = read(asked, "")
            if not operation.signed:
                return operation, None
        caller = verify(asked, self._principals)
        return read(asked, caller.service), caller

    def _refusal(self, operation: Operation, caller: Scope) -> Answer | None:
        who = self._principal(caller)
        path = self.network.path(caller.credentials.role, operation.service, caller.region)
        if path:
            self.record(path)
            if not path.verdict.allowed:
                # On AWS the connection would time out; another status would be tried again.
                return error(operation.protocol, "ConnectionRefused", path.verdict.why, 400)
        context, endpoint = (path.context, path.policy) if path else ({}, None)
        try:
            needed = calls(operation.service, operation.name, operation.parameters, self._iam.place(caller.region))
            verdict = self._iam.judge(who, needed, caller.region, context, endpoint)
        except (RequestError, LocalError, AttributeError, TypeError, ValueError) as problem:
            why = f"{operation.service} {operation.name} cannot be judged: {problem}"
            self._journal.call(str(who), f"{operation.service}:{operation.name}", "*", False, why)
            return error(operation.protocol, "UnknownOperationException", why, 501)
        return None if verdict.allowed else denied(operation, verdict.action, verdict.message)

    def record(self, path: Path) -> None:
        """Each path once: connections stay open for many calls."""
        if (path.source, path.target) not in self._paths:
            self._paths.add((path.source, path.target))
            self._journal.connection(path.source, path.target, PORT, path.verdict.allowed, path.verdict.why)

    async def _forward(self, asked: Message, scope: HttpScope, caller: Scope | None) -> Answer:
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _HOP_BY_HOP]
        if caller:
            # The emulator takes region and service from it, and verifies nothing.
            signed = f"gate/{datetime.now(UTC):%Y%m%d}/{caller.region}/{caller.service}/aws4_request"
            text = f"AWS4-HMAC-SHA256 Credential={signed}, SignedHeaders=host, Signature={'0' * 64}"
            dropped = (b"authorization", b"x-amz-security-token")
            headers = [(name, value) for name, value in headers if name.lower() not in dropped]
            headers.append((b"authorization", text.encode()))
        url = httpx.URL(str(self._http.base_url)).copy_with(
            raw_path=f"{asked.path}{'?' if asked.query else ''}{asked.query}".encode("latin-1")
        )
        try:
            answer = await self._http.send(
                self._http.build_request(asked.method, url, headers=headers, content=asked.body), stream=True
            )
            content = b"".join([part async for part in answer.aiter_raw()])
        except httpx.HTTPError as problem:
            return error(_protocol(asked), "ServiceUnavailable", f"the emulator of AWS does not answer: {problem}", 503)
        # An answer to HEAD tells the length of a body that it does not have.
        dropped = _HOP_BY_HOP - {b"content-length"} if asked.method == "HEAD" else _HOP_BY_HOP
        kept = [(name, value) for name, value in answer.headers.raw if name.lower() not in dropped]
        return Answer(answer.status_code, kept, content)


async def _served(serve: Serve, operation: Operation, asked: Message) -> Answer:
    # REST has parameters outside of the body, too.
    given = operation.parameters if operation.protocol == "rest-json" else json.loads(asked.body)
    try:
        content = json.dumps(await serve(given))
    except AwsError as refused:
        return error(operation.protocol, refused.code, refused.text, 400)
    return Answer(200, [(b"content-type", b"application/x-amz-json-1.1")], content.encode())


async def _invoked(invoke: Invoke, operation: Operation, asked: Message) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, synchronous"""
    payload, failure = await invoke(str(operation.parameters["FunctionName"]), json.loads(asked.body or b"{}"))
    if failure is not None and failure["errorType"] == "ResourceNotFoundException":
        return error(operation.protocol, failure["errorType"], failure["errorMessage"], 404)
    headers = [(b"content-type", b"application/json"), (b"x-amz-executed-version", b"$LATEST")]
    if failure is not None:
        headers.append((b"x-amz-function-error", b"Unhandled"))
    return Answer(200, headers, json.dumps(payload if failure is None else failure).encode())


def _protocol(asked: Message) -> str:
    """For errors of requests that cannot be read."""
    if "x-amz-target" in asked.headers:
        return "json"
    kind = asked.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return "query"
    return "rest-xml" if "/s3/aws4_request" in asked.headers.get("authorization", "") else "rest-json"


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
