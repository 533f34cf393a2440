"""Policies from typed statements: what is written, and what is refused to be written."""

import json
from typing import Any

import pulumi
import pytest

from components.blocks.policy_document import (
    Statement,
    account_root,
    deny_without_tls,
    from_source,
    policy_document,
    trust_policy,
)

READ = {"sid": "Read", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::media/*"]}


def text_of(document: pulumi.Output[str]) -> dict[str, Any]:
    found: list[str] = []

    @pulumi.runtime.test
    def run() -> pulumi.Output[None]:
        return document.apply(found.append)

    run()
    return json.loads(found[0])


def test_values_that_are_known_stay_known_for_policy_packs() -> None:
    known: list[bool] = []

    @pulumi.runtime.test
    async def run() -> None:
        known.append(await policy_document(Statement(**READ)).is_known())

    run()
    assert known == [True]


def test_an_identity_policy_names_no_principal() -> None:
    assert text_of(policy_document(Statement(**READ))) == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}],
    }


def test_outputs_are_resolved_inside_the_document() -> None:
    arn = pulumi.Output.from_input("arn:aws:s3:::media").apply(lambda text: f"{text}/*")
    document = text_of(policy_document(Statement(**{**READ, "resources": [arn]})))
    assert document["Statement"][0]["Resource"] == "arn:aws:s3:::media/*"


def test_a_role_is_assumed_by_one_service_for_one_account_and_one_source() -> None:
    (statement,) = text_of(
        trust_policy("scheduler.amazonaws.com", account_id="111111111111", source_arn="arn:aws:scheduler:*")
    )["Statement"]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*"},
    }
    assert "Resource" not in statement


def test_refusal_of_plain_http_holds_for_everybody() -> None:
    (statement,) = text_of(policy_document(deny_without_tls("sqs:*", "arn:aws:sqs:eu-west-1:111111111111:orders")))[
        "Statement"
    ]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_an_account_stands_for_the_principals_that_its_policies_name() -> None:
    assert account_root("111111111111") == "arn:aws:iam::111111111111:root"
    assert from_source() == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sid": "with-hyphen"}, "letters and digits"),
        ({"actions": []}, "at least one action"),
        ({"actions": ["*"]}, "must not allow every action"),
        ({"services": ["a.amazonaws.com"], "anyone": True}, "one of services, principals or anyone"),
        ({"anyone": True}, "must not allow anyone without a condition"),
    ],
)
def test_a_statement_that_grants_too_much_or_says_too_little_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Statement(**{**READ, **wrong})


def test_two_statements_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="each with its own id"):
        policy_document(Statement(**READ), Statement(**READ))
