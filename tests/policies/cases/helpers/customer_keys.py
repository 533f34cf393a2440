"""Cases of rules about customer managed keys."""

from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, res


def key_cases(path, *tokens, managed=None, also=None):
    """Cases of a key that must be named at a path, on every type."""
    first = tokens[0]
    good = {"a customer managed key": [res(first, CULPRIT, {path: KEY, **(also or {})})]}
    good["not known"] = [res(first, CULPRIT, {path: UNKNOWN, **(also or {})})]
    bad = {f"{token}, not set": [res(token, CULPRIT, also or {})] for token in tokens}
    bad["empty"] = [res(first, CULPRIT, {path: "", **(also or {})})]
    if managed:
        bad["AWS managed key"] = [res(first, CULPRIT, {path: f"alias/aws/{managed}", **(also or {})})]
    return Cases(good=good, bad=bad)


AWS_KEY = "arn:aws:kms:eu-west-1:111111111111:alias/aws/"
