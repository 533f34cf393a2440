"""Programs of other teams, with faults among properties that look like faults: all faults are found, and nothing else.

Compared are the findings of critical and high rules, and of every rule that a fault of the program is for. Levels and
settings are those of a pack without profile; that resources are protected is a habit of this project alone.
"""

import importlib
import pkgutil

import pytest

from policies.library.rules import REGISTRY
from tests.policies.foreign import programs
from tests.policies.foreign.record import record
from tests.policies.foreign.states import judge

PROGRAMS = {
    module.name: importlib.import_module(f"{programs.__name__}.{module.name}")
    for module in pkgutil.iter_modules(programs.__path__)
}
HABITS = {"aws-resource-protected", "pack-stack-profile"}


def compared(module):
    planted = set().union(*module.FAULTS.values())
    return {
        name for name, rule in REGISTRY.items() if rule.severity in ("critical", "high") or name in planted
    } - HABITS


def found_in(module, *, preview):
    rules = compared(module)
    resources = record(module.program, preview=preview)
    found = {}
    for finding in judge(resources):
        if finding.rule.name in rules:
            found.setdefault(finding.urn.rsplit("::", 1)[-1], {})[finding.rule.name] = finding.message
    return found


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "update"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_all_faults_are_found_and_no_look_alike(name, preview):
    module = PROGRAMS[name]
    expected = {key: set(rules) for key, rules in module.FAULTS.items()}
    if preview:
        # Findings that need values known only in the update.
        for key, rules in getattr(module, "LATER", {}).items():
            expected[key] -= rules
    found = found_in(module, preview=preview)
    missed = {key: rules - set(found.get(key, {})) for key, rules in expected.items()}
    assert not {key: rules for key, rules in missed.items() if rules}
    wrong = {
        key: {rule: text for rule, text in rules.items() if rule not in expected.get(key, set())}
        for key, rules in found.items()
    }
    assert not {key: rules for key, rules in wrong.items() if rules}
