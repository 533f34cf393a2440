"""Cases of the rules in `offline/checks/rules/cloud_control.py`."""

import json
from typing import Any

from tests.offline.checks.good_inputs import ARN, Case

RESTRICTIONS = {
    "AllowActions": ["geo-maps:GetStaticMap"],
    "AllowReferers": ["https://shop.example.com/*"],
    "AllowResources": ["arn:aws:geo-maps:eu-west-1::provider/default"],
}
KEY = {"KeyName": "stores", "ExpireTime": "2027-06-30T00:00:00Z", "Restrictions": RESTRICTIONS}


def _state(**changes: Any) -> dict[str, Any]:
    """An API key with other properties; None leaves one out."""
    return {"desiredState": json.dumps({key: value for key, value in {**KEY, **changes}.items() if value is not None})}


CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "cloudcontrol/resource:Resource": (
        {"typeName": "AWS::Location::APIKey", **_state(ForceDelete=True, Tags=[{"Key": "owner", "Value": "shop"}])},
        [
            ({"typeName": "AWS::Location::ApiKey"}, "typeName"),
            ({"typeName": "AWS::Unheard::Of"}, "typeName"),
            ({"desiredState": "{"}, "desiredState"),
            ({"desiredState": "[]"}, "desiredState"),
            (_state(KeyName=None), "desiredState.KeyName"),
            (_state(KeyName=1), "desiredState.KeyName"),
            (_state(KeyName="two words"), "desiredState.KeyName"),
            (_state(KeyName="k" * 101), "desiredState.KeyName"),
            (_state(Name="stores"), "desiredState.Name"),
            (_state(NoExpiry="true"), "desiredState.NoExpiry"),
            (_state(ExpireTime="next year"), "desiredState.ExpireTime"),
            (_state(KeyArn=ARN.format("geo", "api-key/stores")), "desiredState.KeyArn"),
            (_state(Restrictions={**RESTRICTIONS, "AllowReferrers": []}), "desiredState.Restrictions.AllowReferrers"),
            (_state(Restrictions={**RESTRICTIONS, "AllowActions": []}), "desiredState.Restrictions.AllowActions"),
            (
                _state(Restrictions={**RESTRICTIONS, "AllowActions": ["s3:Get"]}),
                "desiredState.Restrictions.AllowActions[0]",
            ),
            (_state(Tags=[{"Key": "a", "Value": "b"}] * 2), "desiredState.Tags"),
        ],
    ),
}
