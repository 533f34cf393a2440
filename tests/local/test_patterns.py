"""Event patterns, against the examples of AWS's documentation.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from typing import Any

import pytest

from local.patterns import PatternError, matches

LINES = [{"sku": "s-1", "quantity": 1}, {"sku": "s-2", "quantity": 2}]
FITS: list[tuple[dict[str, Any], Any]] = [
    ({"Name": ["Alice"]}, {"Name": "Alice", "other": 1}),
    ({"Location": ["New York"], "Day": ["Monday"]}, {"Location": "New York", "Day": "Monday"}),
    ({"PaymentType": ["Credit", "Debit"]}, {"PaymentType": "Debit"}),
    ({"$or": [{"Location": ["New York"]}, {"Day": ["Monday"]}]}, {"Location": "Berlin", "Day": "Monday"}),
    ({"detail": {"$or": [{"c": [{"numeric": [">", 0]}]}, {"d": [2]}], "x": ["a"]}}, {"detail": {"d": 2, "x": "a"}}),
    ({"Name": [{"equals-ignore-case": "alice"}]}, {"Name": "ALICE"}),
    ({"Region": [{"prefix": "us-"}]}, {"Region": "us-east-1"}),
    ({"service": [{"prefix": {"equals-ignore-case": "eventb"}}]}, {"service": "EventBridge"}),
    ({"FileName": [{"suffix": ".png"}]}, {"FileName": "a.png"}),
    ({"service": [{"suffix": {"equals-ignore-case": "tBRIDGE"}}]}, {"service": "EventBridge"}),
    ({"LastName": [""]}, {"LastName": ""}),
    ({"UserID": [None]}, {"UserID": None}),
    ({"Price": [{"numeric": ["=", 100]}]}, {"Price": 100.0}),
    ({"Price": [{"numeric": [">", 10, "<=", 20]}]}, {"Price": 20}),
    ({"Price": [3e2]}, {"Price": 300}),
    ({"ProductName": [{"exists": True}]}, {"ProductName": None}),
    ({"ProductName": [{"exists": False}]}, {"Other": 1}),
    ({"detail": {"state": [{"exists": False}]}}, {"source": "a"}),
    ({"detail": {"state": [{"exists": False}]}}, {"detail": {"state": []}}),
    ({"state": [{"anything-but": "initializing"}]}, {"state": "running"}),
    ({"state": [{"anything-but": ["stopped", "overloaded"]}]}, {"state": "running"}),
    ({"x": [{"anything-but": 123}]}, {"x": 124}),
    ({"Region": [{"anything-but": {"prefix": "us-"}}]}, {"Region": "eu-west-1"}),
    ({"state": [{"anything-but": {"prefix": ["init", "error"]}}]}, {"state": "running"}),
    ({"FileName": [{"anything-but": {"suffix": [".txt", ".png"]}}]}, {"FileName": "a.jpg"}),
    ({"state": [{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}]}, {"state": "Running"}),
    ({"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]}, {"FilePath": "/usr/bin/x"}),
    ({"ip": [{"cidr": "10.0.0.0/24"}]}, {"ip": "10.0.0.255"}),
    ({"ip": [{"cidr": "2001:db8::/32"}]}, {"ip": "2001:db8::1"}),
    ({"Bus": [{"wildcard": "arn:aws:events:*:event-bus/*"}]}, {"Bus": "arn:aws:events:eu:1:event-bus/x"}),
    ({"path": [{"wildcard": "a\\*b*"}]}, {"path": "a*bcd"}),
    ({"path": [{"wildcard": "a\\\\b"}]}, {"path": "a\\b"}),
    ({"path": [{"wildcard": "*.png"}]}, {"path": "line\nbreak.png"}),
    # An array of the event fits by one of its elements.
    ({"resources": [{"prefix": "arn:a"}]}, {"resources": ["arn:b", "arn:a:1"]}),
    ({"lines": {"sku": ["s-2"], "quantity": [2]}}, {"lines": LINES}),
    ({"detail": {"approved": [True]}}, {"detail": {"approved": True}}),
    ({}, {"any": "event"}),
]  # fmt: skip
FAILS: list[tuple[dict[str, Any], Any]] = [
    ({"Name": ["Alice"]}, {"Name": "alice"}),
    ({"Name": ["Alice"]}, {}),
    ({"Name": ["Alice"]}, {"Name": {"first": "Alice"}}),
    ({"Location": ["New York"], "Day": ["Monday"]}, {"Location": "New York", "Day": "Friday"}),
    ({"$or": [{"Location": ["New York"]}, {"Day": ["Monday"]}]}, {"Location": "Berlin", "Day": "Friday"}),
    ({"x": ["a"], "$or": [{"b": [1]}]}, {"b": 1}),
    ({"Region": [{"prefix": "us-"}]}, {"Region": 7}),
    ({"FileName": [{"suffix": ".png"}]}, {"FileName": "a.PNG"}),
    ({"UserID": [None]}, {"UserID": ""}),
    ({"Price": [1]}, {"Price": True}),
    ({"Price": [{"numeric": [">", 10, "<=", 20]}]}, {"Price": 10}),
    ({"Price": [{"numeric": [">", 0]}]}, {"Price": "5"}),
    ({"Price": [{"numeric": [">=", 0]}]}, {"Price": True}),
    ({"Price": ["5"]}, {"Price": 5}),
    ({"ProductName": [{"exists": True}]}, {"ProductName": {"leaf": 1}}),
    ({"ProductName": [{"exists": False}]}, {"ProductName": None}),
    ({"state": [{"anything-but": "initializing"}]}, {"state": "initializing"}),
    ({"state": [{"anything-but": "initializing"}]}, {"other": "running"}),
    ({"Region": [{"anything-but": {"prefix": ["us-", "eu-"]}}]}, {"Region": "eu-west-1"}),
    ({"ip": [{"cidr": "10.0.0.0/24"}]}, {"ip": "10.0.1.1"}),
    ({"ip": [{"cidr": "10.0.0.0/24"}]}, {"ip": "host"}),
    ({"ip": [{"cidr": "10.0.0.0/24"}]}, {"ip": 167772161}),
    ({"path": [{"wildcard": "dir/*.png"}]}, {"path": "dir/a.jpg"}),
    ({"path": [{"wildcard": "a.c"}]}, {"path": "abc"}),
    ({"lines": {"sku": ["s-1"], "quantity": [2]}}, {"lines": LINES}),
    ({"detail": {"a": ["x"]}}, {"detail": "x"}),
]  # fmt: skip
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"a": [{"contains": "x"}]}, "no operator of EventBridge"),
    ({"a": [{"prefix": "x", "suffix": "y"}]}, "object with one key"),
    ({"a": []}, "array that is not empty"),
    ({"a": "x"}, "must be an object or an array"),
    ({"a": [{"numeric": [">"]}]}, "takes one or two comparisons"),
    ({"a": [{"numeric": ["~", 1]}]}, "takes one or two comparisons"),
    ({"a": [{"anything-but": {"numeric": [">", 1]}}]}, "`anything-but` takes"),
]


@pytest.mark.parametrize(("pattern", "event"), FITS)
def test_an_event_fits(pattern: dict[str, Any], event: Any):
    assert matches(pattern, event)


@pytest.mark.parametrize(("pattern", "event"), FAILS)
def test_an_event_does_not_fit(pattern: dict[str, Any], event: Any):
    assert not matches(pattern, event)


@pytest.mark.parametrize(("pattern", "why"), REFUSED)
def test_a_pattern_that_eventbridge_refuses_is_told(pattern: dict[str, Any], why: str):
    with pytest.raises(PatternError, match=why):
        matches(pattern, {"a": "x"})
