"""REST APIs and their resources."""

from tests.policies.support import UNKNOWN, res

_V1 = "apigateway"


def api(name="api", kind="REGIONAL", **props):
    return res("apigateway/restApi:RestApi", name, {"endpointConfiguration": {"types": kind}, **props})


def of_api(member, name, owner=None, **props):
    token = f"{_V1}/{member}:{member[0].upper()}{member[1:]}"
    return res(token, name, {"restApi": UNKNOWN, **props}, refers={"restApi": [owner or api()]})
