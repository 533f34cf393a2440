"""Whether resource policies deny requests without TLS."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import Statement, is_complete, parse, statements
from policies.library.rules import Problem, Subject
from policies.library.values import MISSING, UNKNOWN, read


def attached_documents(subject: Subject, kind: str, path: str, *, inline: bool) -> list[Any]:
    """Policy documents of a resource: its own, and those of resources that name it."""
    own = [parse(read(subject.resource.props, "policy"))] if inline else []
    attached = subject.stack.pointing_at(subject.resource, kind, path)
    found = [*own, *(parse(read(policy.props, "policy")) for policy in attached)]
    return [document for document in found if document is not MISSING]


def _demands_tls(statement: Statement) -> bool:
    """Whether a statement denies everyone without TLS, or allows only requests with TLS."""
    if statement.conditions is None:
        return True
    wanted = "false" if statement.denies else "true"
    return any(
        key == "aws:securetransport" and operator in ("bool", "boolifexists") and (values is None or wanted in values)
        for operator, key, values in statement.conditions
    )


def without_tls(subject: Subject, documents: list[Any], what: str, *, alone: bool = False) -> Iterator[Problem]:
    """A problem if requests without TLS are not denied.

    Args:
        alone: Access needs an Allow in the policy, so that it suffices if each Allow requires TLS."""
    every = [statement for document in documents for statement in statements(document)]
    if any(statement.denies and _demands_tls(statement) for statement in every):
        return
    allowed = [statement for statement in every if statement.allows]
    if allowed and alone and all(map(_demands_tls, allowed)):
        return
    if any(document is UNKNOWN or not is_complete(document) for document in documents):
        subject.defer("policy")
    elif documents:
        yield Problem("policy", f"the policy must deny {what} without TLS")
    else:
        yield Problem("policy", f"a policy must deny {what} without TLS; none references the resource")
