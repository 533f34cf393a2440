"""Stores that other teams wrote, compared finding by finding: none is lost, and none is added unseen."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from policies.library.rules import REGISTRY
from tests.policies.foreign.states import Exported, judge, read

HERE = Path(__file__).parent
STORES = ("sample_store", "sound_store")
LOSSES = yaml.safe_load((HERE / "broken_store.yaml").read_text())
WITHOUT = [(of, rules) for of, rules in LOSSES["without"].items()]
LACKING = [(of, path, rules) for of, losses in LOSSES["lacking"].items() for path, rules in losses.items()]


def judged(store, *parts):
    said = yaml.safe_load((HERE / f"{store}.yaml").read_text())
    return {(rule, name) for part in parts for rule, names in said.get(part, {}).items() for name in names}


@pytest.mark.parametrize(
    ("preview", "parts"), [(True, ["preview"]), (False, ["preview", "update"])], ids=["preview", "update"]
)
@pytest.mark.parametrize("store", STORES)
def test_the_findings_are_those_that_were_read_one_by_one(store, preview, parts):
    found = {
        (finding.rule.name, finding.urn.rsplit("::", 1)[-1])
        for finding in judge(read(HERE / f"{store}.json", preview=preview))
        if finding.rule.name != "aws-resource-protected"
    }
    assert sorted(found - judged(store, *parts)) == []
    assert sorted(judged(store, *parts) - found) == []


def test_a_sound_store_has_no_finding_that_is_high_or_critical():
    assert not {rule for rule, _ in judged("sound_store", "preview") if REGISTRY[rule].severity in ("high", "critical")}


@pytest.fixture(scope="module")
def sound():
    return read(HERE / "sound_store.json")


def told(program):
    return {(finding.rule.name, finding.urn) for finding in judge(program)}


def named(of, exported):
    kind, name = of.split(" ")
    return (exported.own.kind, exported.own.name) == (kind, name)


@pytest.mark.parametrize(("of", "rules"), WITHOUT, ids=[of for of, _ in WITHOUT])
def test_a_resource_that_is_missing_is_missed(sound, of, rules):
    kept = [exported for exported in sound if not named(of, exported)]
    assert len(kept) == len(sound) - 1
    assert set(rules) <= {rule for rule, _ in told(kept) - told(sound)}


@pytest.mark.parametrize(("of", "path", "rules"), LACKING, ids=[f"{of} {path}" for of, path, _ in LACKING])
def test_a_property_that_is_missing_is_missed(sound, of, path, rules):
    def lacks(resource):
        assert path in resource.props
        props = {key: value for key, value in resource.props.items() if key != path}
        edges = {key: urns for key, urns in resource.property_dependencies.items() if key != path}
        return replace(resource, load=lambda: props, property_dependencies=edges)

    broken = [Exported(*map(lacks, exported)) if named(of, exported) else exported for exported in sound]
    assert set(rules) <= {rule for rule, _ in told(broken) - told(sound)}
