"""Roles and their trust policies."""

from tests.policies.support import CULPRIT, edit, policy, res

_TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def trust(**changes):
    return res("iam/role:Role", CULPRIT, {"assumeRolePolicy": policy(edit(_TRUST, changes))})
