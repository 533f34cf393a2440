"""Whether a resource names a customer key."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject


def no_customer_key(subject: Subject, path: str) -> Iterator[Problem]:
    """A problem where the property names no customer key."""
    if subject.lacks_customer_key(path):
        yield subject.problem(path, "names no customer key")
