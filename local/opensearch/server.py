"""HTTP in front of the search engine of a state: who asks is told by the signature, and judged as deployed."""

import fnmatch
import json
from typing import Any, Final

from iam.principals import principal
from iam.services.forms import Call
from local.errors import LocalError
from local.gate import Gate
from local.gate_signatures import Message, SignatureError, verify
from local.journal import Journal
from local.opensearch.collection import Collection
from local.opensearch.engine import Domain
from local.opensearch.refusal import RefusalError
from local.principals import Principals
from local.serving import HttpScope, Receive, Send, body_of
from local.state import Deployed, Resource

DOMAIN: Final = "aws:opensearch/domain:Domain"
COLLECTION: Final = "aws:opensearch/serverlessCollection:ServerlessCollection"
_NETWORK: Final = "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
_ACCESS: Final = "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy"
_VERBS: Final = {"DELETE": "Delete", "GET": "Get", "HEAD": "Head", "POST": "Post", "PUT": "Put"}
_BODY_BYTES: Final = 10 * 1024 * 1024
"""Largest request of small instance types
(https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#network-limits)."""


class SearchServer:
    """ASGI application for one domain or collection; nothing of it outlives the run."""

    def __init__(
        self, resource: Resource, gate: Gate, principals: Principals, journal: Journal, deployed: Deployed
    ) -> None:
        self._resource = resource
        self._gate = gate
        self._principals = principals
        self._journal = journal
        is_domain = resource.type == DOMAIN
        self._signed_for = "es" if is_domain else "aoss"
        self._groups = resource.outputs["vpcOptions"]["securityGroupIds"] if is_domain else _groups(resource, deployed)
        self.domain = _domain(resource) if is_domain else _collection(resource, deployed)
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
            self._journal.call(
                "anonymous", f"{self._signed_for}:{asked.method}", self._resource.arn, False, str(problem)
            )
            return 403, {"message": str(problem)}
        if caller.service != self._signed_for:
            told = f"{self._signed_for!r}, not {caller.service!r}"
            return 403, {"message": f"Credential should be scoped to correct service: {told}."}
        role = caller.credentials.role
        path = self._gate.network.to(role, self._resource.name, self._groups)
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
        if self._signed_for == "es":
            call = Call(f"es:ESHttp{_VERBS[method]}", f"{self._resource.arn}{path}")
        else:
            call = Call("aoss:APIAccessAll", self._resource.arn)
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
    """The search domain or collection of the state, if it has one.

    Raises:
        LocalError: it has several.
    """
    found = [*deployed.of_type(DOMAIN), *deployed.of_type(COLLECTION)]
    if len(found) > 1:
        raise LocalError(f"the state must hold one search engine at most, and holds {len(found)}")
    return found[0] if found else None


def _domain(resource: Resource) -> Domain:
    return Domain(resource.outputs["advancedSecurityOptions"]["masterUserOptions"]["masterUserArn"])


def _collection(resource: Resource, deployed: Deployed) -> Collection:
    policies = [json.loads(one.outputs["policy"]) for one in deployed.of_type(_ACCESS)]
    return Collection(resource.outputs["name"], [part for policy in policies for part in policy])


def _groups(resource: Resource, deployed: Deployed) -> list[str]:
    """Security groups of the interface endpoints that network policies name for the collection
    (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-network.html)."""
    this = f"collection/{resource.outputs['name']}"
    admitted = {
        endpoint
        for policy in deployed.of_type(_NETWORK)
        if policy.outputs["type"] == "network"
        for part in json.loads(policy.outputs["policy"])
        if any(fnmatch.fnmatchcase(this, name) for rule in part["Rules"] for name in rule["Resource"])
        for endpoint in part.get("SourceVPCEs", ())
    }
    endpoints = [one for one in deployed.of_type("aws:ec2/vpcEndpoint:VpcEndpoint") if one.id in admitted]
    return [group for one in endpoints for group in one.outputs["securityGroupIds"]]
