"""Permission policies of IAM, wherever a resource has them."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse
from policies.library.rules import Subject
from policies.library.values import UNKNOWN, read
from policies.rules.helpers.policy_attachments import ATTACHED

MANAGED = ("iam/policy",)
"""Judged after all resources are known: the policy may be a permissions boundary."""
BOUNDARIES_LEFT = "A managed policy used only as a permissions boundary grants nothing and is not judged."
INLINE = ("iam/policy", "iam/rolePolicy", "iam/groupPolicy", "iam/userPolicy")


def _is_boundary(subject: Subject) -> bool:
    """Whether a managed policy is a permissions boundary only, and grants nothing.

    A policy that may be one counts as one, and the judgement is noted as deferred."""
    policy, stack = subject.resource, subject.stack
    bounded = [(kind, "permissionsBoundary") for kind in ("iam/role", "iam/user")]
    if not any(stack.pointing_at(policy, *place) for place in bounded):
        return False
    if any(map(subject.has, ("roles", "users", "groups"))) or any(stack.pointing_at(policy, *p) for p in ATTACHED):
        return False
    if not any(stack.pointing_at(policy, *place, sure=True) for place in bounded):
        subject.defer("permissionsBoundary")
    return True


def documents_of(subject: Subject) -> Iterator[tuple[str, Any]]:
    """Permission policies of a resource with the path of each; unknown ones are noted.

    None of a policy that is a permissions boundary only."""
    if subject.resource.kind == "iam/policy" and _is_boundary(subject):
        return
    if subject.resource.kind == "iam/role":
        found = [(f"{path}.policy", parse(read(block, "policy"))) for path, block in subject.blocks("inlinePolicies")]
    else:
        found = [("policy", parse(subject.value("policy")))]
    for path, document in found:
        if document is UNKNOWN:
            subject.defer(path)
        else:
            yield path, document
