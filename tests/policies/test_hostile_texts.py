"""Texts that a program hands to AWS: no date, depth, alias or length of them switches a rule off, or stops it."""

import importlib
import json
import pkgutil
import re
import time

import pytest

import policies
from policies import profiles
from policies.library.values import UNKNOWN
from policies.library.yaml_text import load
from tests.policies.support import judge, res

OPEN = "openapi: 3.0.1\ninfo: {title: orders, released: %s}\npaths: {/orders: {get: {responses: {}}}}\n"
NO_AUTHORIZER = "GET /orders must have an authorizer"
UNREADABLE = "body: must be an OpenAPI document that can be read"
_LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (OPEN % "2024-02-30", NO_AUTHORIZER),
        (OPEN % "2024-01-01T99:00:00Z", NO_AUTHORIZER),
        (OPEN % "99:00", NO_AUTHORIZER),
        (OPEN % "[&a orders, *a]", NO_AUTHORIZER),
        (OPEN % "!!timestamp soon", UNREADABLE),
        (OPEN % "!!bool maybe", UNREADABLE),
        (OPEN % "!!int ''", UNREADABLE),
        (OPEN % ("9" * 5000), UNREADABLE),
        (OPEN % f"1{':59' * 500}.5", UNREADABLE),
        (OPEN % ("[" * 900 + "]" * 900), UNREADABLE),
        (OPEN % "&a [*a]", UNREADABLE),
        (OPEN % "x" + _LAUGHS, UNREADABLE),
        (OPEN % "[", UNREADABLE),
        ('{"a":' * 2000 + "1" + "}" * 2000, UNREADABLE),
        ("[" * 50_000, UNREADABLE),
        ("GET /orders", UNREADABLE),
    ],
    ids=lambda value: value[-40:].replace("\n", " "),
)
@pytest.mark.parametrize("rule", ["apigateway-method-authorized", "apigateway-method-validates"])
def test_a_body_of_an_api_is_judged_or_refused(rule, body, says):
    begun = time.process_time()
    found = judge([res("apigateway/restApi:RestApi", "api", {"body": body})], rule)
    assert time.process_time() - begun < 2
    said = says if rule.endswith("authorized") or says == UNREADABLE else "GET /orders must have a request validator"
    assert [said in finding.message for finding in found] == [True]
    assert {finding.level for finding in found} == {found[0].rule.levels["prod"]}


@pytest.mark.parametrize("rule", ["wafv2-web-acl-baseline", "wafv2-web-acl-rate-limit"])
@pytest.mark.parametrize("text", ["[" * 400 + "]" * 400, "[" * 5000 + "]" * 5000, "rules: 1", "[1,", "9" * 5000])
def test_rules_of_a_web_acl_that_are_no_json_are_refused(rule, text):
    found = judge([res("wafv2/webAcl:WebAcl", "acl", {"ruleJson": text, "scope": "REGIONAL"})], rule)
    assert [finding.level for finding in found] == ["mandatory"]
    assert "ruleJson (rule_json) must be JSON that can be read" in found[0].message


def test_aliases_within_bounds_are_read():
    assert load("a: &a {b: 2024-01-01}\nc: [*a, *a]") == {"a": {"b": "2024-01-01"}, "c": [{"b": "2024-01-01"}] * 2}
    assert load(_LAUGHS) is UNKNOWN


def expressions():
    """Every regular expression of the packs."""
    for module in pkgutil.walk_packages(policies.__path__, "policies."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    yield pytest.param(value, id=f"{module.name}.{name}")


LENGTH = 16_000
"""A quarter of what an environment of a container may have."""


@pytest.mark.parametrize("expression", list(expressions()))
def test_no_regular_expression_takes_long_for_a_long_text(expression):
    for part in ("a", "A", "1", "-", "a.", "a-", "a:", "a/", ":", "/", "://", "a@", "*", "*:", "${", "_K", " ", "é"):
        text = part * (LENGTH // len(part))
        begun = time.process_time()
        for search in (expression.search, expression.fullmatch):
            search(f"{text}\n")
            search(f"a://{text}")
        assert time.process_time() - begun < 0.5, part


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dev: ]", r"profiles.yaml, line 1: cannot be read"),
        ("dev: {}\ndev: {}", r"profiles.yaml, line 2: cannot be read: `dev` is given twice"),
        ("- dev", "the file must be a mapping"),
        ("dev: strict", "dev must be a mapping"),
        ("dev: {rules: {}}", "there is no key rules"),
        ("dev: {settings: [a]}", r"dev.settings must be a mapping"),
        ("dev: {levels: mandatory}", r"dev.levels must be a mapping"),
        ("dev: {settings: {apigateway-method-authorized: [a]}}", "must be a mapping"),
        ("dev: {settings: {apigateway-method-authorized: {public: [[a]]}}}", "must list string"),
        ("dev: {levels: {kms-key-rotation: [advisory]}}", "there is no level"),
        ("dev: {levels: {kms-key-rotations: advisory}}", "did you mean kms-key-rotation"),
    ],
)
def test_damaged_profiles_are_told_with_file_and_place(tmp_path, monkeypatch, text, says):
    path = tmp_path / "profiles.yaml"
    path.write_text(text)
    monkeypatch.setattr(profiles, "SOURCE", path)
    with pytest.raises(profiles.ProfileError, match=says):
        profiles.pages({})
    assert json.loads((profiles.TARGET / "dev.json").read_text())
