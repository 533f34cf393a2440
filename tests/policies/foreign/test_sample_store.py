"""A store that another team wrote, judged finding by finding: nothing is lost, and nothing comes unseen."""

from pathlib import Path

import pytest
import yaml

from tests.policies.foreign.states import judge, read

STORE = Path(__file__).with_name("sample_store.json")
JUDGED = yaml.safe_load(STORE.with_suffix(".yaml").read_text())


def judged(*parts):
    return {(rule, name) for part in parts for rule, names in JUDGED[part].items() for name in names}


@pytest.mark.parametrize(
    ("preview", "parts"), [(True, ["preview"]), (False, ["preview", "update"])], ids=["preview", "update"]
)
def test_the_findings_are_those_that_were_read_one_by_one(preview, parts):
    found = {
        (finding.rule.name, finding.urn.rsplit("::", 1)[-1])
        for finding in judge(read(STORE, preview=preview))
        if finding.rule.name != "aws-resource-protected"
    }
    assert sorted(found - judged(*parts)) == []
    assert sorted(judged(*parts) - found) == []
