"""The cases of a rule fail if the rule is disabled or inverted, and reach each of its problems."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from policies.library.judge import Judge
from policies.library.rules import REGISTRY, Problem
from tests.policies.cases import CASES
from tests.policies.support import CULPRIT, TODAY

_KIND_ALONE = {"aws-service-not-retired", "ec2-vpc-no-default-network", "iam-user-none"}
RULES = Path(__file__).resolve().parents[2] / "policies" / "rules"


def culprits(rule, program, config=None):
    court = Judge({rule.name: rule}, known_rules=REGISTRY, today=lambda: TODAY)
    court.configure({}, {rule.name: config or {}})
    found = [finding for resource in program for finding in court.resource(resource)]
    found += court.stack(program)
    assert not [finding.message for finding in found if finding.broken]
    return [finding.urn.rsplit("::", 1)[-1] for finding in found]


def passes(name, judge):
    """Whether all cases of a rule would pass with another judgement."""
    rule, cases = replace(REGISTRY[name], judge=judge), CASES[name]
    return (
        all(culprits(rule, program) == [CULPRIT] for program in cases.bad.values())
        and all(culprits(rule, program) == [] for program in cases.good.values())
        and all(bool(culprits(rule, program, config)) is fires for config, program, fires in cases.config)
    )


def never(_subject):
    return []


def always(subject):
    return [Problem("name", f"{subject.resource.name} is found")]


def inverted(name):
    judge = REGISTRY[name].judge
    return lambda subject: [] if list(judge(subject)) else always(subject)


@pytest.mark.parametrize("name", CASES)
def test_the_cases_of_a_rule_notice_when_it_is_changed(name):
    assert passes(name, REGISTRY[name].judge)
    # Some rules find every resource of their kinds.
    mutants = (never, inverted(name)) if name in _KIND_ALONE else (never, always, inverted(name))
    for mutant in mutants:
        assert not passes(name, mutant), mutant


def _places(text):
    """Lines at which a rule yields a problem."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func)
            if called == "Problem" or called.endswith((".problem", "_problem")):
                yield node.lineno


def test_each_place_where_a_rule_finds_something_is_reached_by_a_case():
    files = {str(path): path for path in RULES.rglob("*.py")}
    wanted = {(file, line) for file, path in files.items() for line in _places(path.read_text())}
    reached = set()

    def trace(frame, event, _argument):
        file = frame.f_code.co_filename
        if file not in files:
            return None
        if event == "line":
            reached.add((file, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for name, cases in CASES.items():
            rule = REGISTRY[name]
            for program in cases.bad.values():
                culprits(rule, program)
            for config, program, _ in cases.config:
                culprits(rule, program, config)
    finally:
        sys.settrace(before)
    for name in REGISTRY.keys() - CASES.keys():
        # Guards: test_guards.py.
        code = REGISTRY[name].judge.__code__
        reached |= {(code.co_filename, line) for _, _, line in code.co_lines() if line}
    assert sorted(f"{files[file].relative_to(RULES)}:{line}" for file, line in wanted - reached) == []
