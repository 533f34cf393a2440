"""How many availability zones a resource has subnets in."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject


def too_few_zones(subject: Subject, path: str, fewest: float) -> Iterator[Problem]:
    """A problem when the subnets at a path cannot be in enough zones; nothing when it cannot be told."""
    if not subject.has(path.split("[]")[0]):
        return
    counted = subject.stack.zones(subject.resource, path)
    if counted is None:
        subject.defer(path)
    elif counted[0] < fewest:
        known = f" ({', '.join(sorted(counted[1]))})" if counted[1] else ""
        yield subject.problem(
            path.replace("[]", ""), f"its subnets are in {counted[0]} zone{known}, at least {int(fewest)} are needed"
        )
