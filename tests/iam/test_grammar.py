"""A policy that breaks IAM's grammar is refused with place, value and rule."""

import json
from typing import Any

import pytest

from iam.errors import PolicyError
from iam.policy import identity_policy, resource_policy
from iam.text import Context
from tests.iam.asking import ROLE, allow, document

_SEND = allow("sqs:SendMessage")


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("{", "p: a policy must be JSON"),
        ([], "must be an object"),
        ({"Statement": [_SEND], "Statements": []}, "got Statements"),
        ({"Version": "2012-10-18", "Statement": [_SEND]}, "got '2012-10-18'"),
        (document(), "must have a Statement"),
        (document("x"), "p, statement 1: a statement must be an object"),  # pyright: ignore[reportArgumentType]
        (document(_SEND, {**_SEND, "Effects": 1}), "p, statement 2: elements must be of .*; got Effects"),
        (document({**_SEND, "Effect": "allow"}), "Effect must be Allow or Deny; got 'allow'"),
        (document({"Effect": "Allow", "Resource": "*"}), "must have Action or NotAction"),
        (document({**_SEND, "NotAction": "*"}), "both Action and NotAction"),
        (document({"Effect": "Allow", "Action": "*"}), "must have Resource or NotResource"),
        (document({**_SEND, "Action": "SendMessage"}), "Action must be \\* or service:action, .* got 'SendMessage'"),
        (document({**_SEND, "Resource": {"Ref": "x"}}), "Resource must be \\* or an ARN"),
        (document({**_SEND, "Principal": "*"}), "identity-based policy must not have a Principal"),
        (document({**_SEND, "Condition": []}), "Condition must be an object"),
        (document({**_SEND, "Condition": {"StringEquals": "x"}}), "must be an object of condition keys"),
        (document({**_SEND, "Condition": {"StringEqual": {"a": "x"}}}), "StringEqual must be one of"),
        (document({**_SEND, "Condition": {"ForEachValue:StringEquals": {"a": "x"}}}), "must be one of"),
        (document({**_SEND, "Condition": {"NullIfExists": {"a": "true"}}}), "must be one of"),
        (document({**_SEND, "Condition": {"NumericEquals": {"a": "ten"}}}), "'ten' is no number"),
        (document({**_SEND, "Condition": {"NumericEquals": {"a": "nan"}}}), "'nan' is no number"),
        (document({**_SEND, "Condition": {"DateEquals": {"a": "soon"}}}), "'soon' is no date"),
        (document({**_SEND, "Condition": {"IpAddress": {"a": "10.0.0.0/33"}}}), "10.0.0.0/33"),
        (document({**_SEND, "Condition": {"BinaryEquals": {"a": "?"}}}), "is not base64"),
        (document({**_SEND, "Condition": {"Bool": {"a": "yes"}}}), "neither true nor false"),
        (document({**_SEND, "Condition": {"StringEquals": {"a": {"b": 1}}}}), "must be a string, number or boolean"),
    ],
)
def test_of_an_identity(broken: Any, told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        identity_policy(broken, "p")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "resource-based policy must have either Principal or NotPrincipal"),
        ({"Principal": "*", "NotPrincipal": "*"}, "must have either"),
        ({"Principal": "someone"}, 'Principal must be "\\*" or an object'),
        ({"Principal": {"Role": ROLE}}, "got 'Role'"),
        ({"Principal": {"AWS": f"{ROLE}*"}}, "without wildcards"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}, "without wildcards"),
        ({"Principal": {"Service": "*.amazonaws.com"}}, "must be named in full"),
        ({"Principal": {"AWS": [1]}}, "must be a string; got 1"),
    ],
)
def test_of_a_resource(more: Any, told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        resource_policy(document({**_SEND, **more}), "p")


def test_a_single_statement_and_text_will_do() -> None:
    found = identity_policy(json.dumps({"Statement": {**_SEND, "Sid": "Send"}}), "queue")
    assert [str(statement) for statement in found.statements] == ["Send of queue"]


def test_the_old_version_has_no_variables() -> None:
    text = "arn:aws:s3:::bucket/${aws:username}"
    (old,) = identity_policy({"Statement": allow("s3:*", text)}, "old").statements
    (new,) = identity_policy(document(allow("s3:*", text)), "new").statements
    assert [len(statement.resources.texts[0].tokens) for statement in (old, new)] == [1, 2]
    block = {"StringEquals": {"aws:a": "${aws:b}"}}
    (old,) = identity_policy({"Statement": allow("s3:*", Condition=block)}, "old").statements
    assert old.conditions[0].holds(Context({"aws:a": "${aws:b}", "aws:b": "x"}))


def test_a_deleted_principal_matches_nobody() -> None:
    found = resource_policy(document({**_SEND, "Principal": {"AWS": "AROAEXAMPLEID1234567"}}), "p")
    principals = found.statements[0].principals
    assert principals
    assert not principals.everybody
