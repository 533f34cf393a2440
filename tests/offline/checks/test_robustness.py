"""No input, however odd, makes a rule fail; unknown values never give a finding; secrets never reach a message."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline.checks import Planned, problems
from offline.wire import UNKNOWN, Secret
from tests.offline.checks.samples import Sample, load

SAMPLES = [*load("store.json"), *load("mistakes.json")]
ODD = (
    None,
    UNKNOWN,
    "",
    "x",
    "10.0.0.0/33",
    "arn:",
    "{",
    "[]",
    -1,
    0,
    1e300,
    float("nan"),
    True,
    [],
    {},
    [None, UNKNOWN],
    {"": None},
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values at any depth, blocks and lists included."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*((path,) if path else ()), *(found for key, item in entries for found in leaves(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def registry() -> Planned:
    planned = Planned()
    for sample in SAMPLES:
        planned.add(sample.urn, sample.token, sample.inputs)
    return planned


REGISTRY = registry()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.token.split(':')[-1]}-{sample.name}")
def test_any_value_may_be_anything_without_a_crash(sample: Sample):
    for path in leaves(sample.inputs):
        for odd in ODD:
            problems(sample.token, replaced(sample.inputs, path, odd), REGISTRY)


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_inputs_do_not_crash(data: st.DataObject):
    sample = data.draw(st.sampled_from(SAMPLES))
    scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.just(UNKNOWN)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    )
    inputs = data.draw(st.dictionaries(st.sampled_from(sorted(sample.inputs) or ["name"]), values))
    problems(sample.token, inputs, REGISTRY)
    planned = Planned()
    planned.add("urn:odd", sample.token, inputs)
    problems(sample.token, sample.inputs, planned)


@pytest.mark.parametrize(
    "sample", load("store.json"), ids=lambda sample: f"{sample.token.split(':')[-1]}-{sample.name}"
)
def test_an_unknown_value_gives_no_finding(sample: Sample):
    for path in leaves(sample.inputs):
        found = problems(sample.token, replaced(sample.inputs, path, UNKNOWN), Planned())
        assert found == [], f"{path} unknown"


def test_a_secret_is_judged_and_never_shown():
    found = problems("aws:sqs/queue:Queue", {"visibilityTimeoutSeconds": Secret(90001)}, Planned())
    assert [problem.path for problem in found] == ["visibilityTimeoutSeconds"]
    assert "90001" not in found[0].reason

    found = problems("aws:iam/role:Role", {"assumeRolePolicy": Secret("hunter2")}, Planned())
    assert [problem.path for problem in found] == ["assumeRolePolicy"]
    assert "hunter2" not in found[0].reason


def test_a_secret_in_a_cross_property_rule_is_never_shown():
    inputs = {"name": Secret("hunter2"), "fifoQueue": True}
    found = problems("aws:sqs/queue:Queue", inputs, Planned())
    assert [problem.path for problem in found] == ["name"]
    assert "hunter2" not in found[0].reason


def test_the_value_of_a_property_that_sounds_secret_is_never_shown():
    found = problems("aws:elasticache/replicationGroup:ReplicationGroup", {"authToken": "hunter2"}, Planned())
    assert "authToken" in [problem.path for problem in found]
    assert not any("hunter2" in problem.reason for problem in found)


def test_an_unrecorded_type_is_accepted():
    assert problems("aws:made/up:Up", {"name": "x", "size": 5}, Planned()) == []
