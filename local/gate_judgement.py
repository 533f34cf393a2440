"""Judges calls by the policies of a deployed stack, and records each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from iam.decision import Decision, Policies, Request, decide, message
from iam.policy import Policy
from iam.principals import Kind, Principal
from iam.services.forms import Account, Call
from iam.services.keys import encrypted, key_calls
from iam.text import Values
from local.gate_policies import DeployedPolicies
from local.journal import Journal
from local.state import Deployed


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Attributes:
        why: The statements that decided, or which policy lacks one.
        message: AWS's own sentence of a denial; empty if allowed.
        action: What was denied; else the action itself.
    """

    allowed: bool
    why: str
    message: str
    action: str


@dataclass(frozen=True, slots=True)
class _Place:
    """The account at one region, as descriptions of operations ask for it."""

    policies: DeployedPolicies
    region: str
    account_id: str

    def arn_of(self, service: str, name: str) -> str | None:
        return self.policies.arn_of(service, name)

    def partition_key(self, table: str, index: str) -> str | None:
        return self.policies.partition_key(table, index)


class DeployedIam:
    """IAM with what a stack deployed."""

    def __init__(self, deployed: Deployed, journal: Journal) -> None:
        """
        Raises:
            LocalError: a policy of the state cannot be read.
        """
        self._deployed = deployed
        self._journal = journal
        self._policies = DeployedPolicies(deployed)
        self._policies.read_all()

    def place(self, region: str) -> Account:
        """The account as descriptions of operations ask for it."""
        return _Place(self._policies, region, self._deployed.account_id)

    def user_id(self, who: Principal) -> str:
        """`aws:userid` of a session.

        Raises:
            LocalError: the state holds no such role.
        """
        return f"{self._policies.role(who.role)['uniqueId']}:{who.name.rpartition('/')[2]}"

    def judge(
        self,
        who: Principal,
        needed: Sequence[Call],
        region: str = "",
        context: Mapping[str, Values] | None = None,
        endpoint: Policy | None = None,
    ) -> Verdict:
        """Judge calls and what they need of keys, up to the first that is denied, and record each.

        Args:
            region: Where the request went; by default the first resource's or the stack's.
            context: Condition keys beside those of the service, the principal and all requests.
            endpoint: Policy of the VPC endpoint that the calls came through; what services do with keys does not.

        Raises:
            LocalError: the state holds no such role.
        """
        if who.role:
            self._policies.role(who.role)
        region = region or _region(needed) or self._deployed.region
        reasons = []
        for call, via_service in self._with_keys(needed, region):
            request = Request(
                principal=who,
                action=call.action,
                resource=self._policies.as_in_state(call.resource),
                context={
                    **self._context(who, call, region),
                    "aws:ViaAWSService": str(via_service).lower(),
                    **(context or {}),
                    **call.context,
                },
                resource_account=self._deployed.account_id,
            )
            decision = self._decide(request, None if via_service else endpoint)
            self._journal.call(str(who), call.action, request.resource, decision.allowed, decision.reason)
            reasons.append(decision.reason)
            if not decision.allowed:
                return Verdict(False, decision.reason, message(request, decision), call.action)
        return Verdict(True, "; ".join(dict.fromkeys(reasons)), "", needed[0].action if needed else "")

    def _with_keys(self, needed: Sequence[Call], region: str) -> Iterator[tuple[Call, bool]]:
        """Each call, and what the service does for the caller; a batch uses the key of a resource once."""
        place = self.place(region)
        used: set[tuple[str, str]] = set()
        for call in needed:
            yield call, False
            key = self._policies.key_of(call.resource)
            for more in key_calls(call, key, place) if key else ():
                if (more.action, encrypted(call.resource)) not in used:
                    used.add((more.action, encrypted(call.resource)))
                    yield more, True

    def _decide(self, request: Request, endpoint: Policy | None) -> Decision:
        role = request.principal.role
        return decide(
            request,
            Policies(
                identity=self._policies.identity(role) if role else (),
                boundary=self._policies.boundary(role) if role else None,
                resource=self._policies.of_resource(request.resource),
                endpoint=endpoint,
            ),
        )

    def _context(self, who: Principal, call: Call, region: str) -> Mapping[str, Values]:
        """Condition keys of all requests.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        now = datetime.now(UTC)
        found: dict[str, Values] = {
            "aws:SecureTransport": "true",
            "aws:CurrentTime": now.isoformat(timespec="seconds"),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:RequestedRegion": region,
            **{f"aws:ResourceTag/{name}": value for name, value in self._policies.tags(call.resource).items()},
        }
        if who.kind is Kind.SESSION:
            role = self._policies.role(who.role)
            found["aws:userid"] = self.user_id(who)
            tags = role.get("tagsAll") or {}
            found |= {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
        if call.action.startswith("s3:"):
            found |= {"s3:TlsVersion": "1.3", "s3:ResourceAccount": self._deployed.account_id}
            found |= {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
        return found


def _region(needed: Sequence[Call]) -> str:
    parts = needed[0].resource.split(":") if needed else []
    return parts[3] if len(parts) > 3 else ""
