"""A state of a CloudFormation type, and documents that several states have."""

from typing import Any, NamedTuple

EVERYBODY = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
OWN = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "*", "Resource": "*"}}


class Written(NamedTuple):
    """States of one type: what is found in the first, by the path that the program has, and in the second is not."""

    bad: dict[str, Any]
    found: dict[str, str]
    good: dict[str, Any]
