"""The component against the recorded behaviour of the published plugin (data/README.md)."""

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from offline.awsx.layout import LayoutError
from offline.wire import REFERENCE, SIGNATURE, UNKNOWN_TEXT
from tests.offline.awsx.recorder import AWS_VERSION, TYPES, Recorder, cases, key_of, plain, recorded

ERRORS = {error["case"]: error for error in recorded("errors")}
REFUSED = [case for case, error in ERRORS.items() if error["message"]]
# err28 needs two components and has a test of its own.
ACCEPTED = [case for case, error in ERRORS.items() if not error["message"] and not case.startswith("err28")]
WEST = "urn:pulumi:dev::test::pulumi:providers:aws::west::1234"


def run(case: dict[str, Any], *, preview: bool = False, **options: Any) -> tuple[Recorder, Any]:
    recorder = Recorder(preview=preview)
    return recorder, asyncio.run(recorder.construct(case["inputs"], **options))


def references(value: Any) -> set[str]:
    return set(re.findall(r"\$\{([^}]*)\.\w+\}", str(value)))


def unknown_paths(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [p for key in sorted(value) for p in unknown_paths(value[key], f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in unknown_paths(item, f"{path}[{index}]")]
    return [path] if value == UNKNOWN_TEXT else []


def shown(value: Any) -> Any:
    """An output as the records write it: a resource reference is `${Type::name}`."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == REFERENCE:
            assert value["id"] == f"${{{key_of(value['urn'])}.id}}"
            return f"${{{key_of(value['urn'])}}}"
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value


def test_every_recorded_case_is_here() -> None:
    assert len(cases()) == 33
    assert len(ERRORS) == 29


@pytest.mark.parametrize("case", cases())
def test_children_have_the_recorded_names_parents_inputs_and_dependencies(case: str) -> None:
    expected = {child["key"]: child for child in recorded(case)["children"]}
    recorder, _ = run(recorded(case))
    assert sorted(recorder.children) == sorted(expected)
    for key, child in expected.items():
        request = recorder.children[key]
        assert request.type == TYPES[key.split("::")[0]]
        assert key_of(request.parent) == child["parent"], key
        assert plain(request.object) == child["inputs"], key
        assert sorted(key_of(urn) for urn in request.dependencies) == sorted(child["depends_on"]), key
        told = child.get("property_dependencies") or {
            name: sorted(references(value)) for name, value in child["inputs"].items() if references(value)
        }
        by_property = {name: sorted(map(key_of, found.urns)) for name, found in request.propertyDependencies.items()}
        assert {name: keys for name, keys in by_property.items() if keys} == told, key


@pytest.mark.parametrize("case", cases())
def test_a_first_preview_leaves_the_recorded_inputs_unknown(case: str) -> None:
    recorder, _ = run(recorded(case), preview=True)
    for child in recorded(case)["children"]:
        inputs = plain(recorder.children[child["key"]].object)
        assert unknown_paths(inputs) == sorted(child["unknown_at_preview"]), child["key"]


@pytest.mark.parametrize("case", cases())
def test_outputs_and_their_dependencies_are_the_recorded_ones(case: str) -> None:
    expected = recorded(case)
    recorder, response = run(expected)
    state = plain(response.state)
    assert {key: shown(value) for key, value in state.items()} == expected["outputs"]
    common = set(expected["every_output_depends_on"])
    for key in expected["outputs"]:
        depends_on = {key_of(urn) for urn in response.stateDependencies[key].urns}
        assert depends_on == common | set(expected["outputs_also_depend_on"].get(key, [])), key
    assert [key_of(request.urn) for request in recorder.outputs_registered] == ["component"]
    assert not recorder.outputs_registered[0].outputs.fields


@pytest.mark.parametrize("case", cases())
def test_zones_are_looked_up_and_warnings_given_as_recorded(case: str) -> None:
    expected = recorded(case)
    recorder, _ = run(expected)
    asked = [{"token": invoke.tok, "args": plain(invoke.args)} for invoke in recorder.invokes]
    assert asked == expected["invokes"]
    assert [text for _, text in recorder.warnings] == expected["warnings"]
    assert {key_of(urn) for urn, _ in recorder.warnings} <= {"component"}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_what_the_published_plugin_says_and_leave_no_half_made_network(case: str) -> None:
    recorder = Recorder()
    with pytest.raises(LayoutError) as refusal:
        asyncio.run(recorder.construct(ERRORS[case]["inputs"]))
    assert str(refusal.value) == ERRORS[case]["message"]
    assert [request.custom for request in recorder.requests] == [False]
    assert [invoke.tok for invoke in recorder.invokes] == ERRORS[case]["invokes"]


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_the_published_plugin_lets_pass_passes(case: str) -> None:
    recorder, _ = run(ERRORS[case])
    assert Counter(key.split("::")[0] for key in recorder.children) == ERRORS[case]["child_counts"]
    blocks = {
        key.split("::")[1]: plain(request.object)["cidrBlock"]
        for key, request in recorder.children.items()
        if key.startswith("Subnet::")
    }
    assert ERRORS[case].get("subnet_blocks") in (None, blocks)


def test_two_networks_with_the_same_endpoint_collide_in_its_urn() -> None:
    recorder = Recorder()
    inputs = next(error for case, error in ERRORS.items() if case.startswith("err28"))["inputs"]
    for name in ("net", "net2"):
        asyncio.run(recorder.construct(inputs, name=name))
    repeated = [urn for urn, count in Counter(recorder.urns).items() if count > 1]
    assert [urn.split("::")[-1] for urn in repeated] == ["com.amazonaws.us-east-1.s3"]


def test_an_explicit_provider_serves_every_child_and_the_zone_lookup() -> None:
    recorder, _ = run(recorded("x22_region_arg"), providers={"aws": WEST})
    assert {request.provider for request in recorder.children.values()} == {WEST}
    assert {invoke.provider for invoke in recorder.invokes} == {WEST}
    component = recorder.requests[0]
    assert dict(component.providers) == {"aws": WEST}


def test_without_a_provider_the_default_one_of_the_installed_pulumi_aws_serves() -> None:
    recorder, _ = run(recorded("g"))
    requests = [*recorder.children.values(), *recorder.invokes]
    assert {(request.provider, request.version) for request in requests} == {("", AWS_VERSION)}
