"""Each rule reports the bad programs of its cases, and none of the good ones."""

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.library.resources import STACK_TYPE, Resource
from policies.library.rules import REGISTRY
from policies.library.translation import translate
from policies.library.values import UNKNOWN as KNOWN_LATER
from policies.library.values import leaves, plain
from policies.library.waivers import Waiver
from tests.policies.cases import CASES
from tests.policies.support import CULPRIT, TODAY, UNKNOWN, judge

# Judged against the whole stack: test_guards.py.
_GUARDS = {name for name, rule in REGISTRY.items() if rule.pack == "register"}
GOOD = [
    pytest.param(rule, program, id=f"{rule}: {label}") for rule, c in CASES.items() for label, program in c.good.items()
]
BAD = [
    pytest.param(rule, program, id=f"{rule}: {label}") for rule, c in CASES.items() for label, program in c.bad.items()
]
CONFIG = [pytest.param(rule, *entry, id=f"{rule} {entry[0]}") for rule, c in CASES.items() for entry in c.config]


def _raw(resource):
    """Properties as given, with sentinels for unknown values."""

    def back(value):
        if value is KNOWN_LATER:
            return UNKNOWN
        if isinstance(value, dict):
            return {key: back(item) for key, item in value.items()}
        return [back(item) for item in value] if isinstance(value, list) else value

    return back(resource.props)


def with_leaf(resource, path, value):
    """The resource with one leaf replaced."""
    raw = _raw(resource)
    place = raw
    parts = [part for step in path.split(".") for part in step.replace("]", "").split("[")]
    for part in parts[:-1]:
        place = place[int(part)] if isinstance(place, list) else place[part]
    last = int(parts[-1]) if isinstance(place, list) else parts[-1]
    place[last] = value
    return replace(resource, load=lambda: plain(raw))


def test_every_rule_has_cases():
    assert set(CASES) == set(REGISTRY) - _GUARDS


@pytest.mark.parametrize("rule", CASES)
def test_every_kind_that_a_rule_judges_has_a_fault_in_its_cases(rule):
    programs = [*CASES[rule].bad.values(), *(program for _, program, fires in CASES[rule].config if fires)]
    kinds = {part.kind for program in programs for resource in program for part in translate(resource)}
    assert set(REGISTRY[rule].kinds) - kinds <= {"*"}


@pytest.mark.parametrize(("rule", "program"), GOOD)
def test_leaves_a_good_program_alone(rule, program):
    assert [finding.message for finding in judge(program, rule)] == []


@pytest.mark.parametrize(("rule", "program"), BAD)
def test_finds_a_bad_program_once_on_the_culprit(rule, program):
    findings = judge(program, rule)
    assert [finding.urn.rsplit("::", 1)[-1] for finding in findings] == [CULPRIT]
    message = findings[0].message
    meta = REGISTRY[rule]
    for part in (f'"{CULPRIT}"', meta.fix, meta.why, meta.url, meta.control):
        assert part in message


@pytest.mark.parametrize(("rule", "program"), GOOD)
def test_a_value_known_later_is_never_held_against_a_good_program(rule, program):
    for position, resource in enumerate(program):
        for path, _ in leaves(resource.props):
            if path == "arn":
                # While the ARN of a resource is unknown, no other resource can have it as text.
                continue
            unknown = [*program[:position], with_leaf(resource, path, UNKNOWN), *program[position + 1 :]]
            found = judge(unknown, rule)
            assert not found, f"{resource.name}.{path} unknown: {found[0].message}"


@pytest.mark.parametrize(("rule", "program"), BAD)
def test_an_unrelated_type_with_the_same_properties_is_left_alone(rule, program):
    if REGISTRY[rule].kinds == ("*",):
        other = [replace(resource, type="random:index/randomId:RandomId") for resource in program]
    else:
        other = [replace(resource, type="aws:glue/job:Job") for resource in program]
    assert judge(other, rule) == []


@pytest.mark.parametrize(("rule", "program"), BAD)
def test_an_unknown_value_on_another_resource_does_not_hide_a_finding(rule, program):
    kind = next(resource.type for resource in program if resource.name == CULPRIT)
    blank = Resource.of(kind, "blank", {"name": UNKNOWN, "id": UNKNOWN, "tagsAll": UNKNOWN, "rules": UNKNOWN})
    assert CULPRIT in {finding.urn.rsplit("::", 1)[-1] for finding in judge([blank, *program], rule)}


@pytest.mark.parametrize(("rule", "config", "program", "fires"), CONFIG)
def test_settings_of_the_profile_count(rule, config, program, fires):
    assert bool(judge(program, rule, config=config)) is fires


def test_every_setting_of_a_rule_is_tried():
    untried = {
        (name, setting)
        for name, rule in REGISTRY.items()
        if name not in _GUARDS
        for setting in rule.settings
        if not any(setting in config for config, _, _ in CASES[name].config)
    }
    assert untried <= {("opensearch-domain-multi-az", "masters"), ("ecs-service-multi-az", "zones")}


def _waiver(rule, **changes):
    values = {
        "rule": rule,
        "urn": f"*::{CULPRIT}",
        "environments": ("prod",),
        "reason": "migration",
        "owner": "platform",
        "granted": TODAY - timedelta(days=10),
        "expires": TODAY + timedelta(days=10),
    }
    return Waiver(**{**values, **changes})


@pytest.mark.parametrize(("rule", "program"), BAD)
def test_a_live_waiver_silences_and_an_expired_one_does_not(rule, program):
    assert judge(program, rule, waivers=[_waiver(rule)]) == []
    expired = judge(program, rule, waivers=[_waiver(rule, expires=TODAY - timedelta(days=1))])
    assert len(expired) == 1
    assert "no longer counts" in expired[0].message


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "kms-key-rotation-of-others"},
        {"urn": "*::another"},
        {"environments": ("dev",)},
        {"granted": TODAY + timedelta(days=1)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_waiver_covers_its_own_rule_resource_and_environment_only(changes):
    program = CASES["kms-key-rotation"].bad["not set"]
    waiver = _waiver(changes.get("rule", "kms-key-rotation"), **{k: v for k, v in changes.items() if k != "rule"})
    assert len(judge(program, "kms-key-rotation", waivers=[waiver])) == 1


def test_the_stack_resource_itself_is_no_aws_resource():
    assert judge([Resource.of(STACK_TYPE, "store")]) == []


@pytest.mark.parametrize("rule", ["ecs-task-definition-no-secret-environment", "lambda-function-no-secret-environment"])
def test_a_secret_that_is_found_is_not_shown(rule):
    for program in CASES[rule].bad.values():
        (found,) = judge(program, rule)
        assert not any(secret in found.message for secret in ("correct-horse", "AKIA", "BEGIN"))
