"""Whether a request is allowed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from iam.errors import RequestError
from iam.policy import Policy, Statement
from iam.principals import Grant, Kind, Principal
from iam.text import Context, Values

# What names these is decided by the policy of the resource, which may leave the decision to the account's IAM policies.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
_TRUST: Final = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_HAVE_AN_ACCOUNT: Final = (Kind.SESSION, Kind.USER, Kind.ROOT)


@dataclass(frozen=True, kw_only=True)
class Request:
    """
    Attributes:
        resource: ARN; `*` for an action without resource types.
        context: Condition keys beside those of the principal.
        resource_account: Owner of a resource whose ARN does not say it, such as a bucket; by default the principal's
            account.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)
    resource_account: str = ""

    @property
    def owner(self) -> str:
        parts = self.resource.split(":", 5)
        named = parts[4] if len(parts) > 4 else ""
        return named or self.resource_account or self.principal.account


@dataclass(frozen=True, kw_only=True)
class Policies:
    """What applies to a request.

    Attributes:
        boundary: Permissions boundary; None without one.
        session: Session policies; None if the session was made without.
        resource: Policy of the resource; None without one.
        service_control: Policies of each level from the organization's root to the account; each must allow.
        endpoint: Policy of the VPC endpoint that the request came through; None without one.
    """

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    resource: Policy | None = None
    service_control: Sequence[Sequence[Policy]] = ()
    endpoint: Policy | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """
    Attributes:
        reason: Which statement decided, or which kind of policy lacks one; of identity-based policies, all that allow.
        statement: The first of them; None for an implicit deny, and for the account's root user.
        told: The end of AWS's own message of a denial; empty if allowed.
    """

    allowed: bool
    reason: str
    statement: Statement | None = None
    told: str = ""


def message(request: Request, decision: Decision) -> str:
    """What AWS says of a denied request.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    return (
        f"User: {request.principal} is not authorized to perform: {request.action} on resource: {request.resource} "
        f"{decision.told}"
    )


def decide(request: Request, policies: Policies) -> Decision:
    """Judge a request as IAM does.

    Raises:
        RequestError: the action is not of the form service:action.
    """
    if ":" not in request.action:
        raise RequestError(f"an action must be service:action; got {request.action!r}")
    return _Evaluation(request, policies).decision()


class _Evaluation:
    """One request against its policies."""

    def __init__(self, request: Request, policies: Policies) -> None:
        self._request = request
        self._policies = policies
        who = request.principal
        owner = {"aws:ResourceAccount": request.owner} if request.owner else {}
        self._context = Context({**owner, **request.context, **who.context})

    def decision(self) -> Decision:
        return self._explicit_deny() or self._service_control() or self._endpoint() or self._allowed()

    def _explicit_deny(self) -> Decision | None:
        for kind, policies in self._by_kind():
            for statement in _statements(policies):
                if statement.allows or not self._covers(statement):
                    continue
                if statement.principals is None or statement.principals.denies(self._request.principal):
                    article = "an" if kind[0] in "aeiou" else "a"
                    return Decision(
                        allowed=False,
                        reason=f"explicit deny by {statement} ({kind})",
                        statement=statement,
                        told=f"with an explicit deny in {article} {kind}",
                    )
        return None

    def _service_control(self) -> Decision | None:
        if self._request.principal.kind not in _HAVE_AN_ACCOUNT:
            return None
        lacking = [level for level in self._policies.service_control if not self._allows(level)]
        return self._implicit("service control policy") if lacking else None

    def _endpoint(self) -> Decision | None:
        """https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"""
        endpoint = self._policies.endpoint
        lacks = endpoint is not None and self._grant(endpoint)[0] is Grant.NONE
        return self._implicit("VPC endpoint policy") if lacks else None

    def _allowed(self) -> Decision:
        who = self._request.principal
        grant, statement = self._grant(self._policies.resource)
        if who.account != self._request.owner or not who.account:
            return self._across_accounts(grant, statement)
        if grant is Grant.DIRECT:
            return _allowed(statement)
        if grant is Grant.ROLE:
            return self._limited() or _allowed(statement)
        if grant is Grant.NONE and self._is_decided_by_resource:
            return self._implicit("resource-based policy")
        return self._by_identity()

    def _across_accounts(self, grant: Grant, statement: Statement | None) -> Decision:
        """Both sides must allow; services, identity providers and the anonymous have the resource's policy alone."""
        if grant is Grant.NONE:
            return self._implicit("resource-based policy")
        if not self._request.principal.account:
            return _allowed(statement)
        return self._by_identity()

    def _by_identity(self) -> Decision:
        if self._request.principal.kind is Kind.ROOT:
            return Decision(allowed=True, reason="the root user of an account may do what no policy denies")
        statements = [found for found in _statements(self._policies.identity) if found.allows and self._covers(found)]
        return self._limited() or _allowed(*statements) if statements else self._implicit("identity-based policy")

    def _limited(self) -> Decision | None:
        boundary, session = self._policies.boundary, self._policies.session
        if boundary is not None and not self._allows([boundary]):
            return self._implicit("permissions boundary")
        if session is not None and not self._allows(session):
            return self._implicit("session policy")
        return None

    @property
    def _is_decided_by_resource(self) -> bool:
        action = self._request.action.lower()
        return action in _TRUST or (action.startswith("kms:") and ":key/" in self._request.resource)

    def _grant(self, policy: Policy | None) -> tuple[Grant, Statement | None]:
        found: tuple[Grant, Statement | None] = (Grant.NONE, None)
        for statement in _statements([policy] if policy else []):
            grant = statement.principals.grant(self._request.principal) if statement.principals else Grant.NONE
            if statement.allows and grant > found[0] and self._covers(statement):
                found = grant, statement
        return found

    def _allows(self, policies: Iterable[Policy]) -> bool:
        return any(found.allows and self._covers(found) for found in _statements(policies))

    def _covers(self, statement: Statement) -> bool:
        return statement.covers(self._request.action, self._request.resource, self._context)

    def _by_kind(self) -> Iterable[tuple[str, Iterable[Policy]]]:
        given = self._policies
        yield "service control policy", [policy for level in given.service_control for policy in level]
        yield "resource-based policy", [given.resource] if given.resource else []
        yield "identity-based policy", given.identity
        yield "permissions boundary", [given.boundary] if given.boundary else []
        yield "session policy", given.session or []
        yield "VPC endpoint policy", [given.endpoint] if given.endpoint else []

    def _implicit(self, kind: str) -> Decision:
        told = f"because no {kind} allows the {self._request.action} action"
        return Decision(allowed=False, reason=told.removeprefix("because "), told=told)


def _statements(policies: Iterable[Policy]) -> Iterable[Statement]:
    return (statement for policy in policies for statement in policy.statements)


def _allowed(*statements: Statement | None) -> Decision:
    told = " and ".join(map(str, statements))
    return Decision(allowed=True, reason=f"allowed by {told}", statement=statements[0])
