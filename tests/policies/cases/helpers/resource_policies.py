"""Resource policies for everyone."""

from tests.policies.support import CULPRIT, edit, policy, res

EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}


def guarded(statement, token="sqs/queuePolicy:QueuePolicy", path="policy"):
    return res(token, CULPRIT, {path: policy(statement)})


def under(operator, key, value):
    return edit(EVERYBODY, {"Condition": {operator: {key: value}}})


_EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
PUBLIC = {"policy": policy(_EVERYTHING)}
