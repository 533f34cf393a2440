"""Types that the program makes by Cloud Control are known to offline AWS, to the policies and to the deploy policy."""

import json
import re

from doctor.facts.names import BY_CLOUDFORMATION
from doctor.facts.renew import RECORD
from offline.facts.cloudformation import is_type, schema_of_state, type_names
from policies.library.cloudformation import FORMS
from tests.program_under_mocks import PROJECT

_TYPE = re.compile(r"\"(AWS::\w+::\w+)\"")


def used() -> set[str]:
    """Types named in components, apart from those of CloudFormation templates."""
    found = {name for path in (PROJECT / "components").rglob("*.py") for name in _TYPE.findall(path.read_text())}
    return found - {"AWS::Events::Connection"}


def test_each_type_is_known_wherever_one_must_be() -> None:
    permissions = json.loads(RECORD.read_text())["types"]
    for name in used():
        assert schema_of_state(name), f"python -m offline.facts.renew.cloudformation {name}"
        assert name in FORMS, f"policies/library/cloudformation_*.py must have a form of {name}"
        assert name in BY_CLOUDFORMATION, f"doctor/facts/names.py must have {name}, then python -m doctor.facts.renew"
        assert permissions[name]


def test_names_of_types_are_those_of_cloudformation() -> None:
    assert is_type("AWS::Location::APIKey")
    assert not is_type("AWS::Location::ApiKey")
    assert not is_type("APIKey")
    assert len(set(type_names())) > 1500
