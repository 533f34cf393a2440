"""No input, however broken, makes a rule fail or find what is not there."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.library.kinds import kind_of
from policies.library.rules import REGISTRY
from policies.library.translation import translate
from policies.library.values import leaves, plain
from tests.policies.cases import CASES
from tests.policies.foreign.record import record
from tests.policies.foreign.states import read
from tests.policies.foreign.test_programs import PROGRAMS as FOREIGN
from tests.policies.foreign.test_stores import HERE, STORES
from tests.policies.support import UNKNOWN, judge
from tests.policies.test_forms import STATES, native, templated
from tests.policies.test_rules import with_leaf
from tests.stack_files import STACKS

SMALL = [program for cases in CASES.values() for group in (cases.good, cases.bad) for program in group.values()]
SMALL += [
    [form(name, state)]
    for name, written in STATES.items()
    for state in (written.good, written.bad)
    for form in (native, templated)
]
WHOLE = [[found.among for found in read(HERE / f"{store}.json")] for store in STORES]
WHOLE += [[found.among for found in record(module.program, preview=False)] for module in FOREIGN.values()]
"""Stores of other teams, of which each resource has relations to others."""

PROGRAMS = st.one_of(st.sampled_from(SMALL), st.sampled_from(WHOLE))
BROKEN = st.one_of(
    st.just(UNKNOWN),
    st.none(),
    st.sampled_from(["", "x", "*", "true", 0, -1, 1e9, True, False, [], {}, [None], [[]], {"a": None}, [UNKNOWN]]),
)
MODEST = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
INVENTORY = Path(__file__).parents[1] / "program" / "inventory"


def a_leaf(data, program):
    """A resource of a program, by position, and one of its leaves; None where it has none."""
    position = data.draw(st.integers(0, len(program) - 1))
    # Of a resource whose ARN is not known yet, no other can hold it as a text; nor its id and name, if AWS makes them.
    told = () if program[position].inputs is None else ("id", "name", "bucket", "url")
    paths = [path for path, _ in leaves(program[position].props) if path and path not in ("arn", *told)]
    return (position, data.draw(st.sampled_from(paths))) if paths else None


def changed(program, position, resource):
    return [*program[:position], resource, *program[position + 1 :]]


def names(found):
    return {(finding.rule.name, finding.urn) for finding in found}


@MODEST
@given(st.data())
def test_no_broken_leaf_makes_a_rule_fail(data):
    program = data.draw(PROGRAMS)
    for _ in range(data.draw(st.integers(1, 3))):
        place = a_leaf(data, program)
        if place:
            position, path = place
            program = changed(program, position, with_leaf(program[position], path, data.draw(BROKEN)))
    judge(program)


@MODEST
@given(st.data())
def test_no_broken_block_makes_a_rule_fail(data):
    program = data.draw(PROGRAMS)
    position = data.draw(st.integers(0, len(program) - 1))
    resource = program[position]
    if not resource.props:
        return
    key = data.draw(st.sampled_from(sorted(resource.props)))
    value = data.draw(BROKEN)
    judge(changed(program, position, replace(resource, load=lambda: {**resource.props, key: plain(value)})))


@MODEST
@given(st.data())
def test_a_leaf_known_later_adds_no_mandatory_finding_and_hides_none_elsewhere(data):
    program = data.draw(PROGRAMS)
    place = a_leaf(data, program)
    if not place:
        return
    position, path = place
    now = judge(program)
    later = judge(changed(program, position, with_leaf(program[position], path, UNKNOWN)))

    def mandatory(found):
        return {(f.rule.name, f.urn) for f in found if f.level == "mandatory"}

    assert mandatory(later) <= mandatory(now)
    if path == "typeName":
        # It may be anything then, also what another resource lacks.
        return
    touched = {part.kind for part in translate(program[position])}
    for rule, urn in names(now) - names(later):
        assert urn == program[position].urn or REGISTRY[rule].judges_stack, f"{rule} on {urn}"
        named = {*REGISTRY[rule].kinds, *(part.split(" · ")[0] for part in REGISTRY[rule].paths if " · " in part)}
        assert urn == program[position].urn or touched & named, f"{rule} on {urn} by {path} of {touched}"


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_broken_has_every_type_of_the_store_that_rules_judge(stack):
    tokens = {line.split()[0] for line in (INVENTORY / f"{stack}.txt").read_text().splitlines()}
    judged = {kind for rule in REGISTRY.values() for kind in rule.kinds}
    kinds = {part.kind for program in (*SMALL, *WHOLE) for resource in program for part in translate(resource)}
    assert {kind_of(token) for token in tokens} & judged <= kinds
