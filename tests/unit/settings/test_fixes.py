"""Fixes mend: what is offered as a value is put over the mistake, and the problem is gone."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from settings.examples import Schema, node_at, options, value_at
from settings.loader import parse
from settings.meant import holds
from settings.problems import NOTHING, Place, Problem, SettingsError, presentable
from tests.stack_files import stack_file
from tests.unit.settings.whole_file import DEFS, SCHEMA, UNION_MEMBERS, is_tag, model_at, paste, places, whole_file

Wrong = Callable[[Any, Schema], Any]


def problems_of(data: dict[str, Any], stack: str = "dev") -> list[Problem]:
    try:
        parse({f"web-store:{name}": json.dumps(value) for name, value in data.items()}, stack=stack)
    except SettingsError as error:
        return list(error.problems)
    return []


def quoted(value: Any, _: Schema) -> Any:
    """Numbers and truth values as texts."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f" {value} " if isinstance(value, int | float) else NOTHING


def as_number(value: Any, _: Schema) -> Any:
    """Digits that were meant as text, without quotes."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-9]\d*", value) else NOTHING


def other_case(value: Any, node: Schema) -> Any:
    """Words of a list of choices in the other case."""
    return value.swapcase() if isinstance(value, str) and "enum" in node else NOTHING


def slip(value: Any, node: Schema) -> Any:
    """Words of a list of choices with two letters exchanged."""
    if isinstance(value, str) and "enum" in node and len(value) > 3:
        return value[0] + value[2] + value[1] + value[3:]
    return NOTHING


def too_high(value: Any, node: Schema) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        return NOTHING
    most = node.get("maximum", max(node.get("enum", [None])))
    return NOTHING if most is None else most + 1


def too_low(value: Any, node: Schema) -> Any:
    return node["minimum"] - 1 if isinstance(value, int) and "minimum" in node else NOTHING


def spaced(value: Any, node: Schema) -> Any:
    """Texts of a form between spaces."""
    return f" {value} " if isinstance(value, str) and not holds(f" {value} ", node) else NOTHING


def nonsense(value: Any, node: Schema) -> Any:
    """Texts that nothing can be made of."""
    if isinstance(value, str) and "enum" not in node and holds("!?", node):
        return NOTHING
    return "!?"


def a_list(value: Any, _: Schema) -> Any:
    """A list of one in place of its entry."""
    return [value]


def nothing(_value: Any, _node: Schema) -> Any:
    return None


MUST_OFFER_A_VALUE = (quoted, as_number, other_case, slip, too_high, too_low, spaced)
OF_LEAVES = (*MUST_OFFER_A_VALUE, nonsense, a_list, nothing)


def wrong_leaves(data: dict[str, Any], wrong: Wrong) -> Iterator[tuple[Place, Any]]:
    """Places of scalars, each with a value that is wrong there."""
    for place, value in places(data):
        if isinstance(value, dict | list) or is_tag(place, data):
            continue
        node = node_at(SCHEMA, place, DEFS, data) or {}
        found = options(node, DEFS)
        null = any(option.get("type") == "null" for option in node.get("anyOf", ()))
        bad = wrong(value, found[0]) if len(found) == 1 else NOTHING
        if bad is not NOTHING and bad != value and not (null and bad is None):
            yield place, bad


def told(problems: list[Problem], place: Place) -> list[Problem]:
    return [problem for problem in problems if problem.path[: len(place)] == place]


def put(data: Any, place: Place, value: Any) -> None:
    for part in place[:-1]:
        data = data[part]
    data[place[-1]] = value


@cache
def known_problems(pick: int) -> frozenset[tuple[Place, str]]:
    """Rules that a file with everything in it breaks."""
    return frozenset((problem.path, problem.rule) for problem in problems_of(whole_file(pick)))


def check(pick: int, changes: list[tuple[Place, Any]], *, must_offer: bool) -> None:
    """All mistakes are told at once, and all offered values together mend them."""
    data = whole_file(pick)
    for place, bad in changes:
        put(data, place, copy.deepcopy(bad))
    first = problems_of(data)
    found = [problem for problem in first if (problem.path, problem.rule) not in known_problems(pick)]
    assert [place for place, _ in changes if not told(found, place)] == []
    # All of a place, also after one that is a sentence.
    pasted = {place for place, _ in changes if min([paste(data, problem) for problem in told(found, place)])}
    if must_offer:
        hidden = {place for place, bad in changes if not presentable(bad, place)}
        assert [place for place, _ in changes if place not in pasted | hidden] == []
    mended = {(problem.path, problem.rule) for place in pasted for problem in told(found, place)}
    left = [problem for problem in problems_of(data) if (problem.path, problem.rule) in mended]
    assert [(problem.dotted, problem.received, problem.rule) for problem in left] == []


@pytest.mark.parametrize("pick", range(UNION_MEMBERS))
@pytest.mark.parametrize("wrong", OF_LEAVES, ids=lambda wrong: wrong.__name__)
def test_mistakes_at_every_leaf_are_told_at_once_and_their_fixes_mend_them(wrong: Wrong, pick: int) -> None:
    changes = list(wrong_leaves(whole_file(pick), wrong))
    assert changes
    check(pick, changes, must_offer=wrong in MUST_OFFER_A_VALUE)


OF_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: ", ".join(map(str, value)) if isinstance(value, list) else "something",
    "a list": lambda value: [value],
    "a mapping": lambda value: {"first": value},
    "nothing": lambda _: None,
    "a number": lambda _: 7,
    "yes": lambda _: "yes",
    "no": lambda _: False,
}


@pytest.mark.parametrize("wrong", OF_CONTAINERS)
def test_mistakes_in_place_of_lists_and_mappings_are_told_at_once_and_their_fixes_mend_them(wrong: str) -> None:
    """Of the innermost ones: others hide what is in them."""
    data = whole_file(0)
    found = [(place, value) for place, value in places(data) if isinstance(value, dict | list)]
    outer = {place[:length] for place, _ in found for length in range(len(place))}
    changes = [(place, OF_CONTAINERS[wrong](value)) for place, value in found if place not in outer]
    nullable = {place for place, bad in changes if bad is None and _takes_null(place, data)}
    same = {place for place, bad in changes if bad == value_at(data, place)}
    check(0, [(place, bad) for place, bad in changes if place not in nullable | same], must_offer=False)


def _takes_null(place: Place, data: Any) -> bool:
    node = node_at(SCHEMA, place, DEFS, data) or {}
    return any(option.get("type") == "null" for option in node.get("anyOf", ()))


@pytest.mark.parametrize(
    ("stack", "path", "bad", "mended"),
    [
        ("dev", "network.zones", "eu-west-1a, eu-west-1b", ["eu-west-1a", "eu-west-1b"]),
        ("dev", "network.zones", "eu-west-1a", ["eu-west-1a", "eu-west-1b"]),
        ("dev", "environment.protect", "no", False),
        ("dev", "environment.protect", "on", True),
        ("dev", "network.cidr_block", "10.10.0.1/16", "10.10.0.0/16"),
        ("dev", "network.cidr_block", "10.10.0.0/12", "10.0.0.0/16"),
        ("dev", "network.flow_logs.retention_days", 10, 7),
        ("dev", "network.flow_logs.retention_days", 13, 14),
        ("dev", "network.interface_endpoints", ["sqs", "s3"], ["sqs"]),
        ("dev", "network.interface_endpoints", ["sqs", "dynamodb"], ["sqs"]),
        ("dev", "network.interface_endpoints", ["ECR.API"], ["ecr.api"]),
        ("dev", "dns.domain_name", "https://dev.store.example.com/", "dev.store.example.com"),
        ("dev", "dns.domain_name", "Dev.Store.Example.com", "dev.store.example.com"),
        ("dev", "third_parties.parties.cms.events.endpoint", "http://cms.example.com/v1", "https://cms.example.com/v1"),
        ("dev", "web_tier.service.health_check_path", "health/live", "/health/live"),
        ("dev", "identity.mfa", "on", "optional"),
        ("dev", "identity.mfa", False, "none"),
        ("dev", "identity.threat_protection", "off", "none"),
        ("dev", "data.dax", "yes", {"engine": "dax"}),
        ("dev", "data.dax", False, {"engine": "off"}),
        ("dev", "data.dax", {"engine": False}, {"engine": "off"}),
        ("dev", "backup.plan", None, {"engine": "off"}),
        ("prod", "backup.plan", None, {"engine": "aws-backup", "copy_region": "eu-central-1"}),
        ("prod", "identity.mfa", "off", "optional"),
        ("prod", "network.nat", "nonee", "one_per_az"),
        ("dev", "app_tier.services.inventory.dax", "yes", True),
        ("dev", "app_tier.services.sign-up.runtime.timeout_seconds", "5 seconds", 5),
        (
            "dev",
            "app_tier.services.carts.consumes",
            "catalogue.changed order.placed",
            ["catalogue.changed", "order.placed"],
        ),
        ("dev", "data.cache.node_type", "cache.t4g.mirco", "cache.t4g.micro"),
        ("dev", "data.cache.version", 8.1, "8.1"),
        ("dev", "edge.web_acl.rate_limits", [{"name": "all", "limit": "2000"}], [{"name": "all", "limit": 2000}]),
        (
            "dev",
            "edge.web_acl.common",
            {"count_only": ["SizeRestriction_BODY"]},
            {"count_only": ["SizeRestrictions_BODY"]},
        ),
        (
            "dev",
            "backup.plan",
            {"engine": "aws-backup", "daily_at": 750},
            {"engine": "aws-backup", "daily_at": "12:30"},
        ),
        ("dev", "network.payment_egress", "open", {"engine": "open"}),
        ("dev", "environment.profile", "production", "prod"),
        ("dev", "edge.markets", ["UK"], ["GB"]),
    ],
)
def test_the_value_that_was_meant_is_offered(stack: str, path: str, bad: Any, mended: Any) -> None:
    config = stack_file(stack)
    data = {key.removeprefix("web-store:"): value for key, value in config.items()}
    place = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    put(data, place, bad)
    found = [problem for problem in problems_of(data, stack) if problem.path[: len(place)] == place]
    assert found
    assert [problem.text("") for problem in found if not paste(data, problem)] == []
    assert value_at(data, place) == mended
    assert [problem.text("") for problem in problems_of(data, stack) if problem.path[: len(place)] == place] == []


@pytest.mark.parametrize("pick", range(UNION_MEMBERS))
def test_a_slip_in_any_key_is_told_with_the_key_that_was_meant(pick: int) -> None:
    """Of every section, entry, item and member of a union, beside the right keys and all at once."""
    data = whole_file(pick)
    slips: dict[Place, str] = {}
    for place, found in places(whole_file(pick)):
        model = model_at(place, data)
        for key in model["properties"] if model is not None and isinstance(found, dict) else ():
            slip = f"{key[:2]}{key[3:]}" if len(key) > 4 else f"{key}{key[-1]}"
            if slip not in model["properties"]:
                slips[*place, slip] = key
    for place in slips:
        put(data, place, "x")
    told_fixes = {problem.path: problem.fix for problem in problems_of(data)}
    assert len(slips) > 300
    assert {place: key for place, key in slips.items() if f"`{key}`" not in told_fixes.get(place, "")} == {}
