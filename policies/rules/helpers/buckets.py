"""Policies, encryption rules and names of buckets."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from policies.library.documents import Statement, covers, parse
from policies.library.resources import Resource
from policies.library.rules import Problem, Subject
from policies.library.values import MISSING, as_list, read, show

BUCKET = "s3/bucket"
ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration"
BY_DEFAULT = "applyServerSideEncryptionByDefault"


def is_named(subject: Subject) -> bool:
    """Whether the rule's setting `buckets` names the bucket."""
    names = (subject.resource.name, read(subject.resource.props, "bucket"))
    return any(
        isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        for glob in subject.config["buckets"]
    )


def policies_of(subject: Subject) -> list[Any]:
    """Policy documents of a bucket, inline and standalone; unknown ones as `UNKNOWN`."""
    inline = parse(read(subject.resource.props, "policy"))
    standalone = [
        parse(read(policy.props, "policy"))
        for policy in subject.stack.pointing_at(subject.resource, "s3/bucketPolicy", "bucket")
    ]
    return [document for document in (inline, *standalone) if document is not MISSING]


def encryption_rules(subject: Subject) -> Iterator[tuple[Resource, str, Any]]:
    """Rules of a bucket's default encryption with their holder and path, inline and standalone."""
    attached = subject.stack.pointing_at(subject.resource, ENCRYPTION, "bucket")
    for holder in (subject.resource, *attached):
        path = "rules" if holder.kind == ENCRYPTION else "serverSideEncryptionConfiguration.rule"
        rules = read(holder.props, path)
        for number, entry in enumerate(as_list(rules)):
            yield holder, f"{path}[{number}]" if isinstance(rules, list) else path, entry


def entry_problem(subject: Subject, holder: Resource, path: str, value: Any, reason: str) -> Problem:
    """A problem of a default encryption rule, which may be in a resource of its own."""
    if holder is subject.resource:
        return subject.problem(path, reason)
    return Problem(
        "serverSideEncryptionConfiguration", f"{holder.name}: {holder.written(path)} is {show('', value)}; {reason}"
    )


def denies_plain_http(statement: Statement) -> bool:
    """Whether a statement denies every request without TLS to everyone."""
    if not statement.denies or statement.conditions is None:
        return False
    insecure = any(
        operator in ("bool", "boolifexists")
        and key == "aws:securetransport"
        and values is not None
        and "false" in values
        for operator, key, values in statement.conditions
    )
    alone = len(statement.conditions) == 1
    everything = statement.actions is None or any(covers(action, "s3:anything") for action in statement.actions)
    return insecure and alone and everything and (statement.principals is None or statement.is_public())


def kinds_of_resource(statement: Statement) -> set[str]:
    """Whether a statement applies to the bucket, its objects, or both."""
    if statement.resources is None:
        return {"bucket", "objects"}
    found = {"objects" if resource.endswith("/*") else "bucket" for resource in statement.resources}
    everything = any(
        resource == "*" or (resource.endswith("*") and "/" not in resource) for resource in statement.resources
    )
    return found | {"bucket", "objects"} if everything else found
