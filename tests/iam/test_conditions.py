"""Condition operators, set operators, IfExists and policy variables, by AWS's published examples.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from typing import Any

import pytest

from iam.conditions import OPERATORS
from iam.errors import PolicyError
from tests.iam.asking import QUEUE, ROLE, allow, ask, holds

_KEY = "aws:key"
_RULE = "arn:aws:events:eu-west-1:111122223333:rule/orders"

# Operator, value of the policy, value of the request, whether the condition holds.
SINGLE: list[tuple[str, Any, str, bool]] = [
    ("StringEquals", "johndoe", "johndoe", True),
    ("StringEquals", "johndoe", "JohnDoe", False),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", "a*", "abc", False),
    ("StringEquals", "a*", "a*", True),
    ("StringEquals", 123456789012, "123456789012", True),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringEqualsIgnoreCase", "johndoe", "JohnDoe", True),
    ("StringNotEqualsIgnoreCase", "johndoe", "JohnDoe", False),
    ("StringLike", "${*}", "*", True),
    ("StringLike", "${*}", "x", False),
    ("StringLike", "home/${?}/${$}{x}", "home/?/${x}", True),
    ("StringLike", "a*c?", "abbbcd", True),
    ("StringLike", "a*c?", "abbbc", False),
    ("StringLike", "*", "", True),
    ("StringLike", "a.c", "abc", False),
    ("StringLike", "a*", "a\nb", True),
    ("StringNotLike", "a*", "abc", False),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "ten", False),
    ("NumericNotEquals", "10", "11", True),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThan", "1.2", "1.3", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "9", False),
    ("NumericGreaterThan", "-1", "0", True),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("DateGreaterThan", "2020-04-01T00:00:00Z", "2020-04-02T00:00:00Z", True),
    ("DateGreaterThan", "2020-04-01T00:00:00Z", "1585699200", False),
    ("DateGreaterThanEquals", "2020-04-01T00:00:00Z", "1585699200", True),
    ("DateEquals", "2020-04-01", "2020-04-01T00:00:00+00:00", True),
    ("DateEquals", "2020-04", "2020-04-01T02:00:00+02:00", True),
    ("DateNotEquals", "2020", "2020-01-01", False),
    ("DateLessThan", "2020-06-30T23:59:59Z", "2020-06-30T23:59:58Z", True),
    ("DateLessThanEquals", "2020-06-30T23:59:59Z", "never", False),
    ("Bool", "true", "true", True),
    ("Bool", True, "True", True),
    ("Bool", "false", "true", False),
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
    ("BinaryEquals", "QUFB", "QUFC", False),
    ("BinaryEquals", "QUFB", "not base64", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", "203.0.113.7/24", "203.0.113.9", True),
    ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", "203.0.113.0/24", "cloudformation.amazonaws.com", False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
    ("NotIpAddress", "203.0.113.0/24", "192.0.2.1", True),
    ("ArnEquals", _RULE, _RULE, True),
    ("ArnEquals", "arn:aws:events:*:*:rule/*", _RULE, True),
    ("ArnLike", "arn:aws:events:*:*:rule/*", _RULE, True),
    ("ArnLike", "arn:aws:events:*:rule/*", _RULE, False),
    ("ArnLike", "arn:aws:sns:*:*:*", _RULE, False),
    ("ArnLike", "arn:aws:events:*:111122223333:*", "arn:aws:events:eu:west:111122223333:rule/x", False),
    ("ArnLike", "arn:aws:s3:::b", "arn:aws:s3:::b:c", False),
    ("ArnLike", "arn:aws:logs:*:*:*", "arn:aws:logs:eu-west-1:111122223333:log-group:a:*", True),
    ("ArnLike", "*", "not an ARN", False),
    ("ArnNotEquals", _RULE, _RULE, False),
    ("ArnNotLike", "arn:aws:sns:*:*:*", _RULE, True),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wanted", "given", "expected"), SINGLE)
def test_an_operator_compares_a_single_value(operator: str, wanted: Any, given: str, expected: bool) -> None:
    assert holds({operator: {_KEY: wanted}}, {_KEY: given}) is expected


def test_every_operator_is_in_the_table() -> None:
    assert {operator for operator, *_ in SINGLE} == set(OPERATORS)


_WANTED = {"Bool": "true", "BinaryEquals": "QUFB", "IpAddress": "203.0.113.0/24", "NotIpAddress": "203.0.113.0/24"}


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_missing_key_fails_unless_the_operator_is_negated_or_optional(operator: str) -> None:
    wanted = _WANTED.get(operator, "2020" if operator.startswith("Date") else "1")
    assert holds({operator: {_KEY: wanted}}, {}) is ("Not" in operator)
    assert holds({f"{operator}IfExists": {_KEY: wanted}}, {})
    assert holds({f"ForAllValues:{operator}": {_KEY: wanted}}, {})
    assert not holds({f"ForAnyValue:{operator}": {_KEY: wanted}}, {})


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a"], [], True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["a", "d"], False),
        ("ForAllValues:StringLike", ["key*"], ["key1", "key2"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
        ("ForAnyValue:StringEquals", ["a"], [], False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
        ("ForAnyValue:StringEqualsIfExists", ["a"], [], True),
        ("ForAnyValue:StringEqualsIfExists", ["a"], ["b"], False),
        ("ForAllValues:ArnLike", ["arn:aws:s3:::a*"], ["arn:aws:s3:::ab", "arn:aws:s3:::ac"], True),
        ("ForAnyValue:IpAddress", ["203.0.113.0/24"], ["192.0.2.1", "203.0.113.9"], True),
        ("Null", "true", [], True),
        ("Null", "false", [], False),
        ("Null", False, ["x"], True),
        ("Null", True, ["x"], False),
        ("StringEquals", "a", ["a", "b"], True),
        ("StringNotEquals", "a", ["a", "b"], False),
    ],
)
def test_a_set_operator_compares_each_value(operator: str, wanted: Any, given: list[str], expected: bool) -> None:
    assert holds({operator: {_KEY: wanted}}, {_KEY: given}) is expected


def test_operators_and_keys_must_all_hold() -> None:
    block = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    assert holds(block, {"aws:a": "1", "aws:b": "2", "aws:c": "true"})
    assert not holds(block, {"aws:a": "1", "aws:b": "3", "aws:c": "true"})
    assert not holds(block, {"aws:a": "1", "aws:b": "2", "aws:c": "false"})


def test_names_of_keys_ignore_case() -> None:
    assert holds({"StringEquals": {"aws:SourceVPC": "vpc-1"}}, {"AWS:sourceVpc": "vpc-1"})


def test_keys_of_the_principal_are_those_of_iam() -> None:
    assert holds({"ArnEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": "arn:aws:iam::1:role/forged"})
    assert holds({"StringEquals": {"aws:PrincipalType": "AssumedRole", "aws:ResourceAccount": "111122223333"}}, {})


_HOME = "arn:aws:s3:::bucket/home/${aws:PrincipalTag/team}/*"
_COMPANY = "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'company-wide'}/*"


@pytest.mark.parametrize(
    ("pattern", "resource", "context", "expected"),
    [
        (_HOME, "arn:aws:s3:::bucket/home/blue/x", {"aws:PrincipalTag/team": "blue"}, True),
        (_HOME, "arn:aws:s3:::bucket/home/red/x", {"aws:PrincipalTag/team": "blue"}, False),
        (_HOME, "arn:aws:s3:::bucket/home//x", {}, False),
        (_HOME, "arn:aws:s3:::bucket/home/red/x", {"aws:PrincipalTag/team": "*"}, False),
        (_HOME, "arn:aws:s3:::bucket/home/*/x", {"aws:PrincipalTag/team": "*"}, True),
        (_HOME, "arn:aws:s3:::bucket/home/a/x", {"aws:PrincipalTag/team": ["a", "b"]}, False),
        (_COMPANY, "arn:aws:s3:::bucket/company-wide/x", {}, True),
        (_COMPANY, "arn:aws:s3:::bucket/blue/x", {"aws:PrincipalTag/team": "blue"}, True),
        ("arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/x", {}, False),
    ],
)
def test_variables_take_the_values_of_the_request(
    pattern: str, resource: str, context: dict[str, Any], expected: bool
) -> None:
    decision = ask(ROLE, "s3:GetObject", resource, identity=[allow("s3:*", pattern)], context=context)
    assert decision.allowed is expected


def test_a_variable_without_value_equals_nothing() -> None:
    assert not holds({"StringEquals": {"aws:a": "${aws:b}"}}, {"aws:a": ""})
    assert holds({"StringNotEquals": {"aws:a": "${aws:b}"}}, {"aws:a": "x"})
    assert holds({"StringEquals": {"aws:a": "${aws:b}"}}, {"aws:a": "x", "aws:b": "x"})


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse
@pytest.mark.parametrize("operator", [name for name, operator in OPERATORS.items() if not operator.negated])
def test_variables_stand_for_texts_arns_and_booleans(operator: str) -> None:
    block = {operator: {_KEY: "${aws:other}"}}
    if operator.startswith(("Numeric", "Date", "Binary", "Ip")):
        with pytest.raises(PolicyError):
            holds(block, {})
        return
    value = {"Arn": _RULE, "Bool": "true"}.get(operator[:3] if operator[0] == "A" else operator, "x")
    assert holds(block, {_KEY: value, "aws:other": value})
    assert not holds(block, {_KEY: value, "aws:other": "y"})


def test_a_deny_of_notresource_holds_where_its_variable_has_no_value() -> None:
    statements = [allow("*"), {"Effect": "Deny", "Action": "*", "NotResource": _HOME}]
    assert not ask(ROLE, "sqs:SendMessage", QUEUE, identity=statements).allowed


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:sqs:*:111122223333:*", QUEUE, True),
        ("arn:aws:sqs:*:inbox", QUEUE, False),
        ("arn:aws:sqs", QUEUE, True),
        ("arn:aws:sqs:us-east-1", QUEUE, False),
        ("arn:aws:sqs:eu-west-?:111122223333:inb?x", QUEUE, True),
        ("arn:aws:s3:::*/x", "arn:aws:s3:::bucket/deep/x", True),
        ("*", QUEUE, True),
        ("*", "*", True),
        ("arn:*", "*", False),
    ],
)
def test_a_wildcard_stays_in_its_segment_of_an_arn(pattern: str, resource: str, expected: bool) -> None:
    assert ask(ROLE, "sqs:SendMessage", resource, identity=[allow("*", pattern)]).allowed is expected


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
def test_a_player_reads_own_items_and_named_attributes_only() -> None:
    statement = allow(
        ["dynamodb:GetItem", "dynamodb:Query"],
        "arn:aws:dynamodb:us-west-2:111122223333:table/GameScores",
        Condition={
            "ForAllValues:StringEquals": {
                "dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"],
                "dynamodb:Attributes": ["UserId", "GameTitle", "Wins"],
            },
            "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
        },
    )

    def asked(leading: str, attributes: list[str], **more: str) -> bool:
        context = {
            "www.amazon.com:user_id": "amy",
            "dynamodb:LeadingKeys": [leading],
            "dynamodb:Attributes": attributes,
        }
        return ask(
            ROLE, "dynamodb:Query", statement["Resource"], identity=[statement], context={**context, **more}
        ).allowed

    select = "dynamodb:Select"
    assert asked("amy", ["UserId", "Wins"], **{select: "SPECIFIC_ATTRIBUTES"})
    assert not asked("bob", ["UserId", "Wins"])
    assert not asked("amy", ["UserId", "Losses"])
    assert not asked("amy", ["UserId"], **{select: "ALL_ATTRIBUTES"})
