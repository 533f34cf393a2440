"""The number of availability zones of a resource's subnets."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject


def too_few_zones(subject: Subject, path: str, fewest: float) -> Iterator[Problem]:
    """A problem if the subnets at a path are in too few zones; none if their zones are not known."""
    if not subject.has(path.split("[]")[0]):
        return
    counted = subject.stack.zones(subject.resource, path)
    if counted is None:
        subject.defer(path)
    elif counted[0] < fewest:
        known = f" ({', '.join(sorted(counted[1]))})" if counted[1] else ""
        yield subject.problem(
            path.replace("[]", ""), f"must be subnets in at least {int(fewest)} zones; they are in {counted[0]}{known}"
        )
