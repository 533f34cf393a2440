"""Location Service: trackers, geofences, API keys."""

from tests.policies.cases.helpers.cloud_control import controlled
from tests.policies.cases.helpers.customer_keys import key_cases
from tests.policies.support import CULPRIT, Cases, res


def api_key(**changes):
    restrictions = {"AllowActions": ["geo-maps:GetTile"], "AllowReferers": ["https://shop.example.com/*"]}
    state = {"KeyName": "maps", "Restrictions": restrictions, "ExpireTime": "2027-01-01T00:00:00Z", **changes}
    return controlled("AWS::Location::APIKey", **state)


def tracker(**props):
    return res("location/tracker:Tracker", CULPRIT, props)


CASES = {
    "location-api-key-bounded": Cases(
        good={
            "bounded": [api_key()],
            "for an app": [
                api_key(
                    Restrictions={"AllowActions": ["geo-maps:GetTile"], "AllowAppleApps": [{"BundleId": "com.example"}]}
                )
            ],
        },
        bad={
            "for every page": [api_key(Restrictions={"AllowActions": ["geo-maps:GetTile"], "AllowReferers": ["*"]})],
            "for anyone": [api_key(Restrictions={"AllowActions": ["geo-maps:GetTile"]})],
            "for everything": [
                api_key(Restrictions={"AllowActions": ["geo:*"], "AllowReferers": ["https://a.example"]})
            ],
            "for ever": [api_key(NoExpiry=True)],
            "no expiry": [api_key(ExpireTime=None)],
        },
    ),
    "location-customer-key": key_cases(
        "kmsKeyId", "location/tracker:Tracker", "location/geofenceCollection:GeofenceCollection"
    ),
    "location-personalize-cost-bounded": Cases(
        good={
            "filtered": [tracker(positionFiltering="DistanceBased")],
            "slow": [controlled("AWS::Personalize::Campaign", MinProvisionedTPS=1)],
            "no minimum": [controlled("AWS::Personalize::Campaign", Name="home")],
        },
        bad={
            "every position": [tracker()],
            "by time": [tracker(positionFiltering="TimeBased")],
            "fast": [controlled("AWS::Personalize::Campaign", MinProvisionedTPS=100)],
        },
        config=[({"throughput": 1}, [controlled("AWS::Personalize::Campaign", MinProvisionedTPS=2)], True)],
    ),
}
