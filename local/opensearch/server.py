"""HTTP in front of the domain of a state: who asks is told by the signature, and judged as deployed."""

import json
from typing import Any, Final

from iam.principals import principal
from iam.services.forms import Call
from local.errors import LocalError
from local.gate import Gate
from local.gate_signatures import Message, SignatureError, verify
from local.journal import Journal
from local.opensearch.engine import Domain
from local.opensearch.refusal import RefusalError
from local.principals import Principals
from local.serving import HttpScope, Receive, Send, body_of
from local.state import Deployed, Resource

DOMAIN: Final = "aws:opensearch/domain:Domain"
_VERBS: Final = {"DELETE": "Delete", "GET": "Get", "HEAD": "Head", "POST": "Post", "PUT": "Put"}
_BODY_BYTES: Final = 10 * 1024 * 1024
"""Largest request of small instance types
(https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#network-limits)."""


class SearchServer:
    """ASGI application for one domain; nothing of it outlives the run."""

    def __init__(self, resource: Resource, gate: Gate, principals: Principals, journal: Journal) -> None:
        self._resource = resource
        self._gate = gate
        self._principals = principals
        self._journal = journal
        security = resource.outputs["advancedSecurityOptions"]
        self.domain = Domain(security["masterUserOptions"]["masterUserArn"])
        self.is_down = False
        """Answers nothing but 503, as a domain does that has lost its nodes."""

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        status, content = self._answer(scope, await body_of(receive, _BODY_BYTES))
        body = json.dumps(content).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, scope: HttpScope, body: bytes | None) -> tuple[int, Any]:
        if self.is_down:
            return 503, {"message": "no node answers"}
        if body is None:
            return 413, {"message": "Request size exceeded 10485760 bytes"}
        asked = Message(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        try:
            caller = verify(asked, self._principals)
        except SignatureError as problem:
            self._journal.call("anonymous", f"es:{asked.method}", self._resource.arn, False, str(problem))
            return 403, {"message": str(problem)}
        if caller.service != "es":
            return 403, {"message": f"Credential should be scoped to correct service: 'es', not {caller.service!r}."}
        role = caller.credentials.role
        path = self._gate.network.to(
            role, self._resource.name, self._resource.outputs["vpcOptions"]["securityGroupIds"]
        )
        self._gate.record(path)
        if not path.verdict.allowed:
            # On AWS the connection would time out.
            return 504, {"message": path.verdict.why}
        return self.as_role(role, caller.credentials.session, asked.method, asked.path, body)

    def as_role(self, role: str, session: str, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """A request of a role that has a way to the domain."""
        if method not in _VERBS:
            return 405, {"message": f"{method} is not known here"}
        who = principal(role, session=session)
        call = Call(f"es:ESHttp{_VERBS[method]}", f"{self._resource.arn}{path}")
        try:
            verdict = self._gate.judge_session(who, call)
        except LocalError as problem:
            return 501, {"message": str(problem)}
        if not verdict.allowed:
            return 403, {"Message": verdict.message}
        try:
            return self.domain.answer(role, method, path, body)
        except RefusalError as problem:
            told = {"type": problem.kind, "reason": str(problem)}
            self._journal.event("search.refused", domain=self._resource.name, path=path, why=str(problem))
            return problem.status, {"error": {"root_cause": [told], **told}, "status": problem.status}


def domain_of(deployed: Deployed) -> Resource | None:
    """The search domain of the state, if it has one.

    Raises:
        LocalError: it has several.
    """
    found = deployed.of_type(DOMAIN)
    if len(found) > 1:
        raise LocalError(f"the state must hold one search domain at most, and holds {len(found)}")
    return found[0] if found else None
