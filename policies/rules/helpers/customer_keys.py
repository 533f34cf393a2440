"""Whether a resource names a customer managed key."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject


def no_customer_key(subject: Subject, path: str) -> Iterator[Problem]:
    """A problem if the property names no customer managed key."""
    if subject.lacks_customer_key(path):
        yield subject.problem(path, "must be a customer managed key")
