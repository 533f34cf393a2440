"""Stores that other teams wrote, judged finding by finding: nothing is lost, and nothing comes unseen."""

from pathlib import Path

import pytest
import yaml

from policies.library.rules import REGISTRY
from tests.policies.foreign.states import judge, read

HERE = Path(__file__).parent
STORES = ("sample_store", "sound_store")


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
