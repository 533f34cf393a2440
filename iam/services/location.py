"""Amazon Location: the search of places, keys, positions of devices and the areas that they enter.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlocation.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlocationserviceplaces.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from iam.services.forms import Account, Call, Describe, Parameters, arn, plain


def _provider(_: Parameters, account: Account) -> str:
    return f"arn:aws:geo-places:{account.region}::provider/default"


def _key(parameters: Parameters, account: Account) -> str:
    return arn(account, "geo", f"api-key/{parameters['KeyName']}")


def _index(parameters: Parameters, account: Account) -> str:
    return arn(account, "geo", f"place-index/{parameters['IndexName']}")


def _on_ids(action: str, kind: str, name: str, key: str, ids: Callable[[Parameters], list[str]]) -> Describe:
    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        return [Call(f"geo:{action}", arn(account, "geo", f"{kind}/{parameters[name]}"), {key: ids(parameters)})]

    return describe


def _on_areas(action: str, ids: Callable[[Parameters], list[str]]) -> Describe:
    return _on_ids(action, "geofence-collection", "CollectionName", "geo:GeofenceIds", ids)


PLACES: Final[Mapping[str, Describe]] = {"Geocode": plain("geo-places:Geocode", _provider)}
LOCATION: Final[Mapping[str, Describe]] = {
    "DescribeKey": plain("geo:DescribeKey", _key),
    "SearchPlaceIndexForText": plain("geo:SearchPlaceIndexForText", _index),
    "BatchUpdateDevicePosition": _on_ids(
        "BatchUpdateDevicePosition",
        "tracker",
        "TrackerName",
        "geo:DeviceIds",
        lambda parameters: [update["DeviceId"] for update in parameters["Updates"]],
    ),
    "PutGeofence": _on_areas("PutGeofence", lambda parameters: [parameters["GeofenceId"]]),
}
