"""No input, however broken, makes a rule fail or find what is not there."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.library.values import leaves, plain
from tests.policies.cases import CASES
from tests.policies.support import UNKNOWN, judge
from tests.policies.test_rules import with_leaf

PROGRAMS = [program for cases in CASES.values() for group in (cases.good, cases.bad) for program in group.values()]
BROKEN = st.one_of(
    st.just(UNKNOWN),
    st.none(),
    st.sampled_from(["", "x", "*", "true", 0, -1, 1e9, True, False, [], {}, [None], [[]], {"a": None}, [UNKNOWN]]),
)
MODEST = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@MODEST
@given(st.data())
def test_no_broken_leaf_makes_a_rule_fail(data):
    program = data.draw(st.sampled_from(PROGRAMS))
    places = [(n, path) for n, resource in enumerate(program) for path, _ in leaves(resource.props) if path]
    if not places:
        return
    broken = list(program)
    for _ in range(data.draw(st.integers(1, 3))):
        position, path = data.draw(st.sampled_from(places))
        if any(found == path for found, _ in leaves(broken[position].props)):
            broken[position] = with_leaf(broken[position], path, data.draw(BROKEN))
    judge(broken)


@MODEST
@given(st.data())
def test_no_broken_block_makes_a_rule_fail(data):
    program = data.draw(st.sampled_from(PROGRAMS))
    position = data.draw(st.integers(0, len(program) - 1))
    resource = program[position]
    if not resource.props:
        return
    key = data.draw(st.sampled_from(sorted(resource.props)))
    value = data.draw(BROKEN)
    changed = replace(resource, load=lambda: {**resource.props, key: plain(value)})
    judge([*program[:position], changed, *program[position + 1 :]])


@MODEST
@given(st.data())
def test_a_leaf_known_later_never_adds_a_mandatory_finding(data):
    program = data.draw(st.sampled_from(PROGRAMS))
    places = [
        (n, path) for n, resource in enumerate(program) for path, _ in leaves(resource.props) if path and path != "arn"
    ]
    if not places:
        return
    position, path = data.draw(st.sampled_from(places))
    later = [*program[:position], with_leaf(program[position], path, UNKNOWN), *program[position + 1 :]]

    def mandatory(found):
        return {(f.rule.name, f.urn) for f in found if f.level == "mandatory"}

    assert mandatory(judge(later)) <= mandatory(judge(program))
