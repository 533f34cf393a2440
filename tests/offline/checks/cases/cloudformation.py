"""Cases of the rules in `offline/checks/rules/cloudformation.py`."""

import json
from typing import Any

from tests.offline.checks.cases.cloud_control import KEY
from tests.offline.checks.good_inputs import Case


def _template(name: str = "Key", kind: str = "AWS::Location::APIKey", **changes: Any) -> dict[str, Any]:
    resources = {name: {"Type": kind, "Properties": {**KEY, **changes}}}
    return {"templateBody": json.dumps({"Resources": resources})}


CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "cloudformation/stack:Stack": (
        {"name": "maps", **_template(ForceDelete=True, Description={"Ref": "About"})},
        [
            ({"templateBody": "{"}, "templateBody"),
            ({"templateBody": "#" * 51_201}, "templateBody"),
            (_template(name="maps-key"), "templateBody"),
            (_template(kind="AWS::Location::ApiKey"), "templateBody"),
            (_template(KeyName="two words"), "templateBody.Key.KeyName"),
            (_template(Name="stores"), "templateBody.Key.Name"),
            (_template(KeyArn={"Ref": "Arn"}), "templateBody.Key.KeyArn"),
        ],
    )
}
