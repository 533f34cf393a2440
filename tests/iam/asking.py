"""Short forms of statements, policies and requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from iam.decision import Decision, Policies, Request, decide
from iam.policy import identity_policy, resource_policy
from iam.principals import principal
from iam.text import Values

OURS, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OURS}:role/service/carts"
SESSION = f"arn:aws:sts::{OURS}:assumed-role/carts/local"
USER = f"arn:aws:iam::{OURS}:user/carlossalazar"
ROOT = f"arn:aws:iam::{OURS}:root"
KEY = f"arn:aws:kms:eu-west-1:{OURS}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
QUEUE = f"arn:aws:sqs:eu-west-1:{OURS}:inbox"
Statement = dict[str, Any]


def allow(action: str | Sequence[str], resource: str | Sequence[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | Sequence[str], resource: str | Sequence[str] = "*", **more: Any) -> Statement:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def ask(
    who: str,
    action: str,
    resource: str,
    *,
    identity: Sequence[Statement] = (),
    boundary: Sequence[Statement] | None = None,
    session: Sequence[Statement] | None = None,
    on_resource: Sequence[Statement] | None = None,
    service_control: Sequence[Sequence[Statement]] = (),
    endpoint: Sequence[Statement] | None = None,
    context: Mapping[str, Values] | None = None,
    owner: str = "",
) -> Decision:
    """Judge one request; a policy without statements is none."""
    return decide(
        Request(
            principal=principal(who, session="local"),
            action=action,
            resource=resource,
            context=context or {},
            resource_account=owner,
        ),
        Policies(
            identity=[identity_policy(document(*identity), "identity")] if identity else [],
            boundary=None if boundary is None else identity_policy(document(*boundary), "boundary"),
            session=None if session is None else [identity_policy(document(*session), "session")],
            resource=None if on_resource is None else resource_policy(document(*on_resource), "resource"),
            service_control=[[identity_policy(document(*level), "scp")] for level in service_control],
            endpoint=None if endpoint is None else resource_policy(document(*endpoint), "endpoint"),
        ),
    )


def holds(block: Mapping[str, Any], context: Mapping[str, Values]) -> bool:
    """Whether a Condition element holds for a request."""
    identity = [allow("sqs:SendMessage", QUEUE, Condition=block)]
    return ask(ROLE, "sqs:SendMessage", QUEUE, identity=identity, context=context).allowed
